// SPDX-License-Identifier: MIT
//
// The rules of docs/decide.md, written down a second time as predicates over the whole past of a
// stream, against the detector on random posteriors, hops and settings.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "decide/detector.h"

namespace kws::decide {
namespace {

constexpr std::int64_t kRate = 8000;
const std::vector<std::string> kLabels{"up", "_silence_", "down", "left"};

struct Past {
  SamplePosition end;
  std::vector<float> posteriors;
  std::vector<float> scores;  // empty: too few posteriors
  std::optional<std::uint32_t> fired;
};

/// What must come out at `end`, from everything since the start. O(n) a question, no state.
std::optional<std::uint32_t> expected(const Settings& settings, std::vector<Past>& past) {
  Past& now = past.back();
  const auto ms = [](double value) {
    return static_cast<SamplePosition>(value * static_cast<double>(kRate) / 1000.0 + 0.5);
  };
  std::vector<double> sums(kLabels.size(), 0.0);
  int count = 0;
  for (const auto& item : past) {
    const bool newest = item.end == now.end;
    if (!newest && item.end + ms(settings.smoothing_ms) <= now.end) continue;
    ++count;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] += static_cast<double>(item.posteriors[i]);
    }
  }
  if (count < settings.min_scores) return std::nullopt;
  for (const double sum : sums) now.scores.push_back(static_cast<float>(sum / count));

  for (const auto& item : past) {  // refractory
    if (item.fired && now.end - item.end < ms(settings.refractory_ms)) return std::nullopt;
  }
  std::optional<std::uint32_t> best;
  for (std::uint32_t label = 0; label < kLabels.size(); ++label) {
    if (!is_keyword(kLabels[label])) continue;
    const auto own = settings.thresholds.find(kLabels[label]);
    const auto threshold =
        static_cast<float>(own == settings.thresholds.end() ? settings.threshold : own->second);
    // Patience: the latest scores, with no posterior that had none between them.
    bool patient = static_cast<int>(past.size()) >= settings.patience;
    for (int i = 0; patient && i < settings.patience; ++i) {
      const auto& item = past[past.size() - 1 - static_cast<std::size_t>(i)];
      patient = !item.scores.empty() && item.scores[label] >= threshold;
    }
    // Armed: the score was low since it last fired.
    bool armed = true;
    for (const auto& item : past) {
      if (item.fired == label) {
        armed = false;
      } else if (!item.scores.empty() &&
                 item.scores[label] < static_cast<float>(settings.rearm_ratio) * threshold) {
        armed = true;
      }
    }
    if (patient && armed && (!best || now.scores[label] > now.scores[*best])) best = label;
  }
  return best;
}

TEST(DetectorProperty, EveryRuleHoldsOnRandomPosteriors) {
  int detections = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const auto hop = static_cast<std::int64_t>(40 + random.below(400));
    const auto context =
        static_cast<std::int64_t>(hop * static_cast<std::int64_t>(1 + random.below(20)));
    Settings settings{.smoothing_ms = random.chance(0.1) ? 0.0 : random.uniform(50.0, 600.0),
                      .threshold = random.uniform(0.3, 0.9),
                      .refractory_ms = random.chance(0.2) ? 0.0 : random.uniform(50.0, 900.0),
                      .rearm_ratio = random.uniform(0.2, 1.0),
                      .patience = static_cast<int>(1 + random.below(4))};
    if (random.chance(0.5)) settings.thresholds["left"] = random.uniform(0.2, 0.9);
    const auto room = static_cast<std::int64_t>(settings.smoothing_ms * kRate / 1000.0) / hop;
    settings.min_scores = static_cast<int>(
        1 + random.below(static_cast<std::size_t>(std::clamp<std::int64_t>(room, 1, 6))));
    Detector detector(settings, kLabels, kRate, hop, context);

    SamplePosition start = 0;
    SamplePosition end = 0;
    std::vector<Past> past;  // of what follows the warm-up
    std::vector<float> level(kLabels.size(), 0.0F);
    for (int i = 0; i < 400; ++i) {
      end += static_cast<SamplePosition>(hop) * (random.chance(0.05) ? 3 : 1);
      if (random.chance(0.005)) {
        start = end + random.below(1000);
        end = start + static_cast<SamplePosition>(hop);
        detector.reset(start);
        past.clear();
      }
      // Plateaus with noise on top: crossings in both directions, of several words.
      if (random.chance(0.05)) {
        for (auto& l : level) l = random.chance(0.4) ? 1.0F : static_cast<float>(random.uniform());
      }
      std::vector<float> posteriors;
      for (const auto l : level) {
        posteriors.push_back(
            std::clamp(l + 0.2F * static_cast<float>(random.normal()), 0.0F, 1.0F));
      }
      const auto found = detector.push(posteriors, end);
      if (end - start < static_cast<SamplePosition>(context)) {
        ASSERT_FALSE(found) << "warm-up, seed " << seed << ", step " << i;
        continue;
      }
      past.push_back({end, posteriors, {}, {}});
      past.back().fired = expected(settings, past);
      ASSERT_EQ(found.has_value(), past.back().fired.has_value())
          << "seed " << seed << ", step " << i;
      if (!found) continue;
      ++detections;
      EXPECT_EQ(found->label, *past.back().fired);
      EXPECT_EQ(found->score, past.back().scores[found->label]);
      EXPECT_EQ(found->time, end);
      EXPECT_LT(found->start, found->end);
      EXPECT_LE(found->end, found->time);
      EXPECT_GE(found->start, start);
    }
  }
  EXPECT_GT(detections, 1000) << "or the rules were hardly tried";
}

TEST(DetectorProperty, OnlyTheSmoothingWindowOfThePastMatters) {
  // A lane that begins later, but warms up for long enough, has the same scores, bit for bit.
  const Settings settings{.threshold = 1.0};
  Detector old(settings, kLabels, kRate, 160, 8000);
  Detector fresh(settings, kLabels, kRate, 160, 8000);
  constexpr SamplePosition kLater = 100000;
  fresh.reset(kLater);
  Random random(3);
  for (SamplePosition end = 160; end < 130000; end += 160) {
    std::vector<float> posteriors;
    for (std::size_t i = 0; i < kLabels.size(); ++i) {
      posteriors.push_back(static_cast<float>(random.uniform(0.0, 0.9)));
    }
    (void)old.push(posteriors, end);
    if (end > kLater) (void)fresh.push(posteriors, end);
    if (end < kLater + 8000 + 3200) continue;
    for (std::size_t i = 0; i < kLabels.size(); ++i) EXPECT_EQ(old.scores()[i], fresh.scores()[i]);
  }
}

}  // namespace
}  // namespace kws::decide
