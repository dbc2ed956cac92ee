// SPDX-License-Identifier: MIT
//
// The page that `kws inspect` prints: facts above, a row for each layer, what it all costs below.
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"
#include "cli/inspection.h"

namespace kws::cli {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kKeyColumns = 12;

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

/// At most `decimals`, none that say nothing: 20, 0.8, 93.75.
std::string plain(double number, int decimals = 3) {
  std::array<char, 64> buffer;
  const auto length = std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, number);
  std::string text(buffer.data(), static_cast<std::size_t>(std::max(length, 0)));
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

/// 510.0 M, 12.3 k.
std::string rounded(double number) {
  for (const auto& [size, unit] : {std::pair{1e9, " G"}, {1e6, " M"}, {1e3, " k"}}) {
    if (number >= size) return plain(number / size, 1) + unit;
  }
  return plain(number, 1);
}

/// Characters on the screen, for text that printable() has been over; wide ones count as one.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

/// The first `columns` characters.
std::string cut(const std::string& text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts && seen++ == columns) return text.substr(0, i);
  }
  return text;
}

std::string padded(const std::string& text, std::size_t columns, bool right) {
  const auto shown = cut(text, columns);
  const std::string space(columns - width(shown), ' ');
  return right ? space + shown : shown + space;
}

/// "key         words that go on, indented, on as many lines as they need".
std::string fact(const std::string& key, const std::string& words) {
  const std::size_t room = kColumns - kKeyColumns;
  std::string text = padded(key, kKeyColumns, false);
  std::size_t used = 0;
  for (auto word : split(words, ' ')) {
    if (used > 0 && used + 1 + width(word) > room) {
      text += "\n" + std::string(kKeyColumns, ' ');
      used = 0;
    }
    if (used > 0) {
      text += " ";
      ++used;
    }
    while (width(word) > room) {  // a long path
      const auto head = cut(word, room);
      text += head + "\n" + std::string(kKeyColumns, ' ');
      word.erase(0, head.size());
    }
    text += word;
    used += width(word);
  }
  return text + "\n";
}

std::string pair_text(int time, int freq) {
  return time == freq ? std::to_string(time) : std::to_string(time) + "x" + std::to_string(freq);
}

std::string window_text(const nn::Window& window) {
  std::string text =
      " " + std::to_string(window.kernel_time) + "x" + std::to_string(window.kernel_freq);
  if (window.stride_time != 1 || window.stride_freq != 1) {
    text += "/" + pair_text(window.stride_time, window.stride_freq);
  }
  if (window.dilation_time != 1 || window.dilation_freq != 1) {
    text += " d" + pair_text(window.dilation_time, window.dilation_freq);
  }
  return text;
}

std::string operation(const nn::Node& node) {
  std::string text(nn::to_string(node.op));
  if (node.op == nn::Op::kBatchNorm) text = "bn";
  if (node.op == nn::Op::kSubSpectralNorm) text = "ssn";
  if (const auto* conv = std::get_if<nn::Conv2d>(&node.attributes)) {
    text += window_text(conv->window);
    if (conv->groups != 1) text += " g" + std::to_string(conv->groups);
  } else if (const auto* depthwise = std::get_if<nn::Depthwise>(&node.attributes)) {
    text += window_text(depthwise->window);
  } else if (const auto* pool = std::get_if<nn::Pool>(&node.attributes)) {
    text += window_text(pool->window);
  }
  return text;
}

bool may_join_the_row_above(nn::Op op) {
  switch (op) {
    case nn::Op::kBatchNorm:
    case nn::Op::kSubSpectralNorm:
    case nn::Op::kRelu:
    case nn::Op::kRelu6:
    case nn::Op::kHardSwish:
    case nn::Op::kSwish:
    case nn::Op::kDropout:
    case nn::Op::kSoftmax:
      return true;
    default:
      return false;
  }
}

