// SPDX-License-Identifier: MIT
#include "cli/kernel_inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pack/model_pack.h"
#include "pack/sample_pack.h"

namespace kws::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using ::testing::Contains;
using ::testing::StartsWith;

TEST(KernelInspection, NamesTheSetsAndAKernelForEachLayer) {
  setenv("KWS_KERNELS", "reference", 1);
  Inspection inspection;
  inspection.model = kws::testing::small_pack();
  const auto forced = inspect_kernels(inspection);
  unsetenv("KWS_KERNELS");
  EXPECT_EQ(forced.chosen, engine::InstructionSet::kReference);
  EXPECT_THAT(to_text(forced), AllOf(HasSubstr("reference     chosen"), HasSubstr("available")));

  const auto json = to_json(inspect_kernels(inspection));
  EXPECT_EQ(json["instruction_sets"][0]["name"], "reference");
  EXPECT_NE(json["chosen"], "reference");
  ASSERT_FALSE(json["layers"].empty());
  for (const auto& layer : json["layers"]) EXPECT_NE(layer["kernel"], "reference");
}

TEST(KernelInspection, NamesInt8KernelsAsSuch) {
  Inspection inspection;
  inspection.model = pack::load(std::string(KWS_TEST_DATA) + "/int8_golden.kws");
  std::vector<std::string> kernels;
  for (const auto& layer : inspect_kernels(inspection).layers) kernels.emplace_back(layer.kernel);
  for (const char* name :
       {"quantize", "int8 conv2d", "int8 depthwise", "int8 pointwise", "int8 dense", "softmax"}) {
    EXPECT_THAT(kernels, Contains(name));
  }
  EXPECT_THAT(kernels, Contains(StartsWith("int8 mean")));
}

}  // namespace
}  // namespace kws::cli
