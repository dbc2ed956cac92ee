// SPDX-License-Identifier: MIT
//
// Pushed row by row, a stream must give the same bits as its windows one by one, whatever the
// network looks like: exact incremental execution is only worth having if nobody can tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan.h"
#include "nn/costs.h"
#include "nn/networks.h"
#include "random_models.h"
#include "support/allocation_guard.h"

namespace kws::engine {
namespace {

constexpr std::uint64_t kGraphs = 600;

std::vector<float> noise(std::size_t count, Random& random) {
  std::vector<float> values(count);
  for (auto& value : values) value = static_cast<float>(random.normal());
  return values;
}

/// A plan that is pushed to, beside one that runs every window whole.
class Pair {
 public:
  Pair(const nn::Model& model, std::int64_t rows_per_run,
       InstructionSet set = chosen_instruction_set())
      : interval_(static_cast<std::size_t>(rows_per_run)),
        pushed_(model, {.rows_per_run = rows_per_run, .instruction_set = set}),
        whole_(model, {.execution = Execution::kWholeWindow, .instruction_set = set}) {}

  void reset() {
    pushed_.reset();
    rows_.clear();
  }

  void push(const std::vector<float>& row) {
    rows_.insert(rows_.end(), row.begin(), row.end());
    std::vector<float> found(pushed_.labels());
    const bool ran = pushed_.push(row, found);
    const std::size_t rows = rows_.size() / pushed_.bins();
    const bool due = rows >= pushed_.frames() && (rows - pushed_.frames()) % interval_ == 0;
    ASSERT_EQ(ran, due);
    if (!ran) return;
    std::vector<float> truth(pushed_.labels());
    const std::size_t context = pushed_.frames() * pushed_.bins();
    whole_.run_window(std::span(rows_).last(context), truth);
    ASSERT_EQ(found, truth) << "row " << rows;
    ASSERT_EQ(as_vector(pushed_.logits()), as_vector(whole_.logits())) << "row " << rows;
  }

  /// Becomes the context of the stream, as after a swap.
  void run_window(const std::vector<float>& window) {
    std::vector<float> found(pushed_.labels());
    std::vector<float> truth(pushed_.labels());
    pushed_.run_window(window, found);
    whole_.run_window(window, truth);
    ASSERT_EQ(found, truth);
    rows_ = window;
  }

  [[nodiscard]] const Plan& plan() const { return pushed_; }

 private:
  static std::vector<float> as_vector(std::span<const float> values) {
    return {values.begin(), values.end()};
  }

