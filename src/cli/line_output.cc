// SPDX-License-Identifier: MIT
#include "cli/line_output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/error.h"

namespace kws::cli {

void LineOutput::write(std::string_view line) {
  if (closed_) return;
  const bool written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
                       std::fputc('\n', stdout) != EOF && std::fflush(stdout) == 0;
  if (written) return;
  if (errno != EPIPE) {
    throw Error(std::string("cannot write to standard output: ") + std::strerror(errno));
  }
  closed_ = true;
  std::clearerr(stdout);
}

}  // namespace kws::cli
