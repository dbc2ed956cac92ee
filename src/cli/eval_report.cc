// SPDX-License-Identifier: MIT
#include "cli/eval_report.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace kws::cli {
namespace {

using Json = nlohmann::ordered_json;

[[gnu::format(printf, 1, 2)]] std::string format(const char* text, ...) {
  char buffer[512];
  std::va_list arguments;
  va_start(arguments, text);
  std::vsnprintf(buffer, sizeof buffer, text, arguments);
  va_end(arguments);
  return buffer;
}

std::string percent(const std::optional<double>& share) {
  return share ? format("%.1f %%", 100.0 * *share) : "–";
}

Json number_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// Names come from folders; they may hold bytes that JSON cannot.
std::string name(const std::string& text) { return printable(text); }

Json to_json(const measure::StreamCounts& counts) {
  return {{"labels", counts.labels},
          {"correct", counts.correct},
          {"wrong", counts.wrong},
          {"false_positives", counts.false_positives}};
}

/// `unit`: what the point's threshold is, "threshold" or "scale" (of the model's own thresholds).
Json to_json(const measure::StreamPoint& point, const char* unit) {
  Json keywords = Json::object();
  for (const auto& [word, counts] : point.keywords) keywords[name(word)] = to_json(counts);
  Json json = {{unit, point.threshold}};
  json.update(to_json(point.all));
  json["keywords"] = std::move(keywords);
  return json;
}

Json to_json(const measure::ContinuousEvent& event) {
  return {{"file", name(event.file)},
          {"time_s", event.time_s},
          {"keyword", name(event.word)},
          {"score", event.score},
          {"forgiven", event.forgiven}};
}

Json to_json(const measure::ContinuousPoint& point, const char* unit) {
  Json keywords = Json::object();
  for (const auto& [word, events] : point.keywords) keywords[name(word)] = events;
  return {{unit, point.threshold}, {"events", point.events}, {"keywords", std::move(keywords)}};
}

std::size_t widest(const std::vector<std::string>& words, std::size_t least) {
  for (const auto& word : words) least = std::max(least, word.size());
  return least;
}

/// A curve is printed in steps of five hundredths; JSON has all of it.
bool is_printed(std::size_t step) { return step % 5 == 0; }

std::string kind_name(measure::MatchKind kind) {
  switch (kind) {
    case measure::MatchKind::kCorrect:
      return "correct";
    case measure::MatchKind::kWrong:
      return "wrong";
    case measure::MatchKind::kFalsePositive:
      return "false_positive";
  }
  return "";
}

}  // namespace

std::string to_text(const measure::AccuracyReport& report) {
  std::string text =
      format("accuracy  %.2f %%   (95 %%: %.2f … %.2f)   %zu of %zu clips, %zu speakers\n\n",
             100.0 * report.accuracy, 100.0 * report.ci95.low, 100.0 * report.ci95.high,
             report.correct, report.clips, report.speakers);
  const auto column = static_cast<int>(widest(report.labels, 9));
  text += format("%-*s  clips   recall  precision\n", column, "label");
  for (const auto& entry : report.per_class) {
    text += format("%-*s  %5zu  %7s    %7s\n", column, name(entry.label).c_str(), entry.clips,
                   percent(entry.recall).c_str(), percent(entry.precision).c_str());
  }
  text += format("\n%-*s", column, "true\\said");
  for (const auto& label : report.labels) {
    text += format(" %*s", static_cast<int>(std::max<std::size_t>(label.size(), 5)),
                   name(label).c_str());
  }
  text += "\n";
  for (std::size_t truth = 0; truth < report.labels.size(); ++truth) {
    if (report.per_class[truth].clips == 0) continue;
    text += format("%-*s", column, name(report.labels[truth]).c_str());
    for (std::size_t said = 0; said < report.labels.size(); ++said) {
      const auto width = static_cast<int>(std::max<std::size_t>(report.labels[said].size(), 5));
      const auto clips = report.confusion[truth][said];
      text += clips == 0 ? format(" %*s", width, "·") : format(" %*zu", width, clips);
    }
    text += "\n";
  }
  text += format("\n%-*s  clips   recall  not taken for a command\n", column, "folder");
  for (const auto& folder : report.folders) {
    text += format("%-*s  %5zu  %7s", column, name(folder.folder).c_str(), folder.clips,
                   percent(folder.recall).c_str());
    if (folder.not_a_command) text += "  " + percent(folder.not_a_command);
    text += "\n";
  }
  return text;
}

std::string to_text(const Against& against) {
  const auto& it = against.comparison;
  const auto share = [&](std::size_t correct) {
    return it.clips == 0 ? 0.0
                         : 100.0 * static_cast<double>(correct) / static_cast<double>(it.clips);
  };
  return format("\nagainst   %s\n", name(against.model).c_str()) +
         format("          %.2f %%, %zu of %zu clips (%+.2f points); both say the same of %zu\n",
                share(it.second_correct), it.second_correct, it.clips,
                share(it.second_correct) - share(it.first_correct), it.said_alike) +
         format("          right alone %zu, the other %zu; McNemar's exact test p = %.3g\n",
                it.only_first, it.only_second, it.mcnemar_p);
}

