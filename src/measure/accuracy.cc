// SPDX-License-Identifier: MIT
#include "measure/accuracy.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "base/sha.h"
#include "data/negatives.h"
#include "data/parallel.h"
#include "data/waveform.h"
#include "decide/detector.h"
#include "engine/plan.h"
#include "features/extractor.h"

namespace kws::measure {
namespace {

constexpr std::uint64_t kEndingSeed = 1;

std::uint64_t name_hash(const std::string& name) {
  return std::stoull(sha1_hex(name).substr(0, 16), nullptr, 16);
}

}  // namespace

data::DatasetOptions eval_options(const pack::ModelPack& pack) {
  const auto& spec = pack.features;
  data::DatasetOptions options;
  options.labels = pack.labels;
  options.rate = Hertz{static_cast<double>(spec.sample_rate_hz)};
  options.noise = false;
  // One second, as the recordings of the data set are, if the context is what a second gives;
  // otherwise just the context.
  const auto frames = pack.model.graph.input_shape().time;
  const bool second_fits = spec.frames_in(spec.sample_rate_hz) == frames;
  options.clip_ms = second_fits ? 1000.0
                                : 1000.0 * static_cast<double>(spec.samples_of(frames)) /
                                      static_cast<double>(spec.sample_rate_hz);
  return options;
}

std::vector<std::uint32_t> classify(const pack::ModelPack& pack, const data::Dataset& dataset,
                                    std::size_t threads,
                                    const std::function<void(std::size_t, std::size_t)>& progress,
                                    std::optional<data::Ending> ending) {
  struct Worker {
    explicit Worker(const pack::ModelPack& pack)
        : extractor(pack.features),
          plan(pack.model, {.execution = engine::Execution::kWholeWindow}),
          features(plan.frames() * plan.bins()),
          posteriors(plan.labels()) {}
    features::FeatureExtractor extractor;
    engine::Plan plan;
    std::vector<float> sound;
    std::vector<float> features;
    std::vector<float> posteriors;
  };
  threads = std::max<std::size_t>(threads, 1);
  std::vector<Worker> workers;
  for (std::size_t i = 0; i < threads; ++i) workers.emplace_back(pack);
  const auto frames = workers[0].plan.frames();
  const auto bins = workers[0].plan.bins();
  const auto hop = static_cast<std::size_t>(pack.features.hop_samples());
  const auto frame = static_cast<std::size_t>(pack.features.frame_samples());
  if (bins != static_cast<std::size_t>(pack.features.bins()) ||
      workers[0].plan.labels() != pack.labels.size()) {
    throw ModelError("model '" + pack.name + "': its network does not fit its features or labels");
  }
  if (dataset.clip_samples() < (frames - 1) * hop + frame) {
    throw DataError("the clips were read shorter than the context of the model");
  }

  std::vector<std::uint32_t> said(dataset.clips().size());
  std::atomic<std::size_t> done{0};
  data::for_each_parallel(said.size(), threads, [&](std::size_t worker_index, std::size_t i) {
    Worker& worker = workers[worker_index];
    const auto& clip = dataset.clips()[i];
    worker.sound.assign(dataset.clip_samples(), 0.0F);
    if (ending) {
      Random random(kEndingSeed, {name_hash(dataset.folders()[clip.folder] + "/" + clip.stem)});
      const auto word = data::end_otherwise(*ending, clip, dataset.rate(), random);
      const auto made =
          data::with_background(word, clip, clip, worker.sound.size(), dataset.rate());
      data::to_float(made.samples, std::span(worker.sound).first(made.samples.size()));
    } else {
      data::to_float(clip.samples, std::span(worker.sound).first(clip.samples.size()));
    }
    for (std::size_t t = 0; t < frames; ++t) {
      worker.extractor.extract(std::span(worker.sound).subspan(t * hop, frame),
                               std::span(worker.features).subspan(t * bins, bins));
    }
    worker.plan.run_window(worker.features, worker.posteriors);
    said[i] = static_cast<std::uint32_t>(
        std::max_element(worker.posteriors.begin(), worker.posteriors.end()) -
        worker.posteriors.begin());
    const auto count = ++done;
    if (worker_index == 0 && progress) progress(count, said.size());
  });
  if (progress) progress(said.size(), said.size());
  return said;
}

EndingReport ending_report(const data::Dataset& dataset, const std::vector<std::uint32_t>& said) {
  assert(said.size() == dataset.clips().size());
  EndingReport report;
  std::vector<std::size_t> counted;
  std::vector<EndingReport::Word> words(dataset.folders().size());
  for (std::size_t i = 0; i < said.size(); ++i) {
    const auto& clip = dataset.clips()[i];
    if (!decide::is_keyword(dataset.labels()[clip.label]) || clip.active_end == clip.active_begin) {
      continue;
    }
    counted.push_back(i);
    auto& word = words[clip.folder];
    word.word = dataset.folders()[clip.folder];
    ++word.clips;
    word.kept_out += decide::is_keyword(dataset.labels()[said[i]]) ? 0U : 1U;
  }
  if (counted.empty()) throw DataError("no clips of keywords, whose ends could be replaced");
  for (auto& word : words) {
    if (word.clips == 0) continue;
    report.kept_out += word.kept_out;
    report.words.push_back(std::move(word));
  }
  report.clips = counted.size();
  report.speakers = dataset.speakers_in(counted);
  report.ci95 = wilson_interval(report.kept_out, report.clips);
  return report;
}

Comparison compare(const data::Dataset& dataset, const std::vector<std::uint32_t>& first,
                   const std::vector<std::uint32_t>& second) {
  assert(first.size() == dataset.clips().size() && second.size() == first.size());
  Comparison result;
  result.clips = first.size();
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto label = dataset.clips()[i].label;
    const bool a = first[i] == label;
    const bool b = second[i] == label;
    result.first_correct += a ? 1U : 0U;
    result.second_correct += b ? 1U : 0U;
    result.only_first += a && !b ? 1U : 0U;
    result.only_second += b && !a ? 1U : 0U;
    result.said_alike += first[i] == second[i] ? 1U : 0U;
  }
  result.mcnemar_p = mcnemar_p(result.only_first, result.only_second);
  return result;
}

