// SPDX-License-Identifier: MIT
//
// What is measured is there and in order; how much it is depends on the machine and is not asked.
#include "measure/latency.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/error.h"
#include "measure/tone_spotter.h"
#include "pack/model_pack.h"
#include "support/scratch_folder.h"

namespace kws::measure {
namespace {

TEST(Percentiles, AreByNearestRank) {
  std::vector<double> values(100);
  std::iota(values.rbegin(), values.rend(), 1.0);  // 100 … 1
  const auto hundred = percentiles(values);
  EXPECT_EQ(hundred.p50, 50.0);
  EXPECT_EQ(hundred.p95, 95.0);
  EXPECT_EQ(hundred.p99, 99.0);
  const auto three = percentiles({3.0, 1.0, 2.0});
  EXPECT_EQ(three.p50, 2.0);
  EXPECT_EQ(three.p95, 3.0);
  EXPECT_EQ(percentiles({7.0}).p99, 7.0);
  EXPECT_EQ(percentiles({}).p99, 0.0);
}

class LatencyTest : public ::testing::Test {
 protected:
  LatencyTest() { pack::save(pack_, model_); }

  kws::testing::ScratchFolder folder_;
  std::filesystem::path model_ = folder_ / "tones.kws";
  pack::ModelPack pack_ = kws::testing::tone_spotter();
};

void expect_in_order(const Percentiles& us) {
  EXPECT_GT(us.p50, 0.0);
  EXPECT_LE(us.p50, us.p95);
  EXPECT_LE(us.p95, us.p99);
}

TEST_F(LatencyTest, ReportsEveryStage) {
  const auto report = measure_latency(model_, {.seconds = 0.01});
  expect_in_order(report.front_end_us);
  expect_in_order(report.window_us);
  expect_in_order(report.hop_us);
  EXPECT_GT(report.load_ms, 0.0);
  EXPECT_GT(report.first_load_ms, 0.0);
  EXPECT_EQ(report.hop_ms, pack_.features.hop_ms);
  EXPECT_EQ(report.arena_bytes, engine::Plan(pack_.model).arena_bytes());
  EXPECT_GT(report.resident_bytes, report.arena_bytes);
}

TEST_F(LatencyTest, CountsTheArenaOfTheExecutionAskedFor) {
  const auto whole = engine::Execution::kWholeWindow;
  EXPECT_EQ(measure_latency(model_, {.seconds = 0.01, .execution = whole}).arena_bytes,
            engine::Plan(pack_.model, {.execution = whole}).arena_bytes());
}

TEST_F(LatencyTest, RefusesWhatIsNoModel) {
  EXPECT_THROW((void)measure_latency(folder_ / "none.kws"), Error);
}

}  // namespace
}  // namespace kws::measure
