// SPDX-License-Identifier: MIT
#include "cli/training_log.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"

namespace kws::cli {
namespace {

constexpr std::int64_t kStepsBetweenLines = 20;

using Json = nlohmann::ordered_json;

/// The lines that were written up to `step`.
std::string lines_until(const std::filesystem::path& path, std::int64_t step) {
  std::string kept;
  if (!std::filesystem::is_regular_file(path)) return kept;  // a pipe has nothing to give back
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto entry = Json::parse(line, nullptr, false);
    if (!entry.is_object() || !entry.contains("step") || !entry["step"].is_number_integer()) break;
    if (entry["step"].get<std::int64_t>() > step) break;
    kept += line + '\n';
  }
  return kept;
}

}  // namespace

TrainingLog::TrainingLog(std::filesystem::path path, std::vector<std::string> labels)
    : path_(std::move(path)), labels_(std::move(labels)) {}

void TrainingLog::start(const train::RunStart& start, const train::Recipe& recipe) {
  std::string kept;
  if (start.resumed_step > 0) kept = lines_until(path_, start.resumed_step);
  if (!kept.empty()) write_file_atomically(path_, std::as_bytes(std::span(kept)));
  file_.open(path_, kept.empty() ? std::ios::trunc : std::ios::app);
  if (kept.empty()) {
    file_ << Json{{"event", "start"},
                  {"step", 0},
                  {"name", recipe.name},
                  {"seed", recipe.seed},
                  {"parameters", start.parameters},
                  {"training_clips", start.training_clips},
                  {"validation_clips", start.validation_clips},
                  {"clips_per_epoch", start.clips_per_epoch},
                  {"steps", start.steps}}
                 .dump(-1, ' ', false, Json::error_handler_t::replace)
          << '\n';
  }
  flush();
}

void TrainingLog::flush() {
  file_.flush();
  if (!file_) throw DataError(printable(path_.string()) + ": cannot write the log");
}

void TrainingLog::step(const train::StepReport& report) {
  if (report.step % kStepsBetweenLines != 0) return;
  file_ << Json{{"event", "step"},
                {"step", report.step},
                {"epoch", report.epoch},
                {"learning_rate", report.learning_rate},
                {"loss", report.batch_loss}}
               .dump()
        << '\n';
}

void TrainingLog::epoch(const train::EpochReport& report) {
  Json line{{"event", "epoch"},      {"step", report.step},
            {"epoch", report.epoch}, {"learning_rate", report.learning_rate},
            {"loss", report.loss},   {"accuracy", report.accuracy}};
  if (report.validation) {
    Json recall = Json::object();
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const double value = report.validation->recall[i];
      recall[labels_[i]] = std::isnan(value) ? Json(nullptr) : Json(value);
    }
    line["validation"] = {{"loss", report.validation->loss},
                          {"accuracy", report.validation->accuracy},
                          {"best", report.best},
                          {"recall", recall}};
  }
  file_ << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  flush();
}

}  // namespace kws::cli
