// SPDX-License-Identifier: MIT
//
// Whole networks, drawn at random. A plan must give, bit for bit, what its kernels give when every
// node has memory of its own and nothing is fused: that is the test of fusion, liveness, in-place
// work and memory layout. Each node on the way is held against the reference.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "engine/aligned_floats.h"
#include "engine/arena.h"
#include "engine/kernels/f32/kernels.h"
#include "engine/kernels/reference.h"
#include "engine/plan.h"
#include "engine/program.h"
#include "engine/reference.h"
#include "instruction_set_names.h"
#include "nn/rewrite.h"
#include "random_models.h"
#include "tolerance.h"

namespace kws::engine {
namespace {

constexpr std::uint64_t kGraphs = 300;

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (auto& value : values) value = static_cast<float>(random.normal());
  return values;
}

/// A mean over time and frequency in two halves, as plans take it.
void run_mean(const nn::Shape& in, const void* input, float* output, InstructionSet set) {
  AlignedFloats sums(in.time * in.channels + kReadSlack);
  f32::row_sums(in, set)->run({&input, 1}, sums.data(), {0, in.time});
  const void* const rows = sums.data();
  f32::mean_of_row_sums(in, set)->run({&rows, 1}, output, {0, 1});
}

/// Every tensor of a folded model by the fast kernels, each node checked against the reference.
std::vector<std::vector<float>> run_apart(const nn::Model& model, std::span<const float> input,
                                          std::uint64_t seed, InstructionSet set) {
  const nn::Graph& graph = model.graph;
  std::vector<std::vector<float>> tensors(graph.tensors.size());
  std::vector<AlignedFloats> memory(graph.tensors.size());
  tensors[graph.input].assign(input.begin(), input.end());
  memory[graph.input] = AlignedFloats(input, kReadSlack);
  for (const auto& node : graph.nodes) {
    const nn::Shape& shape = graph.tensor_of(node).shape;
    std::vector<std::span<const float>> spans;
    std::vector<const void*> pointers;
    for (const auto tensor : node.inputs) {
      spans.emplace_back(tensors[tensor]);
      pointers.push_back(memory[tensor].data());
    }
    std::vector<float> truth(shape.elements());
    reference::run_node(model, node, spans, truth);
    auto& output = tensors[node.output];
    if (node.op == nn::Op::kFlatten) {
      output = truth;
    } else {
      output.resize(shape.elements());
      const auto* mean = std::get_if<nn::Mean>(&node.attributes);
      if (mean != nullptr && mean->over_time && mean->over_freq) {
        run_mean(graph.tensors[node.inputs[0]].shape, pointers[0], output.data(), set);
      } else {
        f32::make_kernel(model, node, {}, set)->run(pointers, output.data(), {0, shape.time});
      }
      const auto allowed = testing::tolerance(model, node, spans);
      for (std::size_t i = 0; i < truth.size(); ++i) {
        EXPECT_LE(std::abs(output[i] - truth[i]), allowed[i])
            << "graph " << seed << ", layer " << node.name << ", element " << i;
      }
    }
    memory[node.output] = AlignedFloats(output, kReadSlack);
  }
  return tensors;
}

class RandomGraphsPerSet : public ::testing::TestWithParam<InstructionSet> {};

TEST_P(RandomGraphsPerSet, PlanIsItsKernelsBitForBit) {
  std::set<nn::Op> seen;
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    const auto model = testing::random_model(seed);
    for (const auto& node : model.graph.nodes) seen.insert(node.op);
    const auto folded = nn::fold_for_inference(model);
    Plan plan(model, {.instruction_set = GetParam()});
    for (std::uint64_t run = 0; run < 2; ++run) {  // the second over what the first left behind
      const auto input = noise(model.graph.input_shape().elements(), 1000 * seed + run);
      const auto apart = run_apart(folded, input, seed, GetParam());
      std::vector<float> posteriors(plan.labels());
      plan.run_window(input, posteriors);
      ASSERT_EQ(posteriors, apart[folded.graph.output]) << "graph " << seed;
      const auto logits_tensor = folded.graph.nodes.back().inputs[0];
      ASSERT_EQ(std::vector<float>(plan.logits().begin(), plan.logits().end()),
                apart[logits_tensor])
          << "graph " << seed;
    }
  }
  EXPECT_EQ(seen.size(), 19U) << "an operation never came up";
}

INSTANTIATE_TEST_SUITE_P(All, RandomGraphsPerSet, ::testing::ValuesIn(available_instruction_sets()),
                         testing::set_name);

// Folding rounds each weight and bias a few times, relative errors of 2^-22 at most; a network of a
// dozen layers amplifies them no more than a thousandfold here, or it would be chaotic.
TEST(RandomGraphs, FoldingKeepsTheOutputs) {
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    const auto model = testing::random_model(seed);
    const auto folded = nn::fold_for_inference(model);
    const auto input = noise(model.graph.input_shape().elements(), seed);
    const auto truth = run_reference(model, input)[model.graph.output];
    const auto found = run_reference(folded, input)[folded.graph.output];
    ASSERT_EQ(truth.size(), found.size());
    for (std::size_t i = 0; i < truth.size(); ++i) {
      EXPECT_NEAR(truth[i], found[i], 2.5e-4F) << "graph " << seed;
    }
  }
}

TEST(RandomGraphs, BuffersThatLiveTogetherLieApart) {
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    const auto execution = seed % 2 == 0 ? Execution::kIncremental : Execution::kWholeWindow;
    const auto program = make_program(testing::random_model(seed), execution);
    const auto layout = lay_out(program.buffers);
    const auto end = [&](std::size_t b) {
      const Buffer& buffer = program.buffers[b];
      const auto room = (buffer.rows + (buffer.ring ? buffer.margin : 0)) * buffer.row_bytes;
      return layout.offsets[b] + room * (buffer.ring ? buffer.motion.period : 1);
    };
    for (std::size_t a = 0; a < program.buffers.size(); ++a) {
      const auto& first = program.buffers[a];
      EXPECT_EQ(layout.offsets[a] % 64, 0) << "not on a cache line";
      EXPECT_LE(end(a), layout.bytes);
      for (std::size_t b = 0; b < a; ++b) {
        const auto& second = program.buffers[b];
        if (first.bytes() == 0 || second.bytes() == 0) continue;
        const bool apart =
            first.last_step < second.first_step || second.last_step < first.first_step;
        if (apart && !first.ring && !second.ring) continue;
        EXPECT_TRUE(end(a) <= layout.offsets[b] || end(b) <= layout.offsets[a])
            << "graph " << seed << ": buffers " << a << " and " << b;
      }
    }
  }
}

}  // namespace
}  // namespace kws::engine
