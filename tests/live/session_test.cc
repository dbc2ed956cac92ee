// SPDX-License-Identifier: MIT
//
// The whole of live recognition without a device: the same sound gives the same events from a file,
// a pipe in any pieces, and by the clock; models are switched, sound pauses, devices go.
#include "live/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "live/onlooker.h"
#include "live/small_model.h"
#include "sound/sound_file.h"
#include "support/scratch_folder.h"

namespace kws::live {
namespace {

using ::testing::HasSubstr;
using testing::HeardDetection;
using testing::HeardPosteriors;
using testing::Onlooker;
using testing::ScratchFolder;
using testing::small_pack;
using testing::SmallModel;
using testing::tones;

class SessionTest : public ::testing::Test {
 protected:
  std::filesystem::path model(const SmallModel& wanted) {
    const auto path = scratch_ / (wanted.name + ".kws");
    pack::save(small_pack(wanted), path);
    return path;
  }
  Input recording(std::span<const float> samples) {
    const auto path = scratch_ / "sound.wav";
    sound::write_recording(path, samples, Hertz{16000.0});
    Input input;
    input.kind = Input::Kind::kFile;
    input.name = path.string();
    return input;
  }
  SessionOptions options() {
    SessionOptions options;
    options.models = {model({})};
    options.wait_for_reader = true;
    return options;
  }

  ScratchFolder scratch_;
};

/// Looks on until the end.
struct Seen {
  std::vector<HeardPosteriors> posteriors;
  std::vector<HeardDetection> detections;
  std::uint64_t missed = 0;
  State state;
};

Seen look_on(Session& session) {
  Onlooker onlooker(session.telemetry());
  for (bool last = false; !last;) {
    last = session.finished();
    onlooker.look();
    session.seen(onlooker.posteriors_position(), onlooker.detections_position());
    std::this_thread::yield();
  }
  session.telemetry().state.refresh();
  return {onlooker.posteriors, onlooker.detections, onlooker.missed(),
          session.telemetry().state.front()};
}

Seen run(const SessionOptions& options, const Input& input) {
  Session session(options, input);
  auto seen = look_on(session);
  session.rethrow();
  return seen;
}

/// What a bare lane hears in it.
std::vector<HeardPosteriors> expected_posteriors(const pack::ModelPack& pack,
                                                 std::span<const float> samples) {
  lane::Lane lane(pack);
  lane.start_at(0);
  std::vector<HeardPosteriors> expected;
  while (!samples.empty()) {
    std::optional<lane::Hop> hop;
    samples = samples.subspan(lane.feed(samples, hop));
    if (hop && !hop->posteriors.empty()) {
      expected.push_back({hop->end, 0, {hop->posteriors.begin(), hop->posteriors.end()}});
    }
  }
  return expected;
}

/// Writes s16le into a pipe in pieces of any size, then closes it.
class Feeder {
 public:
  Feeder(std::span<const float> samples, std::size_t piece) {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error("no pipe");
    for (const float sample : samples) {
      const auto value = static_cast<std::int16_t>(std::lround(32768.0F * sample));
      bytes_.push_back(static_cast<char>(value & 0xFF));
      bytes_.push_back(static_cast<char>((value >> 8) & 0xFF));
    }
    thread_ = std::thread([this, piece] {
      for (std::size_t at = 0; at < bytes_.size();) {
        const auto got = ::write(ends_[1], bytes_.data() + at, std::min(piece, bytes_.size() - at));
        if (got <= 0) break;
        at += static_cast<std::size_t>(got);
      }
      ::close(ends_[1]);
    });
  }
  ~Feeder() {
    thread_.join();
    ::close(ends_[0]);
  }
  [[nodiscard]] Input input() const {
    Input input;
    input.kind = Input::Kind::kPipe;
    input.descriptor = ends_[0];
    return input;
  }