std::string to_json(const measure::AccuracyReport& report, const std::optional<Against>& against) {
  Json json = {{"accuracy", report.accuracy},
               {"ci95", {report.ci95.low, report.ci95.high}},
               {"clips", report.clips},
               {"speakers", report.speakers}};
  Json classes = Json::object();
  Json confusion = Json::object();
  for (std::size_t truth = 0; truth < report.labels.size(); ++truth) {
    const auto& entry = report.per_class[truth];
    classes[name(entry.label)] = {{"recall", number_or_null(entry.recall)},
                                  {"precision", number_or_null(entry.precision)},
                                  {"clips", entry.clips}};
    Json row = Json::object();
    for (std::size_t said = 0; said < report.labels.size(); ++said) {
      const auto clips = report.confusion[truth][said];
      if (clips > 0) row[name(report.labels[said])] = clips;
    }
    confusion[name(entry.label)] = std::move(row);
  }
  json["per_class"] = std::move(classes);
  json["confusion"] = std::move(confusion);
  Json folders = Json::object();
  for (const auto& folder : report.folders) {
    Json entry = {{"clips", folder.clips}, {"recall", folder.recall}};
    if (folder.not_a_command) entry["not_a_command"] = *folder.not_a_command;
    folders[name(folder.folder)] = std::move(entry);
  }
  json["folders"] = std::move(folders);
  if (against) {
    const auto& it = against->comparison;
    json["against"] = {{"model", name(against->model)}, {"correct", it.second_correct},
                       {"only_first", it.only_first},   {"only_second", it.only_second},
                       {"said_alike", it.said_alike},   {"mcnemar_p", it.mcnemar_p}};
  }
  return json.dump() + "\n";
}

std::string to_text(const measure::EndingReport& report, const std::string& ending) {
  const auto share = [](std::size_t part, std::size_t whole) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  std::string text = format("ending    %s\n", ending.c_str());
  text += format(
      "kept out  %.2f %%   (95 %%: %.2f … %.2f)   %zu of %zu beginnings of words, %zu speakers\n\n",
      share(report.kept_out, report.clips), 100.0 * report.ci95.low, 100.0 * report.ci95.high,
      report.kept_out, report.clips, report.speakers);
  std::size_t column = 9;
  for (const auto& word : report.words) column = std::max(column, name(word.word).size());
  const int width = static_cast<int>(column);
  text += format("%-*s  clips  kept out\n", width, "beginning");
  for (const auto& word : report.words) {
    text += format("%-*s  %5zu   %5.1f %%\n", width, name(word.word).c_str(), word.clips,
                   share(word.kept_out, word.clips));
  }
  return text;
}

std::string to_json(const measure::EndingReport& report, const std::string& ending) {
  Json words = Json::object();
  for (const auto& word : report.words) {
    words[name(word.word)] = {{"clips", word.clips}, {"kept_out", word.kept_out}};
  }
  const Json json = {{"ending", ending},
                     {"clips", report.clips},
                     {"kept_out", report.kept_out},
                     {"ci95", {report.ci95.low, report.ci95.high}},
                     {"speakers", report.speakers},
                     {"words", std::move(words)}};
  return json.dump() + "\n";
}

std::string to_text(const measure::StreamReport& report) {
  const auto& match = report.match;
  const auto interval = measure::wilson_interval(match.correct, match.labels);
  const double found = match.labels == 0
                           ? 0.0
                           : static_cast<double>(match.correct) / static_cast<double>(match.labels);
  const double hours = report.seconds / 3600.0;
  const auto mistakes = match.wrong + match.false_positives;
  std::string text = format(
      "found  %zu of %zu words, %.1f %%  (95 %%: %.1f … %.1f)\n"
      "wrong  %zu     false positives  %zu     in %.1f s (%.1f mistakes an hour, 95 %% below "
      "%.1f)\n",
      match.correct, match.labels, 100.0 * found, 100.0 * interval.low, 100.0 * interval.high,
      match.wrong, match.false_positives, report.seconds, static_cast<double>(mistakes) / hours,
      measure::poisson_upper_bound(mistakes) / hours);
  if (report.other_words > 0) {
    text +=
        format("%zu labels are no keywords of the model and were left out\n", report.other_words);
  }
  text += "\nkeyword     said  found  wrong  false\n";
  for (const auto& [word, counts] : report.shipped.keywords) {
    text += format("%-10s %5zu  %5zu  %5zu  %5zu\n", name(word).c_str(), counts.labels,
                   counts.correct, counts.wrong, counts.false_positives);
  }
  text += "\none threshold for all:\nthreshold  found  wrong  false\n";
  for (std::size_t i = 0; i < report.curve.size(); ++i) {
    if (!is_printed(i)) continue;
    const auto& point = report.curve[i];
    text += format("     %.2f  %5zu  %5zu  %5zu\n", point.threshold, point.all.correct,
                   point.all.wrong, point.all.false_positives);
  }
  return text;
}