/// "24x19x128", and "s8" where it is quantised.
std::string tensor_text(const nn::Tensor& tensor) {
  return nn::to_string(tensor.shape) + (tensor.type == nn::ElementType::kInt8 ? " s8" : "");
}

constexpr std::size_t kCells = 7;
using Row = std::array<std::string, kCells>;

Row row_of(const std::string& name, const std::string& operation, const std::string& output,
           const nn::NodeCost& cost) {
  const auto unless_none = [](std::int64_t count) { return count == 0 ? "" : grouped(count); };
  return {name,
          operation,
          output,
          unless_none(cost.parameters),
          unless_none(cost.macs),
          unless_none(cost.weight_bytes),
          unless_none(cost.activation_bytes)};
}

std::vector<Row> rows_of(const Inspection& inspection, bool every_node) {
  const auto& graph = inspection.model.model.graph;
  std::vector<std::size_t> readers(graph.tensors.size(), 0);
  for (const auto& node : graph.nodes) {
    for (const auto input : node.inputs) ++readers[input];
  }
  std::vector<Row> rows{
      {"layer", "operation", "output", "params", "MACs", "weights B", "output B"}};
  nn::NodeCost input;
  input.activation_bytes =
      static_cast<std::int64_t>(graph.input_shape().elements() * sizeof(float));
  rows.push_back(row_of("input", "", nn::to_string(graph.input_shape()), input));
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto& node = graph.nodes[i];
    const bool follows = i > 0 && node.inputs[0] == graph.nodes[i - 1].output &&
                         readers[node.inputs[0]] == 1 && node.inputs[0] != graph.output;
    if (!every_node && follows && may_join_the_row_above(node.op)) {
      rows.back()[1] += " " + operation(node);
    } else {
      rows.push_back(row_of(printable(node.name), operation(node),
                            tensor_text(graph.tensor_of(node)), inspection.cost.nodes[i]));
    }
  }
  auto total = row_of("total", "", "", inspection.cost.total);
  total.back().clear();  // they are never there all at once
  rows.push_back(total);
  return rows;
}

