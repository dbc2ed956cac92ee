// SPDX-License-Identifier: MIT
//
// `kws monitor`: the dashboard on a live session.
#include <clocale>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/input.h"
#include "live/session.h"
#include "tui/monitor.h"

namespace kws::cli {
namespace {

struct MonitorOptions {
  InputOptions input;
  std::vector<std::string> models;
  bool window = false;
  tui::Options screen;
};

/// A session on the default microphone or, where there is none, on the demo recording.
std::unique_ptr<live::Session> listen_to_what_there_is(const live::SessionOptions& options,
                                                       std::string& remark) {
  try {
    return std::make_unique<live::Session>(options, live::Input{});
  } catch (const DeviceError& no_microphone) {
    const auto demo = find_shipped(kDemoRecording);
    if (!demo) {
      throw DeviceError(describe(no_microphone) + "; and the demo recording " + kDemoRecording +
                        " is not there either: name a sound file with --input");
    }
    remark = "no microphone: demo";
    live::Input input;
    input.kind = live::Input::Kind::kFile;
    input.name = demo->string();
    input.realtime = true;
    input.loops = true;
    return std::make_unique<live::Session>(options, input);
  }
}

void monitor(const MonitorOptions& options, bool input_given) {
  std::setlocale(LC_CTYPE, "");  // before there are threads: says whether the terminal has UTF-8
  live::SessionOptions session_options;
  for (const auto& model : options.models) session_options.models.push_back(find_model(model));
  if (session_options.models.empty()) session_options.models.push_back(find_model(""));

  if (options.window) session_options.execution = engine::Execution::kWholeWindow;

  auto screen = options.screen;
  std::unique_ptr<live::Session> session;
  if (input_given) {
    auto input = parse_input(options.input);
    input.realtime = true;  // to be looked at: not faster than it sounds
    input.loops = true;
    session = std::make_unique<live::Session>(session_options, input);
  } else {
    session = listen_to_what_there_is(session_options, screen.remark);
  }
  tui::monitor(*session, session->telemetry(), screen);
  session->stop();
  session->rethrow();
}

}  // namespace

void add_monitor(CLI::App& app) {
  auto* command = app.add_subcommand("monitor", "Watch the recogniser at work: the dashboard");
  const auto options = std::make_shared<MonitorOptions>();
  add_input_options(*command, options->input);
  command
      ->add_option("--model", options->models,
                   "model file, may be given again: `b` switches between them ($KWS_MODEL if not "
                   "given, else the one that comes with kws)")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  command->add_option("--fps", options->screen.frames_per_second, "frames drawn a second")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
  command->add_flag("--ascii", options->screen.ascii, "draw with ASCII characters only");
  add_window_flag(*command, options->window);
  command->footer(
      "Examples:\n"
      "  kws monitor                          the default microphone, or the demo recording\n"
      "  kws monitor --input sound.flac       plays the file again and again\n"
      "  kws monitor --model a.kws --model b.kws\n"
      "  arecord -t raw -f S16_LE -r 16000 | kws monitor --input -\n"
      "Keys: q quit, ? help, space pause, + and - thresholds, b next model.\n"
      "Without a terminal (or with TERM=dumb) it prints lines. NO_COLOR is honoured.");
  command->callback([options, command] { monitor(*options, command->count("--input") > 0); });
}

}  // namespace kws::cli
