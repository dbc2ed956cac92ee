// SPDX-License-Identifier: MIT
//
// The real bytes on a pseudo terminal, as a terminal emulator shows them: the dashboard is drawn a
// second time into a canvas, from the same made-up sound, and the two must agree cell by cell.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <clocale>
#include <numeric>
#include <string>
#include <vector>

#include "base/random.h"
#include "tui/dashboard.h"
#include "tui/pty_monitor.h"
#include "tui/theme.h"

namespace kws::tui {
namespace {

using std::chrono::milliseconds;
using testing::MadeUpRecogniser;
using testing::PtyMonitor;

/// What the screen should show: the same steps without a terminal.
struct Mirror {
  explicit Mirror(const PtyMonitor::Setup& setup)
      : recogniser(setup), scene(recogniser, recogniser.telemetry, setup.remark) {
    scene.refresh(now);
  }
  void frame(int hops = 5) {
    recogniser.hops(hops);
    now += milliseconds(100);
    scene.refresh(now);
  }
  void press(Key key) {
    (void)dashboard.press(key);
    scene.refresh(now);
  }
  [[nodiscard]] Canvas canvas(Size size, Colours colours, Charset charset = Charset::kUtf8) const {
    Canvas canvas(size, charset);
    dashboard.draw(canvas, colours);
    return canvas;
  }

