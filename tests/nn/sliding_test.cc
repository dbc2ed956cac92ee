// SPDX-License-Identifier: MIT
//
// Taps beside what counting them one by one finds, over every small geometry.
#include "nn/sliding.h"

#include <gtest/gtest.h>

#include <vector>

namespace kws::nn {
namespace {

std::vector<Axis> small_axes() {
  std::vector<Axis> axes;
  for (std::int64_t inputs = 1; inputs <= 7; ++inputs) {
    for (std::int64_t kernel = 1; kernel <= 5; ++kernel) {
      for (std::int64_t stride = 1; stride <= 4; ++stride) {
        for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
          for (std::int64_t padding = 0; padding <= 6; ++padding) {
            axes.push_back({inputs, 8, kernel, stride, dilation, padding});
          }
        }
      }
    }
  }
  return axes;
}

void describe(const Axis& axis, std::int64_t output) {
  ADD_FAILURE() << axis.inputs << " inputs, kernel " << axis.kernel << ", stride " << axis.stride
                << ", dilation " << axis.dilation << ", padding " << axis.padding << ", output "
                << output;
}

TEST(Sliding, TapsAreThoseOverTheInput) {
  for (const Axis& axis : small_axes()) {
    for (std::int64_t output = 0; output < axis.outputs; ++output) {
      const Taps taps = axis.taps(output);
      std::int64_t met = 0;
      bool right = taps.begin <= taps.end && taps.first == axis.input(output, taps.begin);
      for (std::int64_t tap = 0; tap < axis.kernel; ++tap) {
        const std::int64_t input = output * axis.stride + tap * axis.dilation - axis.padding;
        const bool meets = input >= 0 && input < axis.inputs;
        right = right && meets == (tap >= taps.begin && tap < taps.end);
        met += meets;
      }
      if (!right || taps.end - taps.begin != met) return describe(axis, output);
    }
  }
}

TEST(Sliding, InteriorOutputsMeetTheInputWithEveryTap) {
  for (const Axis& axis : small_axes()) {
    const auto interior = axis.interior();
    ASSERT_LE(interior.begin, interior.end);
    for (std::int64_t output = 0; output < axis.outputs; ++output) {
      const Taps taps = axis.taps(output);
      const bool whole = taps.begin == 0 && taps.end == axis.kernel;
      const bool inside = output >= interior.begin && output < interior.end;
      if (whole != inside) return describe(axis, output);
    }
  }
}

TEST(Sliding, AxesAreThoseOfTheWindow) {
  const Window window{.kernel_time = 2,
                      .kernel_freq = 3,
                      .stride_time = 4,
                      .stride_freq = 5,
                      .dilation_time = 6,
                      .dilation_freq = 7,
                      .padding = {8, 9, 10, 11}};
  const Axis time = time_axis({20, 30, 1}, {21, 31, 1}, window);
  EXPECT_EQ(time.inputs, 20);
  EXPECT_EQ(time.outputs, 21);
  EXPECT_EQ(time.input(3, 1), 3 * 4 + 6 - 8);
  EXPECT_EQ(time.kernel, 2);
  const Axis freq = freq_axis({20, 30, 1}, {21, 31, 1}, window);
  EXPECT_EQ(freq.inputs, 30);
  EXPECT_EQ(freq.outputs, 31);
  EXPECT_EQ(freq.input(3, 1), 3 * 5 + 7 - 10);
  EXPECT_EQ(freq.kernel, 3);
}

}  // namespace
}  // namespace kws::nn