AccuracyReport accuracy_report(const data::Dataset& dataset,
                               const std::vector<std::uint32_t>& said) {
  assert(said.size() == dataset.clips().size());
  AccuracyReport report;
  report.labels = dataset.labels();
  const auto labels = report.labels.size();
  report.clips = said.size();
  report.confusion.assign(labels, std::vector<std::size_t>(labels));
  struct Count {
    std::size_t clips = 0;
    std::size_t correct = 0;
    std::size_t no_keyword = 0;
    std::uint32_t label = 0;
  };
  std::vector<Count> folders(dataset.folders().size());
  for (std::size_t i = 0; i < said.size(); ++i) {
    const auto& clip = dataset.clips()[i];
    ++report.confusion[clip.label][said[i]];
    Count& folder = folders[clip.folder];
    ++folder.clips;
    folder.label = clip.label;
    folder.correct += clip.label == said[i] ? 1U : 0U;
    folder.no_keyword += decide::is_keyword(report.labels[said[i]]) ? 0U : 1U;
  }
  const auto share = [](std::size_t part, std::size_t whole) -> std::optional<double> {
    if (whole == 0) return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  for (std::size_t label = 0; label < labels; ++label) {
    const auto& row = report.confusion[label];
    std::size_t times_said = 0;
    for (const auto& other : report.confusion) times_said += other[label];
    const auto clips = std::accumulate(row.begin(), row.end(), std::size_t{0});
    report.correct += row[label];
    report.per_class.push_back(
        {report.labels[label], clips, share(row[label], clips), share(row[label], times_said)});
  }
  report.accuracy = share(report.correct, report.clips).value_or(0.0);
  report.ci95 = wilson_interval(report.correct, report.clips);
  std::vector<std::size_t> all(said.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  report.speakers = dataset.speakers_in(all);
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const Count& count = folders[i];
    if (count.clips == 0) continue;
    FolderReport folder{dataset.folders()[i], count.clips,
                        share(count.correct, count.clips).value_or(0.0), std::nullopt};
    if (!decide::is_keyword(report.labels[count.label])) {
      folder.not_a_command = share(count.no_keyword, count.clips);
    }
    report.folders.push_back(std::move(folder));
  }
  return report;
}

}  // namespace kws::measure
