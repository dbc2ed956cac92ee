// SPDX-License-Identifier: MIT
//
// `kws listen` as people and programs run it: the same sound gives the same detections from a file,
// from a pipe, by the clock and through the real PortAudio (a FIFO as the microphone), and whatever
// goes wrong is one clear message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "live/small_model.h"
#include "sound/sound_file.h"
#include "support/command.h"
#include "support/fifo_microphone.h"
#include "support/program.h"

namespace kws {
namespace {

using ::testing::ContainsRegex;
using testing::FifoMicrophone;
using ::testing::HasSubstr;
using testing::Program;
using testing::run_command;
using testing::ScratchFolder;
using testing::small_pack;
using testing::tones;

/// A model and a recording.
struct Listening {
  std::filesystem::path model;
  std::filesystem::path sound;
};

/// A network that nobody trained, with thresholds so low that it speaks, and 12 s of tones.
Listening untrained(const ScratchFolder& scratch) {
  const Listening listening{scratch / "small.kws", scratch / "sound.wav"};
  pack::save(small_pack(), listening.model);
  sound::write_recording(listening.sound, tones(12 * 16'000), Hertz{16'000.0});
  return listening;
}

/// What comes with the program, if it is there yet.
std::optional<Listening> shipped() {
  const std::filesystem::path sources = KWS_SOURCE_DIR;
  Listening listening{sources / "models/ds-cnn-s.kws", sources / "models/demo/demo.flac"};
  if (!std::filesystem::exists(listening.model) || !std::filesystem::exists(listening.sound)) {
    return std::nullopt;
  }
  return listening;
}

struct Heard {
  std::vector<std::string> detections;  // lines of JSON, without the latency
  std::string summary;
};

double seconds_in(const std::string& line, const std::string& key) {
  const auto at = line.find("\"" + key + "\":");
  if (at == std::string::npos) return std::nan("");
  return std::stod(line.substr(at + key.size() + 3));
}

void keep(const std::string& line, Heard& heard) {
  if (line.find("\"event\":\"detection\"") != std::string::npos) {
    heard.detections.push_back(std::regex_replace(line, std::regex("\"latency_ms\":[^,]*,"), ""));
  } else if (line.find("\"event\":\"summary\"") != std::string::npos) {
    heard.summary = line;
  }
}

/// `sound` (empty: nothing) goes to standard input.
Heard listen(const std::vector<std::string>& arguments, std::string_view sound = {}) {
  std::vector<std::string> command{KWS_PROGRAM, "listen", "--json"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Program program(command);
  Heard heard;
  // Detections are few: they fit into the pipe while we still write.
  EXPECT_TRUE(program.write(sound));
  program.close_input();
  while (const auto line = program.read_line()) keep(*line, heard);
  EXPECT_EQ(program.wait(), 0) << program.err();
  EXPECT_EQ(program.err(), "");
  return heard;
}

std::vector<std::int16_t> pcm_of(const std::filesystem::path& path, Hertz rate = {16'000.0}) {
  const auto recording = sound::read_recording(path, rate);
  std::vector<std::int16_t> pcm(recording.samples.size());
  std::transform(recording.samples.begin(), recording.samples.end(), pcm.begin(), [](float sample) {
    return static_cast<std::int16_t>(std::lround(32768.0F * sample));
  });
  return pcm;
}

std::string_view bytes_of(const std::vector<std::int16_t>& pcm) {
  return {reinterpret_cast<const char*>(pcm.data()), 2 * pcm.size()};
}

/// Through PortAudio. The posteriors tell how far it has heard.
Heard listen_to_microphone(const Listening& listening, Hertz rate, double speed) {
  const auto pcm = pcm_of(listening.sound, rate);
  const double length_s = static_cast<double>(pcm.size()) / rate.value;
  FifoMicrophone microphone;
  microphone.play(pcm, rate.value, speed);
  Program program({KWS_PROGRAM, "listen", "--json", "--posteriors", "--input",
                   std::string("mic:") + FifoMicrophone::kName, "--model", listening.model.string(),
                   "--rate", std::to_string(rate.value)},
                  {{"HOME", microphone.home().string()}});
  Heard heard;
  bool asked = false;
  while (const auto line = program.read_line()) {
    keep(*line, heard);
    if (!asked && line->find("\"event\":\"posteriors\"") != std::string::npos &&
        seconds_in(*line, "time_s") >= length_s + 1.0) {
      asked = true;
      program.signal(SIGINT);
    }
  }
  EXPECT_EQ(program.wait(), 0) << program.err();
  EXPECT_EQ(program.err(), "");
  // The silence behind the sound is not in the file.
  std::erase_if(heard.detections,
                [&](const auto& line) { return seconds_in(line, "time_s") > length_s; });
  return heard;
}

/// How many times faster than sound comes a recogniser must keep up with: with a sanitizer it is
/// slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kFastest = 2.0;
#else
constexpr double kFastest = 20.0;
#endif

void expect_the_same_everywhere(const Listening& listening, Hertz rate,
                                const std::vector<double>& speeds) {
  const std::string model = listening.model.string();
  const auto from_file = listen({"--input", listening.sound.string(), "--model", model});
  ASSERT_GE(from_file.detections.size(), 3U);
  EXPECT_THAT(from_file.summary, HasSubstr("\"dropped_hops\":0,\"overruns\":0}"));
  EXPECT_THAT(from_file.summary,
              HasSubstr("\"detections\":" + std::to_string(from_file.detections.size()) + ","));

  const auto by_windows =
      listen({"--input", listening.sound.string(), "--model", model, "--window"});
  EXPECT_EQ(by_windows.detections, from_file.detections);
  EXPECT_EQ(by_windows.summary, from_file.summary);

  const auto pcm = pcm_of(listening.sound, rate);
  const auto from_pipe = listen(
      {"--input", "-", "--model", model, "--rate", std::to_string(rate.value)}, bytes_of(pcm));
  EXPECT_EQ(from_pipe.detections, from_file.detections);
  EXPECT_EQ(from_pipe.summary, from_file.summary);

  if (!FifoMicrophone::available()) GTEST_SKIP() << "ALSA is not installed";
  for (const double speed : speeds) {
    const auto from_microphone = listen_to_microphone(listening, rate, speed);
    EXPECT_EQ(from_microphone.detections, from_file.detections) << speed << " times real time";
    EXPECT_THAT(from_microphone.summary, HasSubstr("\"dropped_hops\":0,\"overruns\":0}"));
  }
}

TEST(Listen, HearsTheSameFromFilePipeAndMicrophone) {
  const ScratchFolder scratch;
  expect_the_same_everywhere(untrained(scratch), Hertz{16'000.0}, {kFastest, 1.0});
}

// Every source converts the rate in its own thread and in blocks of its own size. The FIFO wants a
// rate whose blocks of 10 ms divide its pieces.
TEST(Listen, HearsTheSameAtARateThatIsNotTheModels) {
  const ScratchFolder scratch;
  auto listening = untrained(scratch);
  listening.sound = scratch / "sound-32k.wav";
  sound::write_recording(listening.sound, tones(15 * 32'000), Hertz{32'000.0});
  expect_the_same_everywhere(listening, Hertz{32'000.0}, {kFastest / 2.0});
}

TEST(Listen, HearsTheDemoTheSameFromFilePipeAndMicrophone) {
  const auto listening = shipped();
  if (!listening) GTEST_SKIP() << "no model and demo recording in the sources yet";
  expect_the_same_everywhere(*listening, Hertz{16'000.0}, {kFastest, 1.0});
}

TEST(Listen, HearsTheSameByTheClock) {
  const ScratchFolder scratch;
  const auto model = untrained(scratch).model.string();
  const auto sound = (scratch / "short.wav").string();
  sound::write_recording(sound, tones(3 * 16'000), Hertz{16'000.0});
  const auto fast = listen({"--input", sound, "--model", model});
  const auto paced = listen({"--input", sound, "--model", model, "--realtime"});
  ASSERT_FALSE(fast.detections.empty());
  EXPECT_EQ(paced.detections, fast.detections);
  EXPECT_EQ(paced.summary, fast.summary);
}

TEST(Listen, PrintsEventsInTheirDocumentedShape) {
  const ScratchFolder scratch;
  const auto listening = untrained(scratch);
  const auto result = run_command({KWS_PROGRAM, "listen", "--json", "--posteriors", "--input",
                                   listening.sound.string(), "--model", listening.model.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  // N stands for a number.
  const auto shape = [](const std::string& pattern) {
    return std::regex(std::regex_replace(pattern, std::regex("N"), "-?[0-9.e+-]+"));
  };
  const auto detection =
      shape(R"re(\{"event":"detection","keyword":"(yes|no|up)","score":N,"start_s":N,"end_s":N,)re"
            R"re("time_s":N,"latency_ms":N,"model":"small"\})re");
  const auto posteriors = shape(R"re(\{"event":"posteriors","time_s":N,"model":"small",)re"
                                R"re("posteriors":\{"yes":N,"no":N,"up":N,"_unknown_":N\}\})re");
  const auto summary = shape(R"re(\{"event":"summary","audio_s":12\.0,"hops":599,"detections":N,)re"
                             R"re("dropped_hops":0,"overruns":0\})re");
  int detections = 0;
  int hops = 0;
  int summaries = 0;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(summaries, 0) << "the summary comes last";
    if (std::regex_match(line, detection)) {
      ++detections;
      EXPECT_LT(seconds_in(line, "start_s"), seconds_in(line, "end_s"));
      EXPECT_LE(seconds_in(line, "end_s"), seconds_in(line, "time_s"));
    } else if (std::regex_match(line, posteriors)) {
      ++hops;
    } else if (std::regex_match(line, summary)) {
      ++summaries;
    } else {
      ADD_FAILURE() << line;
    }
  }
  EXPECT_GE(detections, 3);
  EXPECT_EQ(hops, 599 - 23) << "none is missed: the file waits for its reader";
  EXPECT_EQ(summaries, 1);
}

TEST(Listen, SpeaksToPeopleToo) {
  const ScratchFolder scratch;
  const auto listening = untrained(scratch);
  const auto result = run_command({KWS_PROGRAM, "listen", "--input", listening.sound.string(),
                                   "--model", listening.model.string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("[0-9.]+ s  (yes|no|up) +[0-9]+ %"));
  EXPECT_THAT(result.out, HasSubstr("12.000 s heard, 599 hops"));
}

TEST(Listen, EndsInOrderWhenAsked) {
  const ScratchFolder scratch;
  const auto listening = untrained(scratch);
  for (const int signal : {SIGINT, SIGTERM}) {
    Program program({KWS_PROGRAM, "listen", "--json", "--posteriors", "--input", "-", "--model",
                     listening.model.string()});
    const auto pcm = pcm_of(listening.sound);
    ASSERT_TRUE(program.write(bytes_of(pcm).substr(0, 64'000)));
    ASSERT_TRUE(program.read_line());
    program.signal(signal);  // while it waits for more
    std::string last;
    while (const auto line = program.read_line()) last = *line;
    EXPECT_THAT(last, HasSubstr("\"event\":\"summary\""));
    EXPECT_EQ(program.wait(), 0);
    EXPECT_EQ(program.err(), "");
  }
}

TEST(Listen, EndsQuietlyWhenNobodyReads) {
  const ScratchFolder scratch;
  const auto listening = untrained(scratch);
  Program program({KWS_PROGRAM, "listen", "--posteriors", "--realtime", "--input",
                   listening.sound.string(), "--model", listening.model.string()});
  ASSERT_TRUE(program.read_line());
  program.close_output();
  EXPECT_EQ(program.wait(), 0);
  EXPECT_EQ(program.err(), "");
}

TEST(Listen, SaysWhenItCannotWrite) {
  const ScratchFolder scratch;
  const auto listening = untrained(scratch);
  const auto result = run_command({"/bin/sh", "-c",
                                   std::string("'") + KWS_PROGRAM + "' listen --input '" +
                                       listening.sound.string() + "' --model '" +
                                       listening.model.string() + "' > /dev/full"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("kws: cannot write to standard output"));
}

TEST(Listen, SaysWhenTheMicrophoneIsGone) {
  if (!FifoMicrophone::available()) GTEST_SKIP() << "ALSA is not installed";
  const ScratchFolder scratch;
  const auto listening = untrained(scratch);
  FifoMicrophone microphone;
  microphone.play(pcm_of(listening.sound), 16'000.0, 1.0);
  Program program({KWS_PROGRAM, "listen", "--json", "--posteriors", "--input", "mic", "--model",
                   listening.model.string()},
                  {{"HOME", microphone.home().string()}});
  ASSERT_TRUE(program.read_line());
  microphone.stop();  // nothing comes any more
  std::string last;
  while (const auto line = program.read_line()) last = *line;
  EXPECT_THAT(last, HasSubstr("\"event\":\"summary\""));
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.err(), HasSubstr("kws: the device is gone: mic "));
}

struct BadCommand {
  std::vector<std::string> arguments;
  int exit_code;
  std::string message;
};

TEST(Listen, AnswersMistakesWithOneClearMessage) {
  const ScratchFolder scratch;
  const auto listening = untrained(scratch);
  const auto sound = listening.sound.string();
  const auto model = listening.model.string();
  const auto empty = (scratch / "empty.wav").string();
  std::ofstream(empty).close();
  const auto torn = (scratch / "torn.kws").string();
  std::filesystem::copy_file(listening.model, torn);
  std::filesystem::resize_file(torn, 1000);
  const std::vector<BadCommand> mistakes{
      {{"--input", (scratch / "absent.wav").string(), "--model", model}, 1, "absent.wav"},
      {{"--input", empty, "--model", model}, 1, "empty.wav"},
      {{"--input", scratch.path().string(), "--model", model}, 1, scratch.path().string()},
      {{"--input", sound, "--model", (scratch / "absent.kws").string()}, 1, "absent.kws"},
      {{"--input", sound, "--model", torn}, 1, "torn.kws"},
      {{"--input", sound, "--model", sound}, 1, "sound.wav"},
      {{"--input", "", "--model", model}, 2, "--input is empty"},
      {{"--input", sound, "--model", model, "--rate", "8000"}, 2, "--rate"},
      {{"--input", "-", "--model", model, "--rate", "5"}, 2, "--rate"},
      {{"--input", sound, "--model", model, "--threshold", "1.5"}, 2, "--threshold"},
      {{"--input", sound, "--model", model, "--preset", "tensorflw"}, 2, "--preset"},
      {{"--inptu", sound}, 2, "--inptu"},
  };
  for (const auto& [arguments, exit_code, message] : mistakes) {
    std::vector<std::string> command{KWS_PROGRAM, "listen"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto result = run_command(command);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }
}

TEST(Listen, SaysThatThereIsNoMicrophone) {
  const ScratchFolder scratch;  // also $HOME: no settings for ALSA
  const auto listening = untrained(scratch);
  Program program({KWS_PROGRAM, "listen", "--model", listening.model.string()},
                  {{"HOME", scratch.path().string()}});
  program.close_input();
  if (std::filesystem::exists("/dev/snd")) GTEST_SKIP() << "this machine may have one";
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.err(), HasSubstr("kws: "));
  EXPECT_THAT(program.err(), HasSubstr("microphone"));
}

TEST(Listen, TakesTheModelOfTheEnvironment) {
  const ScratchFolder scratch;
  const auto listening = untrained(scratch);
  Program program({KWS_PROGRAM, "listen", "--input", listening.sound.string()},
                  {{"KWS_MODEL", listening.model.string()}});
  std::string last;
  while (const auto line = program.read_line()) last = *line;
  EXPECT_THAT(last, HasSubstr("599 hops"));
  EXPECT_EQ(program.wait(), 0);
}

TEST(Listen, WarnsAboutATornPipe) {
  const ScratchFolder scratch;
  const auto listening = untrained(scratch);
  Program program({KWS_PROGRAM, "listen", "--input", "-", "--model", listening.model.string()});
  program.write(std::string(32'001, '\0'));
  program.close_input();
  while (program.read_line()) {
  }
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.err(), HasSubstr("middle of a sample"));
}

}  // namespace
}  // namespace kws
