// SPDX-License-Identifier: MIT
//
// One kernel per channel. Channels are worked on side by side, up to eight vectors of them at a
// time, so that the sums of one position stay in registers and memory is read in its order.
#include <algorithm>
#include <vector>

#include "train/geometry.h"
#include "train/layers.h"
#include "train/vector.h"

namespace kws::train {
namespace {

/// For each position of one axis, which taps meet it and what is on their other side: the input
/// under an output, or the output over an input.
class TapTable {
 public:
  struct Tap {
    std::size_t kernel;
    std::size_t other;
  };

  [[nodiscard]] static TapTable of_outputs(const nn::Axis& axis) {
    TapTable table;
    for (std::int64_t o = 0; o < axis.outputs; ++o) {
      const nn::Taps taps = axis.taps(o);
      for (std::int64_t k = taps.begin; k < taps.end; ++k) table.add(k, axis.input(o, k));
      table.ends_.push_back(table.taps_.size());
    }
    return table;
  }
  [[nodiscard]] static TapTable of_inputs(const nn::Axis& axis) {
    TapTable table;
    for (std::int64_t i = 0; i < axis.inputs; ++i) {
      for (std::int64_t k = 0; k < axis.kernel; ++k) {
        const auto start = i - axis.input(0, k);
        if (start >= 0 && start % axis.stride == 0 && start / axis.stride < axis.outputs) {
          table.add(k, start / axis.stride);
        }
      }
      table.ends_.push_back(table.taps_.size());
    }
    return table;
  }

  [[nodiscard]] std::size_t positions() const { return ends_.size(); }
  [[nodiscard]] std::span<const Tap> at(std::size_t position) const {
    const auto begin = position == 0 ? 0 : ends_[position - 1];
    return std::span(taps_).subspan(begin, ends_[position] - begin);
  }

 private:
  void add(std::int64_t kernel, std::int64_t other) {
    taps_.push_back({static_cast<std::size_t>(kernel), static_cast<std::size_t>(other)});
  }

  std::vector<Tap> taps_;
  std::vector<std::size_t> ends_;
};

class DepthwiseLayer final : public Layer {
 public:
  DepthwiseLayer(const nn::Shape& in, const nn::Shape& out, const nn::Depthwise& depthwise)
      : geometry_(in, out, depthwise.window),
        channels_(static_cast<std::size_t>(in.channels)),
        in_freqs_(static_cast<std::size_t>(in.freq)),
        out_freqs_(static_cast<std::size_t>(out.freq)),
        kernel_freqs_(static_cast<std::size_t>(depthwise.window.kernel_freq)),
        bias_(depthwise.bias),
        zeros_(channels_, 0.0F),
        output_times_(TapTable::of_outputs(geometry_.time)),
        output_freqs_(TapTable::of_outputs(geometry_.freq)),
        input_times_(TapTable::of_inputs(geometry_.time)),
        input_freqs_(TapTable::of_inputs(geometry_.freq)) {}

  [[nodiscard]] bool rereads_input() const override { return true; }

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    gather(output_times_, output_freqs_, in_freqs_, ports_.inputs[0].at(slot),
           bias_ ? ports_.parameters[1].value : zeros_.data(), ports_.output.at(slot));
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    const float* gradient = ports_.output_gradient.at(slot);
    add_weight_gradient(ports_.inputs[0].at(slot), gradient,
                        ports_.parameters[0].gradient_at(slot));
    if (bias_) add_bias_gradient(gradient, ports_.parameters[1].gradient_at(slot));
    // An input gets back from every output it went into, through the same weight.
    if (ports_.input_gradients[0]) {
      gather(input_times_, input_freqs_, out_freqs_, gradient, zeros_.data(),
             ports_.input_gradients[0].at(slot));
    }
  }

 private:
  /// to[t, f] = start + Σ over taps of from[other t, other f] * weight[tap]
  void gather(const TapTable& times, const TapTable& freqs, std::size_t from_freqs,
              const float* from, const float* start, float* to) const {
    const float* weight = ports_.parameters[0].value;
    over_groups<8>(channels_, [&]<typename G>(std::size_t c) {
      float* place = to + c;
      for (std::size_t t = 0; t < times.positions(); ++t) {
        for (std::size_t f = 0; f < freqs.positions(); ++f, place += channels_) {
          auto sums = G::read(start + c);
          for (const auto& time : times.at(t)) {
            const float* row = from + time.other * from_freqs * channels_ + c;
            const float* taps = weight + time.kernel * kernel_freqs_ * channels_ + c;
            for (const auto& freq : freqs.at(f)) {
              sums.add_product(row + freq.other * channels_, taps + freq.kernel * channels_);
            }
          }
          sums.write(place);
        }
      }
    });
  }

  /// weight[tap] += Σ over outputs of gradient[t, f] * input under the tap, a row of outputs at a
  /// time, as two rows fit into the first-level cache.
  void add_weight_gradient(const float* input, const float* gradient, float* weight) const {
    const auto& freq = geometry_.freq;
    over_groups<8>(channels_, [&]<typename G>(std::size_t c) {
      for (std::size_t t = 0; t < output_times_.positions(); ++t) {
        const float* g = gradient + t * out_freqs_ * channels_ + c;
        for (const auto& time : output_times_.at(t)) {
          const float* x = input + time.other * in_freqs_ * channels_ + c;
          for (std::size_t k = 0; k < kernel_freqs_; ++k) {
            float* tap = weight + (time.kernel * kernel_freqs_ + k) * channels_ + c;
            auto sums = G::read(tap);
            for (std::size_t f = 0; f < out_freqs_; ++f) {
              const auto position =
                  freq.input(static_cast<std::int64_t>(f), static_cast<std::int64_t>(k));
              if (position < 0 || position >= freq.inputs) continue;
              sums.add_product(g + f * channels_,
                               x + static_cast<std::size_t>(position) * channels_);
            }
            sums.write(tap);
          }
        }
      }
    });
  }

  void add_bias_gradient(const float* gradient, float* bias) const {
    over_groups<8>(channels_, [&]<typename G>(std::size_t c) {
      auto sums = G::read(bias + c);
      for (std::size_t i = 0; i < geometry_.positions(); ++i)
        sums.add(gradient + i * channels_ + c);
      sums.write(bias + c);
    });
  }

  Geometry geometry_;
  std::size_t channels_;
  std::size_t in_freqs_;
  std::size_t out_freqs_;
  std::size_t kernel_freqs_;
  bool bias_;
  std::vector<float> zeros_;
  TapTable output_times_;
  TapTable output_freqs_;
  TapTable input_times_;
  TapTable input_freqs_;
};

}  // namespace

LayerPtr make_depthwise(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<DepthwiseLayer>(graph.tensors[node.inputs[0]].shape,
                                          graph.tensor_of(node).shape,
                                          std::get<nn::Depthwise>(node.attributes));
}

}  // namespace kws::train
