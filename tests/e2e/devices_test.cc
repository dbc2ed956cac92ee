// SPDX-License-Identifier: MIT
//
// `kws devices` as a person runs it, with a microphone that is a FIFO and with none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "support/fifo_microphone.h"
#include "support/scratch_folder.h"

namespace kws {
namespace {

using kws::testing::FifoMicrophone;
using ::testing::HasSubstr;

struct Outcome {
  int exit_code = -1;
  std::string output;
};

/// Runs `kws` with `arguments`; `streams` says which of its outputs come back ("2>/dev/null" or
/// so).
Outcome run(const std::string& home, const std::string& arguments, const std::string& streams) {
  const std::string command = "HOME='" + home + "' '" KWS_PROGRAM "' " + arguments + " " + streams;
  Outcome outcome;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  char part[512];
  while (std::fgets(part, sizeof part, pipe) != nullptr) outcome.output += part;
  outcome.exit_code = WEXITSTATUS(::pclose(pipe));
  return outcome;
}

TEST(Devices, AreATableAndNothingElse) {
  if (!FifoMicrophone::available()) GTEST_SKIP() << "ALSA is not installed";
  const FifoMicrophone microphone;
  const auto table = run(microphone.home(), "devices", "2>/dev/null");
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_THAT(table.output, HasSubstr("native rate"));
  EXPECT_THAT(table.output, HasSubstr(FifoMicrophone::kName));
  EXPECT_THAT(table.output, ::testing::ContainsRegex("\\* [0-9]+  default"));
  EXPECT_EQ(run(microphone.home(), "devices", "2>&1 >/dev/null").output, "") << "no noise";
}

TEST(Devices, AreJsonOnRequest) {
  if (!FifoMicrophone::available()) GTEST_SKIP() << "ALSA is not installed";
  const FifoMicrophone microphone;
  const auto json = run(microphone.home(), "devices --json", "2>/dev/null");
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_EQ(json.output.substr(0, 2), "[\n");
  EXPECT_THAT(json.output, HasSubstr("\"name\": \"" + std::string(FifoMicrophone::kName) + "\""));
  EXPECT_THAT(json.output, HasSubstr("\"native_rate_hz\": null"));
  EXPECT_THAT(json.output, HasSubstr("\"default\": true"));
}

TEST(Devices, NoneIsOneClearMessageAndExitCodeOne) {
  const kws::testing::ScratchFolder no_settings;
  const auto json = run(no_settings.path(), "devices --json", "2>/dev/null");
  if (json.exit_code == 0) GTEST_SKIP() << "this machine has a microphone";
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_EQ(json.output, "[]\n");
  const auto message = run(no_settings.path(), "devices", "2>&1");
  EXPECT_EQ(message.exit_code, 1);
  EXPECT_EQ(message.output.substr(0, 20), "kws: no microphone: ");
  EXPECT_EQ(message.output.find('\n'), message.output.size() - 1) << "one line";
}

}  // namespace
}  // namespace kws
