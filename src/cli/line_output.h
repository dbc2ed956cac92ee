// SPDX-License-Identifier: MIT
//
// Standard output for programs that read along: every line leaves at once.
#pragma once

#include <string_view>

namespace kws::cli {

class LineOutput {
 public:
  /// Does nothing once closed(). Throws Error when writing fails for any other reason than that
  /// nobody reads any more.
  void write(std::string_view line);

  /// The reader has gone (`kws listen | head -1`): nothing left to do, and no error.
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  bool closed_ = false;
};

}  // namespace kws::cli
