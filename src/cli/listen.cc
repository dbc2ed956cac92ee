// SPDX-License-Identifier: MIT
//
// `kws listen`: recognises without a screen and prints a line for every word found.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/text.h"
#include "cli/checks.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/event_lines.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/line_output.h"
#include "decide/detector.h"
#include "live/session.h"

namespace kws::cli {
namespace {

struct ListenOptions {
  InputOptions input;
  std::string model;
  std::string preset;
  std::optional<double> threshold;
  bool json = false;
  bool posteriors = false;
  bool window = false;
};

/// Takes events from a session and prints them, until it is over.
class Listener {
 public:
  Listener(live::Session& session, const ListenOptions& options)
      : session_(session),
        options_(options),
        models_(session.models()),
        detections_(session.telemetry().detections, 0),
        posteriors_(session.telemetry().posteriors, 0) {}

  void run(const Interrupt& interrupt, std::chrono::milliseconds between_looks) {
    for (;;) {
      const bool last = session_.finished();  // before the events are read, so none is missed
      session_.telemetry().state.refresh();
      print_events();
      if (last) break;
      if (interrupt.requested() || output_.closed()) session_.stop();
      std::this_thread::sleep_for(between_looks);
    }
    const auto& state = session_.telemetry().state.front();
    output_.write(options_.json ? summary_json(state) : summary_text(state));
  }

  [[nodiscard]] std::uint64_t missed() const {
    return detections_.missed() + (options_.posteriors ? posteriors_.missed() : 0);
  }

 private:
  void print_events() {
    const double rate = session_.telemetry().state.front().sample_rate_hz;
    if (options_.posteriors) {
      for (live::PosteriorEvent event; posteriors_.next(event);) {
        const auto& model = models_[event.lane];
        output_.write(options_.json ? posteriors_json(event, rate, model)
                                    : posteriors_text(event, rate, model));
      }
    }
    for (live::DetectionEvent event; detections_.next(event);) {
      output_.write(options_.json ? detection_json(event) : detection_text(event));
    }
    session_.seen(options_.posteriors ? posteriors_.position() : UINT64_MAX,
                  detections_.position());
  }

  live::Session& session_;
  const ListenOptions& options_;
  std::vector<live::ModelInfo> models_;
  EventRing<live::DetectionEvent>::Reader detections_;
  EventRing<live::PosteriorEvent>::Reader posteriors_;
  LineOutput output_;
};

void listen(const ListenOptions& options) {
  const auto input = parse_input(options.input);
  live::SessionOptions session_options;
  session_options.models = {find_model(options.model)};
  session_options.preset = options.preset;
  session_options.threshold = options.threshold;
  session_options.rows = false;
  session_options.wait_for_reader = true;
  if (options.window) session_options.execution = engine::Execution::kWholeWindow;

  const Interrupt interrupt;
  live::Session session(session_options, input);
  Listener listener(session, options);
  const bool by_the_clock = input.kind == live::Input::Kind::kMicrophone || input.realtime;
  listener.run(interrupt, std::chrono::milliseconds(by_the_clock ? 10 : 5));

  if (const auto notice = session.notice(); !notice.empty()) {
    std::fprintf(stderr, "kws: warning: %s\n", printable(notice, 500).c_str());
  }
  session.telemetry().state.refresh();
  if (const auto broken = session.telemetry().state.front().non_finite_samples; broken > 0) {
    std::fprintf(stderr, "kws: warning: %llu samples were not finite and counted as 0\n",
                 static_cast<unsigned long long>(broken));
  }
  if (listener.missed() > 0) {
    std::fprintf(stderr, "kws: warning: %llu events were not printed: the reader was too slow\n",
                 static_cast<unsigned long long>(listener.missed()));
  }
  session.rethrow();
}

}  // namespace

void add_listen(CLI::App& app) {
  auto* command = app.add_subcommand("listen", "Listen and print a line for every word found");
  const auto options = std::make_shared<ListenOptions>();
  add_input_options(*command, options->input);
  command
      ->add_option("--model", options->model,
                   "model file ($KWS_MODEL if not given, else the one that comes with kws)")
      ->type_name("FILE");
  command
      ->add_option("--threshold", options->threshold,
                   "score at which a word counts, for all keywords, instead of the model's own")
      ->check(number_within(0.0, 1.0))
      ->type_name("0..1");
  command
      ->add_option("--preset", options->preset, "decide as others do instead of as the model says")
      ->check(CLI::IsMember(decide::preset_names()));
  command->add_flag("--json", options->json, "print JSON, one object a line");
  command->add_flag("--posteriors", options->posteriors,
                    "also print what the network says at every hop");
  command->add_flag("--realtime", options->input.realtime,
                    "play a file or standard input by the clock instead of as fast as it goes");
  add_window_flag(*command, options->window);
  command->footer(
      "Examples:\n"
      "  kws listen                                  the default microphone, until Ctrl-C\n"
      "  kws listen --input \"mic:USB Audio\" --json\n"
      "  kws listen --input sound.flac --threshold 0.9\n"
      "  arecord -t raw -f S16_LE -r 16000 | kws listen --input -\n"
      "time_s counts the sound from its start. latency_ms is from the capture of the last sample\n"
      "that was needed; for sound without a clock (a file), what the computing took.");
  command->callback([options] { listen(*options); });
}

}  // namespace kws::cli
