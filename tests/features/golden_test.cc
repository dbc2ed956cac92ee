// SPDX-License-Identifier: MIT
//
// Rows against those that tests/golden/make_feature_goldens.py made with numpy.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/text.h"
#include "config/document.h"
#include "features/extractor.h"
#include "features/feature_spec_toml.h"
#include "features/reference.h"

namespace kws::features {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(KWS_SOURCE_DIR) / "tests/golden/features";

std::vector<float> golden_sound() {
  const auto bytes = read_file(kFolder / "sound.s16", 1 << 20);
  std::vector<float> sound;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto low = std::to_integer<std::uint16_t>(bytes[i]);
    const auto high = std::to_integer<std::uint16_t>(bytes[i + 1]);
    const auto sample = std::bit_cast<std::int16_t>(static_cast<std::uint16_t>(low | high << 8));
    sound.push_back(static_cast<float>(sample) / 32768.0F);
  }
  return sound;
}

std::vector<std::vector<double>> golden_rows(const std::string& name) {
  std::vector<std::vector<double>> rows;
  for (const auto& line : split(read_text_file(kFolder / (name + ".csv"), 1 << 20), '\n')) {
    if (line.empty()) continue;
    auto& row = rows.emplace_back();
    for (const auto& cell : split(line, ',')) {
      double value = 0.0;
      const auto result = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      EXPECT_EQ(result.ec, std::errc()) << cell;
      row.push_back(value);
    }
  }
  return rows;
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, AgreesWithNumpyWithinTenThousandthOfTheLargestValue) {
  const auto cases = config::Table::load(kFolder / "cases.toml");
  const auto sound = golden_sound();
  ASSERT_EQ(sound.size(), 3200u);
  FeatureExtractor extractor(read_feature_spec(cases.table(GetParam())));
  const auto matrix = extractor.extract_clip(sound);
  const auto rows = golden_rows(GetParam());
  ASSERT_EQ(matrix.frames, rows.size());
  double largest = 0.0;
  for (const auto& row : rows) largest = std::max(largest, testing::largest(row));
  double worst = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(matrix.bins, rows[i].size());
    for (std::size_t k = 0; k < matrix.bins; ++k) {
      worst = std::max(worst, std::abs(static_cast<double>(matrix.row(i)[k]) - rows[i][k]));
    }
  }
  EXPECT_LE(worst, 1e-4 * largest);
  RecordProperty("worst_over_largest", std::to_string(worst / largest));
}

INSTANTIATE_TEST_SUITE_P(Cases, Golden,
                         ::testing::ValuesIn(config::Table::load(kFolder / "cases.toml").keys()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace kws::features
