// SPDX-License-Identifier: MIT
//
// `kws train` from outside: killed at any time it goes on to the same bytes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "pack/model_pack.h"
#include "support/command.h"
#include "support/program.h"
#include "support/scratch_folder.h"

namespace kws {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::run_command;

constexpr auto kRecipe = R"(
name = "tiny"
labels = ["yes", "no", "_unknown_"]
[features]
kind = "logmel"
mels = 16
[network]
kind = "ds_cnn"
channels = 4
blocks = 1
[data]
shift_ms = 100
[train]
epochs = 40
batch = 4
ema = 0.9
checkpoint_every_steps = 1
)";

/// The training's log as a named pipe: it tells how far the program is, and holds it up before it
/// can finish, because a pipe of one page takes a dozen epochs.
class LogPipe {
 public:
  explicit LogPipe(const std::filesystem::path& path) : path_(path) {
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    fd_ = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(fd_, 0);
    EXPECT_GT(fcntl(fd_, F_SETPIPE_SZ, 4096), 0);
  }
  ~LogPipe() {
    close(fd_);
    unlink(path_.c_str());
  }
  LogPipe(const LogPipe&) = delete;
  LogPipe& operator=(const LogPipe&) = delete;

  /// Reads until `count` epochs are reported, or, for a negative count, to the end.
  void read_epochs(int count) {
    for (char letter = 0; count != 0;) {
      pollfd wait{.fd = fd_, .events = POLLIN, .revents = 0};
      poll(&wait, 1, -1);
      const auto got = read(fd_, &letter, 1);
      if (got == 0) return;
      if (got < 0) continue;
      line_ += letter;
      if (letter != '\n') continue;
      if (line_.find("\"event\":\"epoch\"") != std::string::npos && count > 0) --count;
      line_.clear();
    }
  }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  std::string line_;
};

class TrainCommand : public ::testing::Test {
 protected:
  void SetUp() override { write_file_atomically(folder_ / "tiny.toml", kRecipe); }

  [[nodiscard]] std::vector<std::string> command(const std::string& out,
                                                 std::vector<std::string> more = {}) const {
    std::vector<std::string> all{KWS_PROGRAM,
                                 "train",
                                 folder_ / "tiny.toml",
                                 "--data",
                                 std::string(KWS_TEST_DATA) + "/clips",
                                 "--out",
                                 folder_ / out,
                                 "--threads",
                                 "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] std::vector<std::byte> bytes(const std::string& out) const {
    return read_file(folder_ / out, 1 << 20);
  }

  testing::ScratchFolder folder_;
};

TEST_F(TrainCommand, KilledTwiceAndResumedItWritesTheSameBytes) {
  const auto whole = run_command(command("whole.kws"));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  for (const int epochs : {1, 2}) {
    LogPipe log(folder_ / "killed.jsonl");
    testing::Program program(command("killed.kws", {"--resume"}));
    log.read_epochs(epochs);
    program.signal(SIGKILL);
    EXPECT_EQ(program.wait(), 128 + SIGKILL);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "killed.kws"));
  }
  const auto resumed = run_command(command("killed.kws", {"--resume"}));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("going on after step"));
  EXPECT_EQ(bytes("killed.kws"), bytes("whole.kws"));
}

TEST_F(TrainCommand, InterruptedItSavesAndSaysHowToGoOn) {
  const auto whole = run_command(command("whole.kws"));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  {
    LogPipe log(folder_ / "stopped.jsonl");
    testing::Program program(command("stopped.kws"));
    log.read_epochs(1);
    program.signal(SIGINT);
    log.read_epochs(-1);
    EXPECT_EQ(program.wait(), 1);
    EXPECT_THAT(program.err(), AllOf(HasSubstr("saved"), HasSubstr("--resume")));
  }
  const auto refused = run_command(command("stopped.kws"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("--resume"), HasSubstr("--restart")));
  const auto resumed = run_command(command("stopped.kws", {"--resume"}));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(bytes("stopped.kws"), bytes("whole.kws"));
}

TEST_F(TrainCommand, TheLogOfAResumedTrainingIsThatOfAWholeOne) {
  ASSERT_EQ(run_command(command("whole.kws")).exit_code, 0);
  const auto log = read_text_file(folder_ / "whole.jsonl", 1 << 20);
  EXPECT_THAT(log, AllOf(HasSubstr("\"event\":\"start\""), HasSubstr("\"epoch\":40"),
                         HasSubstr("\"learning_rate\"")));
  {
    LogPipe pipe(folder_ / "killed.jsonl");
    testing::Program program(command("killed.kws"));
    pipe.read_epochs(3);
    program.signal(SIGKILL);
    (void)program.wait();
  }
  // As if it had been logged to a file, to its end and a line cut by the kill: what came after the
  // checkpoint is dropped and written again.
  write_file_atomically(folder_ / "killed.jsonl", log + "{\"event\":\"st");
  ASSERT_EQ(run_command(command("killed.kws", {"--resume"})).exit_code, 0);
  EXPECT_EQ(read_text_file(folder_ / "killed.jsonl", 1 << 20), log);
}

TEST_F(TrainCommand, OverridesAndThreadsAreTaken) {
  const auto result =
      run_command(command("m.kws", {"--set", "train.epochs=2", "--set", "name=mine"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("epoch 2/2"), HasSubstr("wrote")));
  EXPECT_EQ(pack::load(folder_ / "m.kws").name, "mine");
}

TEST_F(TrainCommand, ErrorsAreOneLineAndSayWhatToDo) {
  const auto expect = [&](std::vector<std::string> arguments, int code, const std::string& part) {
    const auto result = run_command(arguments);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(part));
    EXPECT_THAT(result.err, ::testing::Not(HasSubstr("reading the recordings")));
  };
  expect(command("m.kws", {"--set", "train.epoch=2"}), 2, "did you mean");
  expect(command("m.kws", {"--set", "train.epochs=many"}), 2, "epochs");
  expect(command("no/such/m.kws"), 1, "no/such");
  auto elsewhere = command("m.kws");
  elsewhere[4] = folder_ / "absent";
  expect(elsewhere, 1, "absent");
  auto no_recipe = command("m.kws");
  no_recipe[2] = folder_ / "absent.toml";
  expect(no_recipe, 1, "absent.toml");
  expect({KWS_PROGRAM, "train"}, 2, "recipe is required");
}

TEST_F(TrainCommand, HelpShowsExamples) {
  const auto help = run_command({KWS_PROGRAM, "train", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("--resume"), HasSubstr("Examples"), HasSubstr("--set")));
}

}  // namespace
}  // namespace kws
