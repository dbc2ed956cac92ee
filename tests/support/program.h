// SPDX-License-Identifier: MIT
//
// A program that is talked to while it runs; run_command() (command.h) is for those that end by
// themselves.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/scratch_folder.h"

namespace kws::testing {

class Program {
 public:
  /// Starts it with `environment` over this process's own. Throws std::runtime_error.
  explicit Program(const std::vector<std::string>& arguments,
                   const std::map<std::string, std::string>& environment = {});
  /// Kills it if it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Writes all of it to standard input; false when nobody reads any more.
  bool write(std::string_view bytes);
  void close_input();

  /// The next line of standard output, without its end; nothing when there are no more.
  [[nodiscard]] std::optional<std::string> read_line();
  /// Whoever reads has gone.
  void close_output();

  void signal(int number);
  /// Waits for its end: the exit code, or 128 + the signal's number.
  [[nodiscard]] int wait();
  /// Standard error so far.
  [[nodiscard]] std::string err() const;

 private:
  ScratchFolder folder_;
  pid_t child_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string pending_;
};

}  // namespace kws::testing
