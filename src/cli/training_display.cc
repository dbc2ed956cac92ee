// SPDX-License-Identifier: MIT
#include "cli/training_display.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "base/text.h"

namespace kws::cli {
namespace {

constexpr std::chrono::milliseconds kTerminalPause{100};
constexpr std::chrono::milliseconds kPlainPause{30'000};
constexpr int kBarCells = 20;

[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

/// "2:05" or "1:02:05".
std::string duration(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::min(seconds, 3.6e8)));
  if (whole < 3600) return text("%lld:%02lld", whole / 60, whole % 60);
  return text("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string bar(double part) {
  const int full = std::clamp(static_cast<int>(part * kBarCells), 0, kBarCells);
  return "[" + std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(kBarCells - full), '.') + "]";
}

std::size_t columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

TrainingDisplay::TrainingDisplay(bool terminal, std::vector<std::string> labels)
    : terminal_(terminal), labels_(std::move(labels)) {}

void TrainingDisplay::reading(std::size_t done, std::size_t all) {
  if (!terminal_ || !due(kTerminalPause)) return;
  const double part =
      static_cast<double>(done) / static_cast<double>(std::max<std::size_t>(all, 1));
  draw(text("reading %s %zu of %zu files", bar(part).c_str(), done, all));
}

void TrainingDisplay::phase(const std::string& what) {
  if (terminal_) {
    draw(what + " …");
  } else {
    print(what);
  }
}

void TrainingDisplay::start(const train::RunStart& start) {
  for (const auto& warning : start.warnings) print("note: " + printable(warning, 400));
  print(text("%zu clips of %zu speakers to train on, %zu to validate; %zu clips an epoch",
             start.training_clips, start.training_speakers, start.validation_clips,
             start.clips_per_epoch));
  print(text("%zu parameters, %lld steps, %zu thread%s", start.parameters,
             static_cast<long long>(start.steps), start.threads, start.threads == 1 ? "" : "s"));
  if (start.resumed_step > 0) {
    print(text("going on after step %lld", static_cast<long long>(start.resumed_step)));
  }
  started_ = last_drawn_ = Clock::now();
  first_step_ = start.resumed_step;
}

void TrainingDisplay::step(const train::StepReport& report) {
  clips_ += report.clips;
  if (!due(terminal_ ? kTerminalPause : kPlainPause)) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  const auto done = static_cast<double>(report.step - first_step_);
  const double left = seconds / done * static_cast<double>(report.steps - report.step);
  const double part = static_cast<double>(report.step) / static_cast<double>(report.steps);
  const auto line =
      text("epoch %lld/%lld %s %3.0f %%  loss %.4f  accuracy %.1f %%  %.0f clips/s  %s left",
           static_cast<long long>(report.epoch), static_cast<long long>(report.epochs),
           bar(part).c_str(), 100.0 * part, report.epoch_loss, 100.0 * report.epoch_accuracy,
           static_cast<double>(clips_) / std::max(seconds, 1e-9), duration(left).c_str());
  terminal_ ? draw(line) : print(line);
}

void TrainingDisplay::epoch(const train::EpochReport& report) {
  auto line = text("epoch %lld/%lld  loss %.4f  accuracy %.1f %%  rate %.2e",
                   static_cast<long long>(report.epoch), static_cast<long long>(report.epochs),
                   report.loss, 100.0 * report.accuracy, report.learning_rate);
  if (report.validation) {
    line += text("  validation %.2f %%", 100.0 * report.validation->accuracy);
    std::size_t worst = labels_.size();
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const auto& recall = report.validation->recall;
      if (std::isnan(recall[i])) continue;
      if (worst == labels_.size() || recall[i] < recall[worst]) worst = i;
    }
    if (worst < labels_.size()) {
      line += text(" (least: %s %.1f %%)%s", printable(labels_[worst], 40).c_str(),
                   100.0 * report.validation->recall[worst], report.best ? " best so far" : "");
    }
  }
  print(line);
}

void TrainingDisplay::end_line() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

void TrainingDisplay::draw(const std::string& line) {
  // Cut to the width: a line that wraps could not be drawn over.
  const auto shown = line.substr(0, std::max<std::size_t>(columns(), 2) - 1);
  std::fprintf(stderr, "\r%s\x1b[K", shown.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void TrainingDisplay::print(const std::string& line) {
  end_line();
  std::fprintf(stderr, "%s\n", line.c_str());
}

bool TrainingDisplay::due(std::chrono::milliseconds pause) {
  const auto now = Clock::now();
  if (now - last_drawn_ < pause) return false;
  last_drawn_ = now;
  return true;
}

}  // namespace kws::cli
