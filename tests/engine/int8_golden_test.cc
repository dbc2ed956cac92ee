// SPDX-License-Identifier: MIT
//
// The int8 arithmetic is the same on every processor, in every instruction set: a network with
// every operation must give the numbers that the reference kernels gave when
// tests/data/int8_golden.* were made (by tests/compress/make_int8_golden.cc, on x86-64).
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/sha.h"
#include "engine/plan.h"
#include "engine/trace.h"
#include "instruction_set_names.h"
#include "nn/quantisation.h"
#include "pack/model_pack.h"

namespace kws::engine {
namespace {

struct Golden {
  std::vector<float> features;
  std::vector<std::pair<std::string, std::string>> digests;  // by tensor name
  std::vector<int> logits;
};

std::vector<Golden> read_goldens() {
  std::ifstream file(std::string(KWS_TEST_DATA) + "/int8_golden.txt");
  std::vector<Golden> goldens;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "#") continue;
    if (name == "window") {
      goldens.emplace_back();
      for (int value = 0; words >> value;) {
        goldens.back().features.push_back(static_cast<float>(value) / 16.0F);
      }
      continue;
    }
    std::string digest;
    words >> digest;
    goldens.back().digests.emplace_back(name, digest);
    for (int value = 0; words >> value;) goldens.back().logits.push_back(value);
  }
  return goldens;
}

class Int8Golden : public ::testing::TestWithParam<InstructionSet> {
 protected:
  Int8Golden()
      : model_(pack::load(std::string(KWS_TEST_DATA) + "/int8_golden.kws").model),
        goldens_(read_goldens()) {}

  nn::Model model_;
  std::vector<Golden> goldens_;
};

TEST_P(Int8Golden, IsThere) {
  EXPECT_EQ(goldens_.size(), 6U);
  EXPECT_GT(goldens_[0].digests.size(), 20U);
  EXPECT_EQ(goldens_[0].logits.size(), 5U);
}

TEST_P(Int8Golden, EveryTensor) {
  const nn::Graph& graph = model_.graph;
  Trace trace(model_, GetParam());
  for (std::size_t window = 0; window < goldens_.size(); ++window) {
    const Golden& golden = goldens_[window];
    trace.run(golden.features);
    auto wanted = golden.digests.begin();
    for (nn::TensorId tensor = 0; tensor < graph.tensors.size(); ++tensor) {
      if (graph.tensors[tensor].type != nn::ElementType::kInt8) continue;
      ASSERT_NE(wanted, golden.digests.end());
      ASSERT_EQ(graph.tensors[tensor].name, wanted->first);
      ASSERT_EQ(sha256_hex(std::as_bytes(trace.int8s(tensor))).substr(0, 16), wanted->second)
          << "window " << window << ", layer " << wanted->first;
      ++wanted;
    }
    EXPECT_EQ(wanted, golden.digests.end());
  }
}

TEST_P(Int8Golden, LogitsByAPlan) {
  Plan plan(model_, {.instruction_set = GetParam()});
  const auto& graph = model_.graph;
  const auto& dequantize = graph.nodes[graph.nodes.size() - 2];
  const auto& quantisation = graph.tensors[dequantize.inputs[0]].quantisation;
  for (const Golden& golden : goldens_) {
    std::vector<float> posteriors(plan.labels());
    plan.run_window(golden.features, posteriors);
    for (std::size_t i = 0; i < posteriors.size(); ++i) {
      EXPECT_EQ(plan.logits()[i],
                nn::dequantise(static_cast<std::int8_t>(golden.logits[i]), quantisation));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Int8Golden, ::testing::ValuesIn(available_instruction_sets()),
                         testing::set_name);

}  // namespace
}  // namespace kws::engine