 private:
  std::array<int, 2> ends_{};
  std::vector<char> bytes_;
  std::thread thread_;
};

TEST_F(SessionTest, HearsTheSameInAFileAndInAPipeOfAnyPieces) {
  const auto samples = tones(16'000 * 30);
  const auto file = run(options(), recording(samples));
  EXPECT_EQ(file.posteriors, expected_posteriors(small_pack(), samples));
  ASSERT_GE(file.detections.size(), 10U);
  EXPECT_EQ(file.missed, 0U);
  EXPECT_EQ(file.state.hops, 1'499U);
  EXPECT_EQ(file.state.detections, file.detections.size());
  EXPECT_TRUE(file.state.source_ended);
  EXPECT_FALSE(file.state.source_lost);
  EXPECT_EQ(file.state.overruns, 0U);
  EXPECT_EQ(file.state.dropped_hops, 0U);
  EXPECT_GT(file.state.resident_bytes, 1U << 20U);
  EXPECT_EQ(file.state.clocks[static_cast<std::size_t>(Stage::kEndToEnd)].count, 0U);
  for (const std::size_t piece : {1U, 7U, 640U, 100'000U}) {
    const auto length = piece == 1 ? std::size_t{32'000} : samples.size();
    const Feeder feeder(std::span<const float>(samples).first(length), piece);
    const auto pipe = run(options(), feeder.input());
    const auto heard = std::min(pipe.posteriors.size(), file.posteriors.size());
    EXPECT_EQ(pipe.posteriors.size(), (length - 640) / 320 + 1 - 23);
    EXPECT_TRUE(std::equal(pipe.posteriors.begin(), pipe.posteriors.end(), file.posteriors.begin(),
                           file.posteriors.begin() + static_cast<std::ptrdiff_t>(heard)))
        << "pieces of " << piece;
    if (length == samples.size()) {
      EXPECT_EQ(pipe.detections, file.detections);
    }
  }
}

TEST_F(SessionTest, HearsTheSameByTheClock) {
  const auto samples = tones(16'000);
  auto input = recording(samples);
  const auto fast = run(options(), input);
  input.realtime = true;
  const auto paced = run(options(), input);
  EXPECT_EQ(paced.posteriors, fast.posteriors);
  EXPECT_EQ(paced.detections, fast.detections);
  EXPECT_EQ(paced.state.overruns, 0U);
  // Every hop has been captured at a time.
  EXPECT_EQ(paced.state.clocks[static_cast<std::size_t>(Stage::kEndToEnd)].count, 49U);
  EXPECT_EQ(paced.state.clocks[static_cast<std::size_t>(Stage::kCapture)].count, 49U);
}

// Far more posteriors than the ring holds, and a reader who is slow.
TEST_F(SessionTest, WaitsForAReaderWhoMustMissNothing) {
  const auto samples = tones(16'000 * 60);
  Session session(options(), recording(samples));
  Onlooker onlooker(session.telemetry());
  std::uint64_t looks = 0;
  for (bool last = false; !last;) {
    last = session.finished();
    if (++looks % 64 == 0 || last) onlooker.look();
    session.seen(onlooker.posteriors_position(), onlooker.detections_position());
    std::this_thread::yield();
  }
  EXPECT_EQ(onlooker.posteriors.size(), 2'999U - 23U);
  EXPECT_EQ(onlooker.missed(), 0U);
}

TEST_F(SessionTest, SwitchesBetweenModelsOfDifferentFrontEndsWithoutLosingAHop) {
  const SmallModel a{.name = "a"};
  const SmallModel b{.name = "b",
                     .kind = features::Kind::kLogMel,
                     .frame_ms = 25.0,
                     .hop_ms = 10.0,
                     .frames = 49,
                     .seed = 9};
  const auto samples = tones(16'000 * 60, 6);
  auto two = options();
  two.models = {model(a), model(b)};
  Session session(two, recording(samples));
  ASSERT_EQ(session.models().size(), 2U);
  EXPECT_EQ(session.models()[1].features, "logmel 16, 25/10 ms, 20-4000 Hz");

  Onlooker onlooker(session.telemetry());
  std::size_t wanted = 1;
  std::uint32_t generation = 0;
  std::uint64_t next_switch = 100;  // at this hop
  for (bool last = false; !last;) {
    last = session.finished();
    onlooker.look();
    session.seen(onlooker.posteriors_position(), onlooker.detections_position());
    session.telemetry().state.refresh();
    const auto& state = session.telemetry().state.front();
    if (state.hops >= next_switch && generation == state.generation && generation < 6) {
      session.switch_to(wanted);
      next_switch = state.hops + 100;
      wanted = 1 - wanted;
      ++generation;
    }
    std::this_thread::yield();
  }
  session.telemetry().state.refresh();
  const auto& state = session.telemetry().state.front();
  EXPECT_EQ(state.generation, 6U);
  EXPECT_EQ(state.dropped_hops, 0U);
  EXPECT_EQ(session.notice(), "");

  // Each stretch is what its model says alone; from one to the next no hop is missing.
  const std::array expected{expected_posteriors(small_pack(a), samples),
                            expected_posteriors(small_pack(b), samples)};
  std::uint64_t end = 0;
  std::uint32_t swaps = 0;
  std::optional<std::uint32_t> lane;
  for (const auto& heard : onlooker.posteriors) {
    const auto& all = expected[heard.lane];
    // The first hop of this model behind the last one that was heard.
    const auto next =
        std::upper_bound(all.begin(), all.end(), end,
                         [](std::uint64_t at, const HeardPosteriors& hop) { return at < hop.end; });
    ASSERT_NE(next, all.end());
    ASSERT_EQ(heard.end, next->end);
    ASSERT_EQ(heard.values, next->values);
    if (lane && *lane != heard.lane) ++swaps;
    lane = heard.lane;
    end = heard.end;
  }
  EXPECT_EQ(swaps, 6U);
  EXPECT_EQ(end, samples.size());
}

TEST_F(SessionTest, StaysWithItsModelWhenTheOtherCannotBeLoaded) {
  auto two = options();
  two.models = {model({.name = "a"}), model({.name = "b"})};
  const auto samples = tones(16'000 * 5);
  auto input = recording(samples);
  input.loops = true;
  Session session(two, input);
  std::ofstream(two.models[1], std::ios::trunc) << "no model any more";
  session.switch_to(1);
  while (session.notice().empty()) {
    session.seen(UINT64_MAX, UINT64_MAX);
    std::this_thread::yield();
  }
  EXPECT_THAT(session.notice(), HasSubstr("b.kws"));
  session.stop();
  const auto seen = look_on(session);
  EXPECT_EQ(seen.state.lane, 0U);
  EXPECT_EQ(seen.state.generation, 0U);
}

TEST_F(SessionTest, KeepsTheThresholdsThatWereSet) {
  auto two = options();
  two.models = {model({.name = "a"}), model({.name = "b"})};
  auto input = recording(tones(16'000 * 5));
  input.loops = true;
  Session session(two, input);
  session.seen(UINT64_MAX, UINT64_MAX);
  session.shift_thresholds(0.25F);
  const auto wait_for_generation = [&](std::uint32_t generation) {
    do {
      std::this_thread::yield();
      session.telemetry().state.refresh();
    } while (session.telemetry().state.front().generation != generation);
    return session.telemetry().state.front().thresholds[0];
  };
  session.switch_to(1);
  EXPECT_NEAR(wait_for_generation(1), 0.3F, 1e-6F);
  session.switch_to(0);
  EXPECT_NEAR(wait_for_generation(2), 0.55F, 1e-6F);
}

TEST_F(SessionTest, PausesAFileWhereItIs) {
  auto input = recording(tones(16'000 * 20));
  Session session(options(), input);
  session.set_paused(true);
  Onlooker onlooker(session.telemetry());
  State state;
  do {
    std::this_thread::yield();
    onlooker.look();
    session.seen(onlooker.posteriors_position(), onlooker.detections_position());
    session.telemetry().state.refresh();
    state = session.telemetry().state.front();
  } while (!state.paused);
  session.set_paused(false);
  for (bool last = false; !last;) {
    last = session.finished();
    onlooker.look();
    session.seen(onlooker.posteriors_position(), onlooker.detections_position());
    std::this_thread::yield();
  }
  EXPECT_EQ(onlooker.posteriors, expected_posteriors(small_pack(), tones(16'000 * 20)));
}

TEST_F(SessionTest, AppliesThresholdAndPreset) {
  auto changed = options();
  changed.threshold = 0.9;
  const auto input = recording(tones(16'000));
  EXPECT_FLOAT_EQ(run(changed, input).state.thresholds[0], 0.9F);
  changed.preset = "tensorflow";
  changed.threshold.reset();
  EXPECT_FLOAT_EQ(run(changed, input).state.thresholds[0],
                  static_cast<float>(decide::preset("tensorflow").threshold));
}

TEST_F(SessionTest, RefusesWhatCannotBe) {
  const auto input = recording(tones(16'000));
  EXPECT_THROW(Session(SessionOptions{}, input), UsageError);

  auto absent = options();
  absent.models = {scratch_ / "absent.kws"};
  EXPECT_ANY_THROW(Session(absent, input));

  auto mixed = options();
  mixed.models = {model({.name = "a"}), model({.name = "b", .sample_rate_hz = 8000})};
  try {
    const Session session(mixed, input);
    FAIL() << "models of two sample rates";
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("b.kws"));
    EXPECT_THAT(error.what(), HasSubstr("8000 Hz"));
  }

  auto no_file = input;
  no_file.name = (scratch_ / "absent.wav").string();
  EXPECT_THROW(Session(options(), no_file), DataError);
}

/// A device that gives a second of sound and then goes.
class DyingDevice final : public Source {
 public:
  void wait(std::size_t /*wanted*/) noexcept override { std::this_thread::yield(); }
  Block read() noexcept override {
    Block block;
    if (given_ < sound_.size()) {
      block.samples = std::span<const float>(sound_).subspan(given_, 160);
      block.captured = std::chrono::steady_clock::now();
      if (given_ == 8'000) {
        block.overrun = true;
        block.lost_samples = 320;
        block.lost_device_samples = 960;
      }
      given_ += 160;
      if (given_ == sound_.size()) gone_.store(true);
    }
    return block;
  }
  double fill() const noexcept override { return 0.5; }
  bool paced() const noexcept override { return true; }
  bool runs_while_paused() const noexcept override { return true; }
  void set_paused(bool /*paused*/) noexcept override {}
  bool alive() const override { return !gone_.load(); }
  std::string name() const override { return "mic Dying (48 kHz)"; }

 private:
  std::vector<float> sound_ = tones(16'000);
  std::size_t given_ = 0;
  std::atomic<bool> gone_{false};
};

TEST_F(SessionTest, EndsWhenTheDeviceIsGone) {
  Session session(options(), [](Hertz) { return std::make_unique<DyingDevice>(); });
  const auto seen = look_on(session);
  EXPECT_TRUE(seen.state.source_lost);
  EXPECT_FALSE(seen.state.source_ended);
  EXPECT_EQ(seen.state.overruns, 1U);
  EXPECT_EQ(seen.state.dropped_samples, 960U);
  // 8,000 is the end of a hop; those up to 8,320 + 640 - 1 are missing.
  EXPECT_EQ(seen.state.dropped_hops, 2U);
  EXPECT_EQ(seen.state.position, 16'320U);
  EXPECT_EQ(seen.state.ring_fill, 0.5);
  try {
    session.rethrow();
    FAIL() << "the device is gone";
  } catch (const DeviceError& error) {
    EXPECT_THAT(error.what(), HasSubstr("mic Dying"));
  }
}

TEST_F(SessionTest, StopsAtOnceWhateverItWaitsFor) {
  std::array<int, 2> silent{};
  ASSERT_EQ(::pipe(silent.data()), 0);
  {
    Input input;
    input.kind = Input::Kind::kPipe;
    input.descriptor = silent[0];
    Session session(options(), input);
    session.stop();
    EXPECT_EQ(look_on(session).state.hops, 0U);
  }
  ::close(silent[0]);
  ::close(silent[1]);
}

}  // namespace
}  // namespace kws::live
