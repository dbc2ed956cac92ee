// SPDX-License-Identifier: MIT
#include "compress/calibration.h"

#include <atomic>
#include <cassert>
#include <mutex>

#include "data/parallel.h"
#include "engine/trace.h"

namespace kws::compress {
namespace {

/// One pass over all windows: add(tensor, values) for every tensor of every window, under a lock.
/// The order of windows varies with threads; extents and counts do not mind.
template <typename Add>
void trace_all(const nn::Model& model, const std::vector<float>& features, std::size_t threads,
               const std::function<void(std::size_t)>& progress, const Add& add) {
  const auto size = model.graph.input_shape().elements();
  assert(features.size() % size == 0);
  std::vector<engine::Trace> traces;
  for (std::size_t i = 0; i < threads; ++i) traces.emplace_back(model);
  std::mutex mutex;
  std::size_t done = 0;
  data::for_each_parallel(features.size() / size, threads, [&](std::size_t worker, std::size_t i) {
    engine::Trace& trace = traces[worker];
    trace.run(std::span(features).subspan(i * size, size));
    const std::lock_guard lock(mutex);
    for (nn::TensorId tensor = 0; tensor < model.graph.tensors.size(); ++tensor) {
      add(tensor, trace.floats(tensor));
    }
    ++done;
    if (worker == 0) progress(done);
  });
}

}  // namespace

Ranges calibrate(const nn::Model& folded, const std::vector<float>& features, RangeMethod method,
                 std::size_t threads,
                 const std::function<void(std::size_t, std::size_t)>& progress) {
  const std::size_t windows = features.size() / folded.graph.input_shape().elements();
  const std::size_t passes = method == RangeMethod::kMinMax ? 1 : 2;
  const auto after = [&](std::size_t pass) {
    return [&, pass](std::size_t done) {
      if (progress) progress(pass * windows + done, passes * windows);
    };
  };
  threads = std::max<std::size_t>(threads, 1);
  const std::size_t tensors = folded.graph.tensors.size();
  std::vector<Extent> extents(tensors);
  trace_all(
      folded, features, threads, after(0),
      [&](nn::TensorId tensor, std::span<const float> values) { extents[tensor].add(values); });
  Ranges ranges;
  for (const auto& extent : extents) ranges.push_back(extent.range());
  if (method == RangeMethod::kMinMax) return ranges;

  std::vector<Histogram> histograms(ranges.begin(), ranges.end());
  trace_all(
      folded, features, threads, after(1),
      [&](nn::TensorId tensor, std::span<const float> values) { histograms[tensor].add(values); });
  for (std::size_t i = 0; i < tensors; ++i) ranges[i] = histograms[i].range(method);
  return ranges;
}

}  // namespace kws::compress
