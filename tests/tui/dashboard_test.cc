// SPDX-License-Identifier: MIT
//
// The dashboard without a terminal: what keys do, and what the screen says. The goldens are text
// files a person can judge; KWS_UPDATE_GOLDENS=1 writes them anew.
#include "tui/dashboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "tui/made_up_recogniser.h"

namespace kws::tui {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MadeUpRecogniser;
using ::testing::Not;

/// A recogniser, a dashboard on it and a clock.
struct Watched {
  explicit Watched(std::size_t models = 1, std::string remark = "")
      : recogniser(models), scene(recogniser, recogniser.telemetry, std::move(remark)) {}

  /// Frames of 100 ms, five hops in each.
  void listen(int frames) {
    for (int frame = 0; frame < frames; ++frame) {
      recogniser.hops(5);
      wait();
    }
  }
  void wait(milliseconds passed = milliseconds(100)) {
    now += passed;
    scene.refresh(now);
  }
  [[nodiscard]] std::string text(Size size, Colours colours = Colours::kNone,
                                 Charset charset = Charset::kUtf8) const {
    Canvas canvas(size, charset);
    dashboard.draw(canvas, colours);
    return canvas.text();
  }

  MadeUpRecogniser recogniser;
  Scene scene;
  Dashboard dashboard{scene};
  Scene::Time now{std::chrono::hours(1)};
};

void expect_golden(const std::string& text, const std::string& name) {
  const std::string path = std::string(KWS_SOURCE_DIR) + "/tests/tui/golden/" + name + ".txt";
  if (std::getenv("KWS_UPDATE_GOLDENS") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::stringstream wanted;
  wanted << file.rdbuf();
  EXPECT_EQ(text, wanted.str()) << "golden " << path;
}

TEST(Dashboard, Looks80x24) {
  Watched watched;
  watched.listen(100);
  expect_golden(watched.text({80, 24}), "80x24");
}

TEST(Dashboard, Looks80x24InAscii) {
  Watched watched(2, "no microphone: demo recording");
  watched.recogniser.input = "file demo.flac";
  watched.listen(100);
  const auto text = watched.text({80, 24}, Colours::kNone, Charset::kAscii);
  for (const char byte : text) EXPECT_TRUE(byte == '\n' || (byte >= ' ' && byte < 0x7F));
  expect_golden(text, "80x24-ascii");
}

TEST(Dashboard, LooksLarge) {
  Watched watched(2);
  watched.listen(200);
  expect_golden(watched.text({132, 50}), "132x50");
}

TEST(Dashboard, LooksSmall) {
  Watched watched;
  watched.listen(20);
  expect_golden(watched.text({40, 12}), "40x12");
  expect_golden(watched.text({20, 6}), "20x6");
}

TEST(Dashboard, LooksLikeNothingHappenedYet) {
  Watched watched;
  watched.wait();
  expect_golden(watched.text({80, 24}), "80x24-waiting");
}

TEST(Dashboard, LooksHelpful) {
  Watched watched;
  watched.listen(5);
  EXPECT_TRUE(watched.dashboard.press(Key::kHelp));
  expect_golden(watched.text({80, 24}), "80x24-help");
}

TEST(Dashboard, OfOneCellSaysWhetherItListens) {
  Watched watched;
  EXPECT_EQ(watched.text({1, 1}), "○\n");
  watched.listen(20);
  EXPECT_EQ(watched.text({1, 1}), "●\n");
  EXPECT_TRUE(watched.dashboard.press(Key::kPause));
  EXPECT_EQ(watched.text({1, 1}), "‖\n");
}

TEST(Dashboard, DrawsAtEverySize) {
  Watched watched(2, "remark");
  watched.listen(60);
  for (const auto colours : {Colours::kNone, Colours::kFew, Colours::kMany}) {
    for (int height = 1; height <= 60; height += 1 + height / 12) {
      for (int width = 1; width <= 200; width += 1 + width / 12) {
        const auto text = watched.text({width, height}, colours);
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), height);
      }
    }
  }
}

TEST(Dashboard, KeysBecomeCommands) {
  Watched watched(3);
  watched.listen(1);
  for (const auto key : {Key::kRaise, Key::kLower, Key::kPause, Key::kPause, Key::kNextModel}) {
    EXPECT_TRUE(watched.dashboard.press(key));
  }
  EXPECT_THAT(watched.recogniser.calls,
              ElementsAre("shift_thresholds 0.05", "shift_thresholds -0.05", "set_paused 1",
                          "set_paused 0", "switch_to 1"));
  EXPECT_FALSE(watched.dashboard.press(Key::kQuit));
}