  std::size_t interval_;
  Plan pushed_;
  Plan whole_;
  std::vector<float> rows_;  // since the start or the latest gap
};

TEST(Incremental, RandomGraphsGiveTheirWindowsBits) {
  std::size_t incremental = 0;
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    SCOPED_TRACE("graph " + std::to_string(seed));
    Random random(seed, {7});
    const auto rows_per_run = random.chance(0.6) ? 1 : 1 + static_cast<int>(random.below(4));
    // Every kernel of every set has its turn; the reference is slow and has fewer.
    auto sets = available_instruction_sets();
    const auto set =
        random.chance(0.05) ? InstructionSet::kReference : sets[1 + seed % (sets.size() - 1)];
    Pair pair(testing::random_stream_model(seed), rows_per_run, set);
    for (const auto& step : pair.plan().kernels()) incremental += step.rows_computed < step.rows;
    const std::size_t rows = 3 * pair.plan().frames() + random.below(20);
    for (std::size_t i = 0; i < rows; ++i) {
      if (random.chance(0.01)) pair.reset();
      if (random.chance(0.01)) {
        pair.run_window(noise(pair.plan().frames() * pair.plan().bins(), random));
      }
      auto row = noise(pair.plan().bins(), random);
      if (random.chance(0.02)) row[random.below(row.size())] = std::nanf("");
      pair.push(row);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  EXPECT_GT(incremental, 2 * kGraphs) << "the graphs hardly tried anything";
}

nn::Model with_random_weights(nn::Graph graph) {
  nn::Model model{.graph = std::move(graph)};
  model.weights = nn::initial_weights(model.graph, Random(5));
  return model;
}

TEST(Incremental, ANetworkMayEndInRowsThatOutliveARun) {
  for (const bool with_layer : {false, true}) {
    nn::Graph graph;
    graph.add_input({12, 3, 1});
    if (with_layer) {
      graph.add_node("conv", nn::Op::kConv2d,
                     nn::Conv2d{.channels = 2, .window = {.kernel_time = 3}}, {0});
    }
    graph.add_node("flatten", nn::Op::kFlatten, nn::NoAttributes{}, {graph.output});
    Pair pair(with_random_weights(std::move(graph)), 1);
    Random random(6);
    for (int row = 0; row < 40; ++row) {
      pair.push(noise(3, random));
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

// A stride of 1024 frames would need as many versions of what is behind it.
TEST(Incremental, ComputesWholeWhatWouldNeedTooMuchMemory) {
  nn::Graph graph;
  graph.add_input({4096, 16, 1});
  graph.add_node("far", nn::Op::kConv2d,
                 nn::Conv2d{.channels = 256, .window = {.stride_time = 1024}}, {0});
  graph.add_node("near", nn::Op::kConv2d, nn::Conv2d{.channels = 2, .window = {.kernel_time = 2}},
                 {1});
  graph.add_node("mean", nn::Op::kMean, nn::Mean{}, {2});
  const auto model = with_random_weights(std::move(graph));
  const Plan whole(model, {.execution = Execution::kWholeWindow});
  EXPECT_EQ(Plan(model).arena_bytes(), whole.arena_bytes());
}

struct Case {
  nn::NetworkSpec spec;
  /// Of the window's multiply-accumulates that a hop needs: what it does need, rounded up.
  double share;
};

class Streaming : public ::testing::TestWithParam<Case> {};

TEST_P(Streaming, PushGivesTheWindowsBits) {
  nn::Model model;
  model.graph = nn::build_network(GetParam().spec, 49, 40, 10);
  model.weights = testing::random_weights(model.graph, Random(1));
  for (const auto set : available_instruction_sets()) {
    if (set == InstructionSet::kReference) continue;
    Random random(3);
    Pair pair(model, 1, set);
    for (int i = 0; i < 110; ++i) {
      pair.push(noise(40, random));
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST_P(Streaming, HopNeedsItsShareOfTheWindow) {
  nn::Model model;
  model.graph = nn::build_network(GetParam().spec, 49, 40, 10);
  model.weights = nn::initial_weights(model.graph, Random(1));
  const Plan plan(model);
  const auto costs = nn::cost(model.graph);
  double window = 0.0;
  double hop = 0.0;
  for (std::size_t i = 0; i < model.graph.nodes.size(); ++i) {
    const auto macs = static_cast<double>(costs.nodes[i].macs);
    window += macs;
    for (const auto& step : plan.kernels()) {
      if (step.layer != model.graph.nodes[i].name) continue;
      hop += macs * static_cast<double>(step.rows_computed) / static_cast<double>(step.rows);
      break;
    }
  }
  EXPECT_LE(hop / window, GetParam().share);
  EXPECT_GE(hop / window, 0.99 * GetParam().share) << "less than it was: lower the bound";
}

TEST_P(Streaming, PushAllocatesNothing) {
  nn::Model model;
  model.graph = nn::build_network(GetParam().spec, 49, 40, 10);
  model.weights = nn::initial_weights(model.graph, Random(1));
  Plan plan(model);
  Random random(3);
  const auto row = noise(40, random);
  std::vector<float> posteriors(10);
  kws::testing::AllocationGuard guard;
  for (int i = 0; i < 60; ++i) plan.push(row, posteriors);
  EXPECT_EQ(guard.allocations(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    All, Streaming,
    ::testing::Values(Case{{.kind = "ds_cnn"}, 0.163}, Case{{.kind = "ds_cnn_s"}, 0.392},
                      Case{{.kind = "ds_cnn_s", .blocks = 8, .stride_block = 3}, 0.513},
                      Case{{.kind = "ds_cnn", .pad_time = false}, 0.0476},
                      Case{{.kind = "ds_cnn_s",
                            .blocks = 8,
                            .stride_block = 3,
                            .stride_time = false,
                            .pad_time = false},
                           0.0773},
                      Case{{.kind = "ds_cnn_s", .blocks = 5, .stride_block = 3, .pad_time = false},
                           0.0774},
                      Case{{.kind = "cnn"}, 0.167}, Case{{.kind = "tiny_conv"}, 0.325}),
    [](const auto& param) {
      const nn::NetworkSpec& spec = param.param.spec;
      return spec.kind + std::to_string(spec.blocks) + (spec.stride_block > 0 ? "_strided" : "") +
             (spec.stride_time ? "" : "_in_freq") + (spec.pad_time ? "" : "_unpadded");
    });

TEST(Incremental, BrokenFeaturesAreForgottenWithTheirRow) {
  nn::Model model;
  model.graph = nn::build_network({.kind = "ds_cnn"}, 49, 40, 10);
  model.weights = nn::initial_weights(model.graph, Random(1));
  Plan broken(model);
  Plan clean(model);
  Random random(4);
  std::vector<float> found(10);
  std::vector<float> truth(10);
  for (int i = 0; i < 120; ++i) {
    auto row = noise(40, random);
    clean.push(row, truth);
    if (i == 60) row[3] = std::numeric_limits<float>::infinity();
    broken.push(row, found);
    for (const float p : found) EXPECT_TRUE(p >= 0.0F && p <= 1.0F);
    if (i >= 60 + 49) {
      EXPECT_EQ(found, truth);
    }
  }
  EXPECT_EQ(broken.broken_rows(), 1U);
  EXPECT_EQ(clean.broken_rows(), 0U);
}

TEST(Incremental, StreamsOfOnePlanDoNotKnowEachOther) {
  nn::Model model;
  model.graph = nn::build_network({.kind = "ds_cnn"}, 49, 40, 10);
  model.weights = nn::initial_weights(model.graph, Random(1));
  Plan alone(model);
  Plan first(model);
  Plan second = first.another_stream();
  Random random(5);
  std::vector<float> found(10);
  std::vector<float> truth(10);
  std::vector<float> other(10);
  for (int i = 0; i < 80; ++i) {
    const auto row = noise(40, random);
    alone.push(row, truth);
    second.push(row, found);
    EXPECT_EQ(found, truth);
    first.push(noise(40, random), other);
  }
}

}  // namespace
}  // namespace kws::engine
