// SPDX-License-Identifier: MIT
#include "tui/layout.h"

#include <algorithm>

namespace kws::tui {
namespace {

constexpr int kKeywordWidth = 36;       // of one entry, with a bar that one can read
constexpr int kLeastKeywordWidth = 18;  // with one that says something
constexpr int kLatencyHeight = 6;       // title and five stages
constexpr int kHealthHeight = 9;        // title and eight figures
constexpr int kSideWidth = 46;          // of latency beside detections
constexpr int kSplitWidth = 72;         // from here on two panels fit side by side
constexpr int kColumnsWidth = 110;      // from here on the whole screen has two columns
constexpr int kLogHeight = 7;           // title and six detections

int ceil_div(int a, int b) { return (a + b - 1) / b; }

int columns_of(int entry_width, int width, int labels) {
  return std::clamp(width / entry_width, 1, std::max(labels, 1));
}

/// Gives rows away, the most important things first.
class Rows {
 public:
  explicit Rows(int count) : left_(std::max(count, 0)) {}
  /// Adds `wanted` to `to`, all or nothing.
  bool whole(int& to, int wanted) {
    if (wanted <= 0 || wanted > left_) return false;
    to += wanted;
    left_ -= wanted;
    return true;
  }
  /// Adds what there is, up to `wanted`.
  void some(int& to, int wanted) { whole(to, std::min(wanted, left_)); }
  [[nodiscard]] int left() const { return left_; }

 private:
  int left_;
};

/// One column of panels, full width; wide enough ones show latency beside the detections.
Layout stacked(Size screen, int labels) {
  const bool split = screen.width >= kSplitWidth;
  const int keyword_rows = ceil_div(labels, columns_of(kKeywordWidth, screen.width, labels));
  const int dense_rows = ceil_div(labels, columns_of(kLeastKeywordWidth, screen.width, labels));
  int header = 0, detections = 0, keywords = 0, level = 0, keys = 0, sound = 0, latency = 0,
      health = 0;

  Rows rows(screen.height);
  rows.whole(header, 1);
  rows.whole(detections, 1);
  rows.some(keywords, dense_rows);
  rows.whole(level, 1);
  rows.whole(keys, 1);
  rows.whole(detections, 1);  // its title and a detection
  if (keywords == dense_rows) rows.whole(keywords, 1);
  rows.whole(health, 1);
  rows.whole(sound, 3);
  rows.some(keywords, keyword_rows - dense_rows);
  if (split) {
    if (rows.whole(detections, kLatencyHeight - 2)) latency = kLatencyHeight;
    rows.some(sound, 3);
    rows.some(detections, 1);
  } else {
    rows.some(detections, 2);
    rows.some(sound, 3);
    rows.whole(latency, kLatencyHeight);
    if (rows.whole(health, kHealthHeight - 1)) rows.some(detections, 2);
  }
  // What is left over: two parts for the sound, three for the words.
  rows.some(sound, ceil_div(2 * rows.left(), 5));
  rows.some(detections, rows.left());

  Layout layout;
  int y = 0;
  const auto place = [&](Panel panel, int height) {
    layout.of(panel) = {0, y, screen.width, height};
    y += height;
  };
  place(Panel::kHeader, header);
  place(Panel::kLevel, level);
  place(Panel::kSound, sound);
  place(Panel::kKeywords, keywords);
  place(Panel::kDetections, detections);
  if (split && latency > 0) {
    Rect& words = layout.of(Panel::kDetections);
    const int side = std::min(kSideWidth, screen.width / 2 + 4);
    layout.of(Panel::kLatency) = {screen.width - side, words.y, side, words.height};
    words.width -= side + 1;
  } else {
    place(Panel::kLatency, latency);
  }
  place(Panel::kHealth, health);
  place(Panel::kKeys, keys);
  return layout;
}

/// Sound and words on the left, figures on the right.
Layout columns(Size screen, int labels, int models) {
  const int body = screen.height - 3;
  const int side = std::clamp(screen.width * 2 / 5, 48, 72);
  const int main = screen.width - side - 1;

  Rows right(body);
  int keywords = 0, latency = 0, health = 0, model_rows = 0, right_log = 0;
  right.whole(keywords, 1 + labels);
  right.whole(latency, kLatencyHeight + 1);
  right.some(health, kHealthHeight);
  right.some(model_rows, 1 + 4 * models);
  if (right.left() >= kLogHeight) right.some(right_log, right.left());

  Rows left(body);
  int sound = 0, history = 0, left_log = 0;
  if (right_log == 0) left.whole(left_log, kLogHeight - 1);
  left.some(sound, 12);
  left.whole(history, labels + 1);
  left.some(sound, right_log > 0 ? left.left() : ceil_div(2 * left.left(), 3));
  left.some(left_log, left.left());

  Layout layout;
  layout.of(Panel::kHeader) = {0, 0, screen.width, 1};
  layout.of(Panel::kLevel) = {0, 1, screen.width, 1};
  layout.of(Panel::kKeys) = {0, screen.height - 1, screen.width, 1};
  int y = 2;
  const auto place = [&](Panel panel, int x, int width, int height) {
    layout.of(panel) = {x, y, width, height};
    y += height;
  };
  place(Panel::kSound, 0, main, sound);
  place(Panel::kHistory, 0, main, history);
  if (left_log > 0) place(Panel::kDetections, 0, main, left_log);
  y = 2;
  place(Panel::kKeywords, main + 1, side, keywords);
  place(Panel::kLatency, main + 1, side, latency);
  place(Panel::kHealth, main + 1, side, health);
  place(Panel::kModels, main + 1, side, model_rows);
  if (right_log > 0) place(Panel::kDetections, main + 1, side, right_log);
  return layout;
}

}  // namespace

int keyword_columns(Size panel, int labels) {
  const int most = columns_of(kLeastKeywordWidth, panel.width, labels);
  const int rows = std::max(panel.height - 1, 1);
  return std::clamp(ceil_div(std::max(labels, 1), rows), 1, most);
}

Layout lay_out(Size screen, int labels, int models) {
  labels = std::max(labels, 1);
  models = std::max(models, 1);
  const int least_rows = 1 + labels + kLatencyHeight + 1 + 4;
  if (screen.width >= kColumnsWidth && screen.height - 3 >= std::max(least_rows, 20)) {
    return columns(screen, labels, models);
  }
  return stacked(screen, labels);
}

}  // namespace kws::tui
