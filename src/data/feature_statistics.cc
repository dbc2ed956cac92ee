// SPDX-License-Identifier: MIT
//
// Mean and deviation of the features that training is going to see.
#include <algorithm>
#include <cmath>

#include "data/draws.h"
#include "data/epoch.h"
#include "data/example.h"
#include "data/loader.h"
#include "data/parallel.h"

namespace kws::data {
namespace {

constexpr std::size_t kStatisticsBlock = 32;  // examples summed by one worker at a time

}  // namespace

FeatureStatistics feature_statistics(const Dataset& dataset, const DataSettings& settings,
                                     const features::FeatureSpec& spec, std::uint64_t seed,
                                     std::size_t threads) {
  const EpochPlanner planner(dataset, settings);
  const auto sources = planner.plan(seed, 0);
  std::vector<ExampleMaker> makers;
  threads = std::max<std::size_t>(threads, 1);
  for (std::size_t i = 0; i < threads; ++i) makers.emplace_back(dataset, planner, settings, spec);
  const auto bins = makers[0].bins();
  const auto frames = makers[0].frames();

  // Sums of a block are made in order, and so is the sum over blocks: no thread shows.
  struct Sums {
    std::vector<double> first;
    std::vector<double> second;
  };
  const auto blocks = (sources.size() + kStatisticsBlock - 1) / kStatisticsBlock;
  std::vector<Sums> sums(blocks);
  std::vector<std::vector<float>> scratch(threads, std::vector<float>(frames * bins));
  for_each_parallel(blocks, threads, [&](std::size_t worker, std::size_t block) {
    Sums sum{std::vector<double>(bins), std::vector<double>(bins)};
    auto& features = scratch[worker];
    const auto end = std::min(sources.size(), (block + 1) * kStatisticsBlock);
    for (std::size_t i = block * kStatisticsBlock; i < end; ++i) {
      Random random(seed, {kExampleDraw, 0, i});
      makers[worker].make_sound(sources[i], random);
      makers[worker].extract(features);
      for (std::size_t t = 0; t < frames; ++t) {
        for (std::size_t f = 0; f < bins; ++f) {
          const auto value = static_cast<double>(features[t * bins + f]);
          sum.first[f] += value;
          sum.second[f] += value * value;
        }
      }
    }
    sums[block] = std::move(sum);
  });
  FeatureStatistics statistics;
  const auto count = static_cast<double>(sources.size() * frames);
  for (std::size_t f = 0; f < bins; ++f) {
    double first = 0.0;
    double second = 0.0;
    for (const auto& sum : sums) {
      first += sum.first[f];
      second += sum.second[f];
    }
    const double mean = first / count;
    const double deviation = std::sqrt(std::max(0.0, second / count - mean * mean));
    statistics.mean.push_back(static_cast<float>(mean));
    statistics.deviation.push_back(deviation < 1e-3 ? 1.0F : static_cast<float>(deviation));
  }
  return statistics;
}

}  // namespace kws::data