TEST(Dashboard, BGoesRoundTheModelsAlsoWhenSwappingTakesLong) {
  Watched watched(3);
  watched.listen(1);
  // The recogniser has not done any of it when the next key comes.
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(watched.dashboard.press(Key::kNextModel));
  EXPECT_THAT(watched.recogniser.calls,
              ElementsAre("switch_to 1", "switch_to 2", "switch_to 0", "switch_to 1"));
}

TEST(Dashboard, BAsksAgainForAModelThatFailedToLoad) {
  Watched watched(2);
  watched.listen(1);
  watched.recogniser.still_switching = true;
  EXPECT_TRUE(watched.dashboard.press(Key::kNextModel));
  watched.recogniser.state.lane = 0;  // it failed
  watched.recogniser.still_switching = false;
  watched.listen(1);
  EXPECT_TRUE(watched.dashboard.press(Key::kNextModel));
  EXPECT_THAT(watched.recogniser.calls, ElementsAre("switch_to 1", "switch_to 1"));
}

TEST(Dashboard, BWithOneModelSaysWhatIsMissing) {
  Watched watched;
  watched.listen(1);
  EXPECT_TRUE(watched.dashboard.press(Key::kNextModel));
  watched.wait();
  EXPECT_TRUE(watched.recogniser.calls.empty());
  EXPECT_THAT(watched.text({80, 24}), HasSubstr("give --model twice"));
  watched.listen(31);
  EXPECT_THAT(watched.text({80, 24}), Not(HasSubstr("give --model twice")));
}

TEST(Dashboard, KeysThatMeanNothingDoNothing) {
  Watched watched;
  watched.listen(1);
  const auto before = watched.text({80, 24});
  EXPECT_TRUE(watched.dashboard.press(Key::kOther));
  EXPECT_TRUE(watched.dashboard.press(Key::kRedraw));
  EXPECT_EQ(watched.text({80, 24}), before);
  EXPECT_TRUE(watched.recogniser.calls.empty());
}

TEST(Dashboard, AnyKeyClosesTheHelp) {
  Watched watched;
  watched.listen(1);
  const auto before = watched.text({80, 24});
  EXPECT_TRUE(watched.dashboard.press(Key::kHelp));
  EXPECT_THAT(watched.text({80, 24}), HasSubstr("any key goes back"));
  EXPECT_TRUE(watched.dashboard.press(Key::kOther));
  EXPECT_EQ(watched.text({80, 24}), before);
}

TEST(Dashboard, ShowsThePauseBeforeTheRecogniserHasDoneIt) {
  Watched watched;
  watched.listen(60);
  EXPECT_TRUE(watched.dashboard.press(Key::kPause));
  watched.recogniser.state.paused = false;  // it did not hear it yet
  watched.listen(1);
  EXPECT_THAT(watched.text({80, 24}), HasSubstr("paused"));
  EXPECT_THAT(watched.text({80, 24}), HasSubstr("go on"));
}

TEST(Dashboard, SaysWhatIsGoingOn) {
  Watched watched;
  const auto header = [&] {
    const auto text = watched.text({80, 24});
    return text.substr(0, text.find('\n'));
  };
  watched.wait();
  EXPECT_THAT(header(), HasSubstr("waiting for sound"));
  watched.listen(1);
  EXPECT_THAT(header(), HasSubstr("warming up"));
  watched.listen(30);
  EXPECT_THAT(header(), HasSubstr("listening"));
  watched.wait(milliseconds(2500));
  EXPECT_THAT(header(), HasSubstr("no sound comes"));
  watched.recogniser.state.source_lost = true;
  watched.listen(1);
  EXPECT_THAT(header(), HasSubstr("input lost"));
  watched.recogniser.state.source_lost = false;
  watched.recogniser.state.source_ended = true;
  watched.listen(1);
  EXPECT_THAT(header(), HasSubstr("ended"));
}

TEST(Dashboard, NamesAFileByItsLastPartWhenThePathIsLong) {
  MadeUpRecogniser recogniser;
  recogniser.input = "file /a/very long/path/to/the recordings/of/last summer/demo.flac";
  Scene scene(recogniser, recogniser.telemetry, "");
  scene.refresh(Scene::Time{});
  Canvas narrow({80, 24});
  Dashboard(scene).draw(narrow, Colours::kNone);
  EXPECT_THAT(narrow.text(), HasSubstr("  file demo.flac  "));
  Canvas wide({160, 24});
  Dashboard(scene).draw(wide, Colours::kNone);
  EXPECT_THAT(wide.text(), HasSubstr("file /a/very long/path/to/"));
}

