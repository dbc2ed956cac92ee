// SPDX-License-Identifier: MIT
//
// Which kernels a plan gets, and who decides.
#include "engine/instruction_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/plan.h"
#include "engine/reference.h"
#include "nn/networks.h"
#include "support/allocation_guard.h"

namespace kws::engine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

/// KWS_KERNELS for as long as it lives.
class Environment {
 public:
  explicit Environment(const char* value) { setenv("KWS_KERNELS", value, 1); }
  ~Environment() { unsetenv("KWS_KERNELS"); }
};

nn::Model small_network() {
  nn::Model model;
  model.graph = nn::build_network({.kind = "ds_cnn_s", .channels = 8}, 49, 40, 4);
  model.weights = nn::initial_weights(model.graph, Random(1));
  return model;
}

TEST(InstructionSets, ReferenceIsAlwaysThereAndTheFastestIsChosen) {
  const auto available = available_instruction_sets();
  EXPECT_EQ(available.front(), InstructionSet::kReference);
  EXPECT_GE(available.size(), 2U);
  EXPECT_EQ(find_instruction_set(""), available.back());
  const auto built = built_instruction_sets();
  for (const auto set : available) EXPECT_THAT(built, Contains(set));
}

TEST(InstructionSets, EachIsFoundByItsName) {
  for (const auto set : available_instruction_sets()) {
    EXPECT_EQ(find_instruction_set(to_string(set)), set);
  }
}

TEST(InstructionSets, EnvironmentForcesOne) {
  for (const auto set : available_instruction_sets()) {
    const Environment environment(std::string(to_string(set)).c_str());
    EXPECT_EQ(chosen_instruction_set(), set);
    const Plan plan(small_network());
    EXPECT_EQ(plan.instruction_set(), set);
    EXPECT_EQ(plan.kernels().front().layer, "input_norm");
    EXPECT_EQ(plan.kernels()[1].kernel, set == InstructionSet::kReference ? "reference" : "conv2d");
  }
  EXPECT_EQ(chosen_instruction_set(), available_instruction_sets().back());
}

TEST(InstructionSets, EveryOneRunsWholePlans) {
  const auto model = small_network();
  std::vector<float> features(49 * 40);
  Random random(2);
  for (auto& value : features) value = static_cast<float>(random.normal());
  const auto truth = run_reference(model, features).back();
  auto broken = features;
  for (std::size_t i = 0; i < broken.size(); i += 17) broken[i] = i % 2 == 0 ? 3e38F : -3e38F;
  for (const auto set : available_instruction_sets()) {
    Plan plan(model, {.instruction_set = set});
    std::vector<float> posteriors(4);
    testing::AllocationGuard guard;
    plan.run_window(features, posteriors);
    EXPECT_EQ(guard.allocations(), 0U) << to_string(set);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(posteriors[i], truth[i], 1e-4F) << to_string(set);
    }
    plan.run_window(broken, posteriors);
    EXPECT_NEAR(std::accumulate(posteriors.begin(), posteriors.end(), 0.0F), 1.0F, 1e-3F)
        << to_string(set);
  }
}

TEST(InstructionSets, OneThatIsNotThereIsRefusedWithThoseThatAre) {
  for (const char* name : {"avx9", "AVX2", "neon,avx2", "\x1b[31m"}) {
    const Environment environment(name);
    try {
      const Plan plan(small_network());
      FAIL() << name;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr("KWS_KERNELS"));
      EXPECT_THAT(error.what(), HasSubstr("it has reference, "));
      EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("\x1b")));
    }
  }
}

}  // namespace
}  // namespace kws::engine
