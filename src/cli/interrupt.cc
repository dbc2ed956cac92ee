// SPDX-License-Identifier: MIT
#include "cli/interrupt.h"

namespace kws::cli {
namespace {

volatile std::sig_atomic_t asked = 0;

void remember(int /*signal*/) { asked = 1; }

}  // namespace

Interrupt::Interrupt() {
  asked = 0;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    struct sigaction action {};
    action.sa_handler = kSignals[i] == SIGPIPE ? SIG_IGN : remember;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(kSignals[i], &action, &before_[i]);
    // Whoever started us with a signal ignored (nohup) wants it ignored.
    if (before_[i].sa_handler == SIG_IGN) ::sigaction(kSignals[i], &before_[i], nullptr);
  }
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &before_[i], nullptr);
  }
}

bool Interrupt::requested() const noexcept { return asked != 0; }

}  // namespace kws::cli