  struct Prepared : MadeUpRecogniser {
    explicit Prepared(const PtyMonitor::Setup& setup) : MadeUpRecogniser(setup.models) {
      if (setup.prepare) setup.prepare(*this);
    }
  } recogniser;
  Scene scene;
  Dashboard dashboard{scene};
  Scene::Time now{std::chrono::hours(1)};
};

void expect_same(const PtyMonitor& monitor, const Mirror& mirror, Colours colours) {
  const auto canvas = mirror.canvas(monitor.screen().size(), colours);
  EXPECT_EQ(monitor.screen().text(), canvas.text());
  int wrong = 0;
  for (int y = 0; y < canvas.size().height; ++y) {
    for (int x = 0; x < canvas.size().width; ++x) {
      const auto& cell = canvas.at(x, y);
      if (cell.glyph == 0) continue;
      const auto look = look_of(cell.style, colours);
      const auto seen = monitor.screen().at(x, y);
      const bool ink_matters = cell.glyph != U' ' || look.reverse;
      const bool same = seen.ground == look.ground && seen.reverse == look.reverse &&
                        (!ink_matters || (seen.ink == look.ink && seen.bold == look.bold));
      if (!same && wrong++ < 3) {
        ADD_FAILURE() << "cell " << x << "," << y << ": ink " << seen.ink << " for " << look.ink
                      << ", ground " << seen.ground << " for " << look.ground;
      }
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Terminal, ShowsWhatTheCanvasHolds) {
  const PtyMonitor::Setup setup{.models = 2, .remark = "no microphone: demo recording"};
  PtyMonitor monitor(setup);
  Mirror mirror(setup);
  expect_same(monitor, mirror, Colours::kMany);
  for (int frame = 0; frame < 120; ++frame) {
    ASSERT_TRUE(monitor.frame());
    mirror.frame();
    if (frame % 10 == 0) expect_same(monitor, mirror, Colours::kMany);
  }
  EXPECT_TRUE(monitor.screen().on_alternate_screen());
  EXPECT_FALSE(monitor.screen().cursor_visible());
}

TEST(Terminal, KeepsToBudgetWhileSoundPlays) {
  PtyMonitor monitor({});
  for (int frame = 0; frame < 50; ++frame) ASSERT_TRUE(monitor.frame());
  std::size_t bytes = 0;
  constexpr int kFrames = 200;
  for (int frame = 0; frame < kFrames; ++frame) bytes += monitor.frame().value_or(0);
  const auto per_second = bytes * 10 / kFrames;
  RecordProperty("bytes_per_second", static_cast<int>(per_second));
  EXPECT_LE(per_second, 5000U);
  EXPECT_GE(per_second, 1000U) << "is anything drawn at all?";
}

TEST(Terminal, AFrameWithoutNewsCostsNothing) {
  PtyMonitor monitor({});
  for (int frame = 0; frame < 20; ++frame) ASSERT_TRUE(monitor.frame());
  ASSERT_TRUE(monitor.type(" "));
  for (int frame = 0; frame < 50; ++frame) ASSERT_TRUE(monitor.frame());  // the peak falls
  for (int frame = 0; frame < 50; ++frame) EXPECT_EQ(monitor.frame(), 0U);
}

TEST(Terminal, DigitalSilenceCostsLittle) {
  PtyMonitor monitor({.prepare = [](MadeUpRecogniser& recogniser) { recogniser.silent = true; }});
  for (int frame = 0; frame < 100; ++frame) ASSERT_TRUE(monitor.frame());
  std::size_t bytes = 0;
  for (int frame = 0; frame < 100; ++frame) bytes += monitor.frame().value_or(0);
  EXPECT_LE(bytes / 10, 2000U);
}

TEST(Terminal, KeysWork) {
  PtyMonitor monitor({.models = 2});
  ASSERT_TRUE(monitor.frame());
  ASSERT_TRUE(monitor.type("?"));
  EXPECT_NE(monitor.screen().text().find("any key goes back"), std::string::npos);
  ASSERT_TRUE(monitor.type("\033[A"));
  EXPECT_EQ(monitor.screen().text().find("any key goes back"), std::string::npos);
  ASSERT_TRUE(monitor.type(" "));
  EXPECT_NE(monitor.screen().text().find("paused"), std::string::npos);
  ASSERT_TRUE(monitor.type(" "));
  ASSERT_TRUE(monitor.type("++"));
  ASSERT_TRUE(monitor.frame());
  EXPECT_NE(monitor.screen().text().find("threshold 0.90"), std::string::npos);
  ASSERT_TRUE(monitor.type("b"));
  EXPECT_NE(monitor.screen().text().find("switching to ds-cnn-128"), std::string::npos);
  EXPECT_FALSE(monitor.type("q"));
  EXPECT_EQ(monitor.wait_for_end(), 0);
}

void expect_restored(PtyMonitor& monitor, int status) {
  EXPECT_EQ(monitor.wait_for_end(), status);
  EXPECT_FALSE(monitor.screen().on_alternate_screen());
  EXPECT_TRUE(monitor.screen().cursor_visible());
  EXPECT_TRUE(monitor.modes_restored());
  // Synchronised updates are off again.
  const auto& sent = monitor.sent();
  EXPECT_GT(sent.rfind("\033[?2026l"), sent.rfind("\033[?2026h"));
}

TEST(Terminal, IsRestoredAfterQ) {
  PtyMonitor monitor({});
  ASSERT_TRUE(monitor.frame());
  EXPECT_FALSE(monitor.modes_restored()) << "or this test proves nothing";
  EXPECT_FALSE(monitor.type("q"));
  expect_restored(monitor, 0);
}

TEST(Terminal, IsRestoredAfterCtrlC) {
  PtyMonitor monitor({});
  ASSERT_TRUE(monitor.frame());
  EXPECT_FALSE(monitor.type("\x03"));
  expect_restored(monitor, 0);
}

TEST(Terminal, IsRestoredAfterSignals) {
  for (const int number : {SIGTERM, SIGHUP, SIGINT}) {
    PtyMonitor monitor({});
    ASSERT_TRUE(monitor.frame());
    EXPECT_FALSE(monitor.signal(number));
    expect_restored(monitor, 0);
  }
}

TEST(Terminal, IsRestoredAfterAnException) {
  PtyMonitor monitor({.fail_at_frame = 3});
  for (int frame = 0; frame < 3; ++frame) (void)monitor.frame();
  expect_restored(monitor, 7 << 8);
}

TEST(Terminal, IsRestoredAfterACrash) {
  PtyMonitor monitor({.abort_at_frame = 3});
  for (int frame = 0; frame < 3; ++frame) (void)monitor.frame();
  const int status = monitor.wait_for_end();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  EXPECT_FALSE(monitor.screen().on_alternate_screen());
  EXPECT_TRUE(monitor.screen().cursor_visible());
  EXPECT_TRUE(monitor.modes_restored());
}

TEST(Terminal, EndsWhenTheWindowCloses) {
  PtyMonitor monitor({});
  ASSERT_TRUE(monitor.frame());
  monitor.close_window();
  EXPECT_EQ(monitor.wait_for_end(), 0);
}

TEST(Terminal, IsGivenBackWhileSuspended) {
  const PtyMonitor::Setup setup{};
  PtyMonitor monitor(setup);
  Mirror mirror(setup);
  for (int frame = 0; frame < 20; ++frame) {
    ASSERT_TRUE(monitor.frame());
    mirror.frame();
  }
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(monitor.suspend());
    EXPECT_FALSE(monitor.screen().on_alternate_screen());
    EXPECT_TRUE(monitor.screen().cursor_visible());
    EXPECT_TRUE(monitor.modes_restored());
    ASSERT_TRUE(monitor.go_on());
    EXPECT_TRUE(monitor.screen().on_alternate_screen());
    EXPECT_FALSE(monitor.modes_restored());
    ASSERT_TRUE(monitor.frame());
    mirror.frame(0);  // the time that passed until it stopped
    mirror.frame();
    expect_same(monitor, mirror, Colours::kMany);
  }
}

TEST(Terminal, FollowsAStormOfResizes) {
  const PtyMonitor::Setup setup{.models = 2};
  PtyMonitor monitor(setup);
  Mirror mirror(setup);
  Random random(3);
  for (int round = 0; round < 60; ++round) {
    const bool small = round % 3 == 0;
    const Size size{1 + static_cast<int>(random.below(small ? 6 : 200)),
                    1 + static_cast<int>(random.below(small ? 4 : 60))};
    ASSERT_TRUE(monitor.resize(size));
    mirror.frame(0);
    ASSERT_TRUE(monitor.frame());
    mirror.frame();
    EXPECT_EQ(monitor.screen().text(), mirror.canvas(size, Colours::kMany).text())
        << size.width << "x" << size.height;
  }
}

TEST(Terminal, WorksInOneCell) {
  PtyMonitor monitor({.size = {1, 1}});
  for (int frame = 0; frame < 20; ++frame) ASSERT_TRUE(monitor.frame());
  EXPECT_EQ(monitor.screen().text(), "●\n");
  ASSERT_TRUE(monitor.resize({80, 24}));
  EXPECT_NE(monitor.screen().text().find("listening"), std::string::npos);
}

TEST(Terminal, FallsBackToFewerColours) {
  for (const auto* term : {"xterm", "linux", "screen"}) {
    const PtyMonitor::Setup setup{.term = term};
    PtyMonitor monitor(setup);
    Mirror mirror(setup);
    for (int frame = 0; frame < 60; ++frame) {
      ASSERT_TRUE(monitor.frame());
      mirror.frame();
    }
    const auto canvas = mirror.canvas({80, 24}, Colours::kFew);
    EXPECT_EQ(monitor.screen().text(), canvas.text()) << term;
    EXPECT_EQ(monitor.sent().find("38;5;"), std::string::npos) << term;
  }
}

TEST(Terminal, HonoursNoColor) {
  const PtyMonitor::Setup setup{.no_color = true};
  PtyMonitor monitor(setup);
  Mirror mirror(setup);
  for (int frame = 0; frame < 60; ++frame) {
    ASSERT_TRUE(monitor.frame());
    mirror.frame();
  }
  EXPECT_EQ(monitor.screen().text(), mirror.canvas({80, 24}, Colours::kNone).text());
  for (int y = 0; y < 24; ++y) {
    for (int x = 0; x < 80; ++x) {
      EXPECT_EQ(monitor.screen().at(x, y).ink, -1);
      EXPECT_EQ(monitor.screen().at(x, y).ground, -1);
    }
  }
}

TEST(Terminal, SendsAsciiWhenAskedTo) {
  PtyMonitor monitor({.ascii = true, .models = 2});
  for (int frame = 0; frame < 60; ++frame) ASSERT_TRUE(monitor.frame());
  for (const char byte : monitor.sent()) ASSERT_LT(static_cast<unsigned char>(byte), 0x80U);
  EXPECT_NE(monitor.screen().text().find("- sound -"), std::string::npos);
}

TEST(Terminal, ShowsHostileNamesHarmlessly) {
  const PtyMonitor::Setup setup{
      .remark = "\x1b[2J\x1b]0;owned\x07", .prepare = [](MadeUpRecogniser& recogniser) {
        auto& labels = recogniser.model_infos[0].labels;
        labels[0] = "\x1b[31;5mred\xff\xfe";
        labels[1] = "你好你好你好你好你好";
        labels[2] = std::string("\xe2\x80\xae") + "reversed e\xcc\x81\xcc\x81";
        labels[3] = "\r\n\v\f\b\t";
        recogniser.notice_text =
            "\x1b\\\x9b"
            "2J\x90q";
      }};
  PtyMonitor monitor(setup);
  Mirror mirror(setup);
  for (int frame = 0; frame < 60; ++frame) {
    ASSERT_TRUE(monitor.frame());
    mirror.frame();
  }
  expect_same(monitor, mirror, Colours::kMany);
  EXPECT_EQ(monitor.sent().find("owned\x07"), std::string::npos);
  EXPECT_EQ(monitor.sent().find("\x1b[31;5m"), std::string::npos);
  EXPECT_TRUE(monitor.screen().on_alternate_screen());
}

TEST(Terminal, DumbOnesGetLines) {
  PtyMonitor monitor({.term = "dumb"});
  for (int frame = 0; frame < 60; ++frame) ASSERT_TRUE(monitor.frame());
  EXPECT_EQ(monitor.sent().find('\x1b'), std::string::npos);
  EXPECT_NE(monitor.sent().find("listening"), std::string::npos);
  EXPECT_NE(monitor.sent().find("down"), std::string::npos);
  EXPECT_FALSE(monitor.signal(SIGTERM));
  EXPECT_EQ(monitor.wait_for_end(), 0);
}

TEST(Terminal, UnknownOnesGetLines) {
  PtyMonitor monitor({.term = "no-such-terminal"});
  for (int frame = 0; frame < 20; ++frame) ASSERT_TRUE(monitor.frame());
  EXPECT_EQ(monitor.sent().find('\x1b'), std::string::npos);
  EXPECT_NE(monitor.sent().find("listening"), std::string::npos);
}

}  // namespace
}  // namespace kws::tui