std::string table(const std::vector<Row>& rows) {
  std::array<std::size_t, kCells> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < kCells; ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::size_t gap = 2;
  const auto all = [&] {
    std::size_t sum = gap * (kCells - 1);
    for (const auto column : widths) sum += column;
    return sum;
  };
  if (all() > kColumns) gap = 1;
  for (const std::size_t shrinks : {0U, 1U}) {  // names first, then operations
    constexpr std::size_t kLeast = 8;
    const auto excess = all() > kColumns ? all() - kColumns : 0;
    const auto spare = widths[shrinks] > kLeast ? widths[shrinks] - kLeast : 0;
    widths[shrinks] -= std::min(excess, spare);
  }
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const bool rule_above = r == 1 || r + 1 == rows.size();
    if (rule_above) text += std::string(std::min(all(), kColumns), '-') + "\n";
    std::string line;
    for (std::size_t i = 0; i < kCells; ++i) {
      if (i > 0) line += std::string(gap, ' ');
      line += padded(rows[r][i], widths[i], i >= 3);
    }
    text += line.erase(line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string features_text(const features::FeatureSpec& spec) {
  std::string text(to_string(spec.kind));
  text += ", " + plain(spec.sample_rate_hz / 1000.0) + " kHz, frames of " + plain(spec.frame_ms) +
          " ms every " + plain(spec.hop_ms) + " ms, " + std::to_string(spec.mels) + " bands " +
          plain(spec.f_lo_hz) + "-" + plain(spec.f_hi_hz) + " Hz, " +
          std::string(to_string(spec.spectrum));
  if (spec.kind == features::Kind::kMfcc) {
    text += ", " + std::to_string(spec.coeffs) + " coefficients (DCT scaled as " +
            std::string(to_string(spec.dct)) + ")";
  }
  return text;
}

std::string decision_text(const decide::Settings& settings) {
  std::string text = "threshold " + plain(settings.threshold);
  for (const auto& [word, threshold] : settings.thresholds) {
    text += ", " + printable(word) + " " + plain(threshold);
  }
  text += "; mean of " + plain(settings.smoothing_ms) + " ms, at least " +
          std::to_string(settings.min_scores) + " scores";
  if (settings.patience > 1) text += ", " + std::to_string(settings.patience) + " in a row";
  return text + "; refractory " + plain(settings.refractory_ms) + " ms, re-arms below " +
         plain(settings.rearm_ratio) + " of the threshold";
}

/// The total, and what it is made of where that is short enough to say.
std::string flops_text(const nn::GraphCost& cost) {
  std::string parts;
  int layers = 0;
  for (const auto& node : cost.nodes) {
    if (node.flops == 0) continue;
    parts += (layers++ > 0 ? " + " : "") + grouped(node.flops);
  }
  const auto total = grouped(cost.total.flops) + " FLOPs";
  return layers > 1 && layers <= 3 ? total + " (" + parts + ")" : total;
}

std::string totals(const Inspection& inspection) {
  const auto& cost = inspection.cost;
  const auto hop_ms = inspection.model.features.hop_ms;
  return fact("parameters", grouped(cost.total.parameters) + " in " +
                                grouped(cost.total.weight_bytes) + " bytes; normalisation has " +
                                grouped(cost.total.norm_parameters) + " more") +
         fact("operations", grouped(cost.total.macs) + " MACs, " + flops_text(cost) +
                                " a window; " +
                                rounded(static_cast<double>(cost.total.macs) * 1000.0 / hop_ms) +
                                " MACs a second with a window every " + plain(hop_ms) + " ms") +
         fact("memory", grouped(cost.peak_activation_bytes) +
                            " bytes of activations at most at once (by liveness)");
}

std::string provenance_text(const Inspection& inspection) {
  const auto& provenance = inspection.model.provenance;
  std::string text = fact("seed", std::to_string(provenance.seed));
  std::string counts;
  for (const auto& [what, count] : provenance.data_counts) {
    counts += (counts.empty() ? "" : ", ") + grouped(count) + " " + what;
  }
  if (!counts.empty()) text += fact("data", counts);
  std::string accuracy;
  for (const auto& [where, share] : provenance.accuracy) {
    accuracy += (accuracy.empty() ? "" : ", ") + where + " " + plain(100.0 * share, 2) + " %";
  }
  if (!accuracy.empty()) text += fact("accuracy", accuracy);
  return text;
}

}  // namespace

std::string to_text(const Inspection& inspection, bool every_node) {
  const auto& model = inspection.model;
  const auto& spec = model.features;
  const auto& input = model.model.graph.input_shape();
  std::string labels;
  for (const auto& label : model.labels) labels += (labels.empty() ? "" : " ") + printable(label);
  const auto context_s =
      static_cast<double>(spec.samples_of(input.time)) / static_cast<double>(spec.sample_rate_hz);

  std::string text = fact(inspection.is_recipe ? "recipe" : "model", printable(model.name));
  text += fact("file", printable(inspection.source, inspection.source.size()) +
                           (inspection.is_recipe
                                ? ""
                                : ", " + grouped(static_cast<std::int64_t>(inspection.file_bytes)) +
                                      " bytes"));
  text += fact("labels", std::to_string(model.labels.size()) + ": " + labels);
  text += fact("features", features_text(spec));
  text += fact("context", std::to_string(input.time) + " frames of " + std::to_string(input.freq) +
                              " bins: " + plain(context_s) + " s of sound");
  text += fact("decision", decision_text(model.decide));
  text += provenance_text(inspection);
  text += "\n" + table(rows_of(inspection, every_node)) + "\n" + totals(inspection);
  return text;
}

}  // namespace kws::cli