std::string to_json(const measure::StreamReport& report) {
  const auto& match = report.match;
  const auto interval = measure::wilson_interval(match.correct, match.labels);
  Json json = {{"seconds", report.seconds},
               {"labels", match.labels},
               {"other_words", report.other_words},
               {"matched", match.matched()},
               {"correct", match.correct},
               {"wrong", match.wrong},
               {"false_positives", match.false_positives},
               {"missed", match.missed()},
               {"found_ci95", {interval.low, interval.high}}};
  Json keywords = Json::object();
  for (const auto& [word, counts] : report.shipped.keywords) keywords[name(word)] = to_json(counts);
  json["keywords"] = std::move(keywords);
  Json detections = Json::array();
  for (std::size_t i = 0; i < report.detected.size(); ++i) {
    detections.push_back({{"time_s", report.detected[i].time_s},
                          {"keyword", name(report.detected[i].word)},
                          {"score", report.detected[i].score},
                          {"match", kind_name(match.kinds[i])}});
  }
  json["detections"] = std::move(detections);
  Json missed = Json::array();
  for (std::size_t i = 0; i < report.said.size(); ++i) {
    if (match.found[i]) continue;
    missed.push_back({{"start_s", report.said[i].start_s},
                      {"end_s", report.said[i].end_s},
                      {"keyword", name(report.said[i].word)}});
  }
  json["missed_words"] = std::move(missed);
  Json curve = Json::array();
  for (const auto& point : report.curve) curve.push_back(to_json(point, "threshold"));
  json["curve"] = std::move(curve);
  Json scaled = Json::array();
  for (const auto& point : report.scaled_curve) scaled.push_back(to_json(point, "scale"));
  json["scaled_curve"] = std::move(scaled);
  return json.dump() + "\n";
}

std::string to_text(const measure::ContinuousReport& report) {
  std::string text = format(
      "false accepts  %zu in %.1f minutes: %.2f an hour (95 %%: below %.2f)\n"
      "%zu recordings of %zu speakers, %zu detections forgiven by the transcripts\n",
      report.events, report.minutes, report.events_per_hour, report.upper_bound_per_hour,
      report.files, report.speakers, report.detections.size() - report.events);
  for (const auto& event : report.detections) {
    text += format("  %-24s %7.2f s  %-10s %.3f%s\n", name(event.file).c_str(), event.time_s,
                   name(event.word).c_str(), static_cast<double>(event.score),
                   event.forgiven ? "  (truly said)" : "");
  }
  text += "\nhighest scores where the word is not said\n";
  for (const auto& [word, events] : report.highest) {
    text += format("%-10s", name(word).c_str());
    for (const auto& event : events) text += format("  %.3f", static_cast<double>(event.score));
    text += "\n";
  }
  text += "\none threshold for all:\nthreshold  false accepts  an hour\n";
  for (std::size_t i = 0; i < report.curve.size(); ++i) {
    if (!is_printed(i)) continue;
    const auto& point = report.curve[i];
    text += format("     %.2f  %13zu  %7.2f\n", point.threshold, point.events,
                   static_cast<double>(point.events) * 60.0 / report.minutes);
  }
  return text;
}

std::string to_json(const measure::ContinuousReport& report) {
  Json json = {{"files", report.files},
               {"speakers", report.speakers},
               {"minutes", report.minutes},
               {"events", report.events},
               {"forgiven", report.detections.size() - report.events},
               {"events_per_hour", report.events_per_hour},
               {"upper_bound_per_hour", report.upper_bound_per_hour}};
  Json detections = Json::array();
  for (const auto& event : report.detections) detections.push_back(to_json(event));
  json["detections"] = std::move(detections);
  Json highest = Json::object();
  for (const auto& [word, events] : report.highest) {
    Json list = Json::array();
    for (const auto& event : events) {
      list.push_back(
          {{"score", event.score}, {"file", name(event.file)}, {"time_s", event.time_s}});
    }
    highest[name(word)] = std::move(list);
  }
  json["highest_scores"] = std::move(highest);
  Json curve = Json::array();
  for (const auto& point : report.curve) curve.push_back(to_json(point, "threshold"));
  json["curve"] = std::move(curve);
  Json scaled = Json::array();
  for (const auto& point : report.scaled_curve) scaled.push_back(to_json(point, "scale"));
  json["scaled_curve"] = std::move(scaled);
  return json.dump() + "\n";
}

}  // namespace kws::cli
