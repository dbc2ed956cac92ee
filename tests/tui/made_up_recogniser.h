// SPDX-License-Identifier: MIT
//
// A recogniser that hears made-up sound: it fills a Telemetry as the real one does, obeys Commands
// and remembers them. The same seed gives the same screen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "live/commands.h"
#include "live/telemetry.h"

namespace kws::tui::testing {

class MadeUpRecogniser : public live::Commands {
 public:
  explicit MadeUpRecogniser(std::size_t model_count = 1);

  /// 20 ms of sound. Every 1.6 s a word, found 0.5 s after it began.
  void hop();
  void hops(int count) {
    for (int i = 0; i < count; ++i) hop();
  }

  /// Publishes `state` as it is.
  void publish();

  [[nodiscard]] std::vector<live::ModelInfo> models() const override { return model_infos; }
  [[nodiscard]] std::string input_name() const override { return input; }
  void switch_to(std::size_t model) override;
  void set_paused(bool paused) override;
  void shift_thresholds(float delta) override;
  [[nodiscard]] bool switching() const override { return still_switching; }
  [[nodiscard]] std::string notice() const override { return notice_text; }

  live::Telemetry telemetry;
  live::State state;
  std::vector<live::ModelInfo> model_infos;
  std::string input = "mic USB Audio (48 kHz)";
  std::string notice_text;
  bool still_switching = false;
  std::vector<std::string> calls;  // "switch_to 1", "set_paused 1", "shift_thresholds 0.05"
  bool silent = false;             // digital silence instead of sound

 private:
  Random random_{7};
};

}  // namespace kws::tui::testing