TEST(Dashboard, ShowsTheNoticeOfTheRecogniser) {
  Watched watched;
  watched.recogniser.notice_text = "models/x.kws: checksum does not match";
  watched.listen(1);
  EXPECT_THAT(watched.text({80, 24}), HasSubstr("checksum does not match"));
}

TEST(Dashboard, LosesNoDetectionWhileTheRingHoldsThem) {
  Watched watched;
  live::DetectionEvent event;
  event.keyword = live::Name("go");
  for (int i = 0; i < 200; ++i) watched.recogniser.telemetry.detections.push(event);
  watched.listen(1);
  EXPECT_EQ(watched.scene.detections_seen(), 200U);
  EXPECT_EQ(watched.scene.missed_detections(), 0U);
}

TEST(Dashboard, CountsDetectionsThatItWasTooSlowFor) {
  Watched watched;
  live::DetectionEvent event;
  event.keyword = live::Name("go");
  for (int i = 0; i < 300; ++i) watched.recogniser.telemetry.detections.push(event);
  watched.listen(1);
  EXPECT_EQ(watched.scene.detections_seen(), 256U);
  EXPECT_EQ(watched.scene.missed_detections(), 44U);
  EXPECT_THAT(watched.text({80, 24}), HasSubstr("missed 44"));
}

TEST(Dashboard, SeesDetectionsFromBeforeItWasOpened) {
  MadeUpRecogniser recogniser;
  recogniser.hops(400);
  Scene scene(recogniser, recogniser.telemetry, "");
  scene.refresh(Scene::Time{});
  EXPECT_EQ(scene.detections_seen(), recogniser.state.detections);
  EXPECT_GT(scene.detections_seen(), 2U);
}

TEST(Dashboard, LossesStandOutOnceThereAreSome) {
  Watched watched;
  watched.recogniser.state.overruns = 3;
  watched.recogniser.state.dropped_hops = 12'345;
  watched.listen(1);
  Canvas canvas({80, 24});
  watched.dashboard.draw(canvas, Colours::kMany);
  EXPECT_THAT(canvas.text(), HasSubstr("overruns 3"));
  EXPECT_THAT(canvas.text(), HasSubstr("hops lost 12.3 k"));
  int bad = 0;
  for (int x = 0; x < 80; ++x) bad += canvas.at(x, 22).style.ink == Ink::kBad ? 1 : 0;
  EXPECT_EQ(bad, 1 + 6);
}

TEST(Dashboard, LightsAKeywordWhileItIsAboveItsThreshold) {
  Watched watched;
  watched.listen(20);
  watched.recogniser.state.scores[2] = 0.79F;
  watched.recogniser.publish();
  watched.wait();
  const auto lit = [&](int x, int y) {
    Canvas canvas({80, 24});
    watched.dashboard.draw(canvas, Colours::kMany);
    EXPECT_EQ(canvas.at(x, y).glyph, U'u');
    return canvas.at(x, y).style.ink == Ink::kKeyword;
  };
  const int y = 12;  // the third label
  EXPECT_FALSE(lit(1, y));
  watched.recogniser.state.scores[2] = 0.80F;
  watched.recogniser.publish();
  watched.wait();
  EXPECT_TRUE(lit(1, y));
}

TEST(Dashboard, WhatIsNoKeywordIsNeverLitAndHasNoThreshold) {
  Watched watched;
  watched.recogniser.state.scores[8] = 1.0F;
  watched.listen(1);
  const auto text = watched.text({80, 24});
  const auto start = text.find("_unknown_");
  ASSERT_NE(start, std::string::npos);
  EXPECT_EQ(text.substr(start, text.find('\n', start) - start).find("│"), std::string::npos);
}

/// Whatever comes, a canvas of the right size with nothing on it that a terminal would obey.
void expect_harmless(const Watched& watched) {
  for (const auto charset : {Charset::kUtf8, Charset::kAscii}) {
    for (const auto colours : {Colours::kNone, Colours::kFew, Colours::kMany}) {
      for (const Size size : {Size{1, 1}, Size{7, 3}, Size{20, 6}, Size{80, 24}, Size{132, 50}}) {
        Canvas canvas(size, charset);
        watched.dashboard.draw(canvas, colours);
        for (int y = 0; y < size.height; ++y) {
          int cells = 0;
          for (int x = 0; x < size.width; ++x) {
            const auto glyph = canvas.at(x, y).glyph;
            EXPECT_FALSE(glyph != 0 && glyph < 0x20) << static_cast<unsigned>(glyph);
            EXPECT_FALSE(glyph >= 0x7F && glyph < 0xA0) << static_cast<unsigned>(glyph);
            EXPECT_LE(canvas.at(x, y).style.ink, heat(kHeatLevels - 1));
            EXPECT_LE(canvas.at(x, y).style.ground, heat(kHeatLevels - 1));
            cells += glyph == 0 ? 0 : cells_of(glyph);
          }
          EXPECT_EQ(cells, size.width) << "row " << y << " would shift";
        }
      }
    }
  }
}

