// SPDX-License-Identifier: MIT
#include "tui/plain_log.h"

#include <gtest/gtest.h>

#include "tui/made_up_recogniser.h"

namespace kws::tui {
namespace {

using std::chrono::milliseconds;

TEST(PlainLog, PrintsALineADetectionAndOneASecond) {
  testing::MadeUpRecogniser recogniser;
  Scene scene(recogniser, recogniser.telemetry, "no microphone: demo recording");
  PlainLog log(milliseconds(1000));
  Scene::Time now{std::chrono::hours(1)};
  std::string text;
  for (int frame = 0; frame < 25; ++frame) {
    recogniser.hops(5);
    scene.refresh(now);
    text += log.lines(scene);
    now += milliseconds(100);
  }
  EXPECT_EQ(
      text,
      "input mic USB Audio (48 kHz) (no microphone: demo recording)\n"
      "model ds-cnn-s\n"
      "0:01  listening  ds-cnn-s  level -48.0 dB  best yes 0.53  overruns 0  dropped hops 0  "
      "missed 0\n"
      "0:02  listening  ds-cnn-s  level -48.0 dB  best down 0.84  overruns 0  dropped hops 0  "
      "missed 0\n"
      "0:02.1  down  0.91  after 42 ms  ds-cnn-s\n");
}

TEST(PlainLog, SaysEachNoticeOnce) {
  testing::MadeUpRecogniser recogniser;
  Scene scene(recogniser, recogniser.telemetry, "");
  PlainLog log(milliseconds(1000));
  recogniser.notice_text = "cannot load \x1b[2J";
  scene.refresh(Scene::Time{});
  EXPECT_NE(log.lines(scene).find("notice: cannot load ?[2J\n"), std::string::npos);
  scene.refresh(Scene::Time{});
  EXPECT_EQ(log.lines(scene), "");
}

}  // namespace
}  // namespace kws::tui