TEST(Dashboard, HostileNamesCannotBreakTheScreen) {
  const std::string bad =
      "\x1b[2J\x1b]0;title\x07\r\n\t\x9b"
      "31m\xff\xfe\xc0\xaf\xe2\x80\xae\xcc\x81"
      "e你好\xed\xa0\x80";
  std::string endless;
  while (endless.size() < 100'000) endless += bad;
  Watched watched(2, endless);
  watched.recogniser.notice_text = bad;
  watched.recogniser.input = endless;
  for (auto& model : watched.recogniser.model_infos) {
    model.name = endless;
    model.features = bad;
    for (auto& label : model.labels) label = bad;
  }
  Watched reopened(2, endless);
  reopened.recogniser.model_infos = watched.recogniser.model_infos;
  Scene scene(reopened.recogniser, reopened.recogniser.telemetry, endless);
  reopened.recogniser.hops(300);
  live::DetectionEvent event;
  event.keyword = live::Name(bad);
  event.model = live::Name(endless);
  reopened.recogniser.telemetry.detections.push(event);
  scene.refresh(Scene::Time{});
  const Dashboard dashboard(scene);
  for (const Size size : {Size{1, 1}, Size{20, 6}, Size{80, 24}, Size{132, 50}}) {
    Canvas canvas(size);
    dashboard.draw(canvas, Colours::kMany);
    EXPECT_EQ(canvas.text().find('\x1b'), std::string::npos);
  }
  watched.listen(30);
  expect_harmless(watched);
}

TEST(Dashboard, NumbersThatAreNoneCannotBreakTheScreen) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const double value : {kNan, HUGE_VAL, -HUGE_VAL, 1e300, -1e300, 5e-324}) {
    Watched watched;
    watched.listen(10);
    auto& state = watched.recogniser.state;
    const auto small = static_cast<float>(value);
    state.audio_s = value;
    state.hop_ms = value;
    state.ring_fill = value;
    state.rms = small;
    state.peak = small;
    state.posteriors.fill(small);
    state.scores.fill(small);
    state.thresholds.fill(small);
    for (auto& clock : state.clocks) clock = {1, value, value, value, value};
    live::DetectionEvent event;
    event.score = small;
    event.start_s = event.end_s = event.time_s = event.latency_ms = value;
    watched.recogniser.telemetry.detections.push(event);
    live::RowEvent row;
    row.end = state.position + 100;
    row.bins = 0xFFFFFFFF;
    row.values.fill(small);
    watched.recogniser.telemetry.rows.push(row);
    live::PosteriorEvent posteriors;
    posteriors.end = row.end;
    posteriors.labels = 0xFFFFFFFF;
    posteriors.posteriors.fill(small);
    watched.recogniser.telemetry.posteriors.push(posteriors);
    state.sample_rate_hz = value;
    watched.recogniser.publish();
    watched.wait();
    watched.wait(milliseconds(1100));
    expect_harmless(watched);
  }
}

TEST(Dashboard, CountsBeyondAllMeasureCannotBreakTheScreen) {
  Watched watched;
  auto& state = watched.recogniser.state;
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  state.lane = 0xFFFFFFFF;  // a model that nobody knows
  state.labels = 0xFFFFFFFF;
  state.overruns = state.dropped_hops = state.dropped_samples = state.non_finite_samples = kMost;
  state.resident_bytes = state.arena_bytes = kMost;
  watched.recogniser.publish();
  watched.wait();
  expect_harmless(watched);
  EXPECT_TRUE(watched.dashboard.press(Key::kNextModel));
}

TEST(Dashboard, ShowsWideNamesWhole) {
  Watched watched;
  watched.recogniser.state.scores = {};
  MadeUpRecogniser chinese;
  chinese.model_infos[0].labels = {"你好", "小爱同学", "打开", "关闭"};
  chinese.state.labels = 4;
  Scene scene(chinese, chinese.telemetry, "");
  chinese.publish();
  scene.refresh(Scene::Time{});
  Canvas canvas({80, 24});
  Dashboard(scene).draw(canvas, Colours::kMany);
  EXPECT_THAT(canvas.text(), HasSubstr(" 你好     ─"));
  EXPECT_THAT(canvas.text(), HasSubstr(" 小爱同学 "));
}

}  // namespace
}  // namespace kws::tui
