// SPDX-License-Identifier: MIT
#include "measure/streaming.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "data/folders.h"
#include "data/transcripts.h"
#include "decide/detector.h"
#include "measure/intervals.h"
#include "measure/posterior_track.h"
#include "sound/sound_file.h"

namespace kws::measure {
namespace {

constexpr double kPauseSeconds = 1.0;  // between recordings of continuous speech

std::vector<DetectedWord> words_of(const PosteriorTrack& track,
                                   const std::vector<decide::Detection>& detections) {
  std::vector<DetectedWord> words;
  for (const auto& detection : detections) {
    words.push_back(
        {track.seconds(detection.time), track.labels()[detection.label], detection.score});
  }
  return words;
}

StreamPoint count(double threshold, const std::vector<std::string>& labels,
                  std::span<const SpokenWord> said, const std::vector<DetectedWord>& detected,
                  const MatchResult& match) {
  StreamPoint point;
  point.threshold = threshold;
  for (const auto& label : labels) {
    if (decide::is_keyword(label)) point.keywords[label];
  }
  for (const auto& spoken : said) ++point.keywords[spoken.word].labels;
  for (std::size_t i = 0; i < detected.size(); ++i) {
    auto& counts = point.keywords[detected[i].word];
    switch (match.kinds[i]) {
      case MatchKind::kCorrect:
        ++counts.correct;
        break;
      case MatchKind::kWrong:
        ++counts.wrong;
        break;
      case MatchKind::kFalsePositive:
        ++counts.false_positives;
        break;
    }
  }
  point.all = {match.labels, match.correct, match.wrong, match.false_positives};
  return point;
}

/// One recording of continuous speech within the stream.
struct Utterance {
  std::string stem;
  SamplePosition begin = 0;
  std::map<std::string, std::size_t> spoken;  // keywords that are truly said
};

const Utterance& utterance_at(const std::vector<Utterance>& utterances, SamplePosition position) {
  const auto after = std::upper_bound(
      utterances.begin(), utterances.end(), position,
      [](SamplePosition p, const Utterance& utterance) { return p < utterance.begin; });
  return *(after - 1);
}

/// Detections by utterance, with those forgiven that the transcript explains.
std::vector<ContinuousEvent> events_of(const PosteriorTrack& track,
                                       const std::vector<Utterance>& utterances,
                                       const std::vector<decide::Detection>& detections) {
  std::vector<ContinuousEvent> events;
  std::map<std::pair<std::string, std::string>, std::size_t> forgiven;  // by stem and word
  for (const auto& detection : detections) {
    // The sample before: a detection at the very end of the pause belongs to what was played.
    const auto& utterance = utterance_at(utterances, detection.time - 1);
    const auto& word = track.labels()[detection.label];
    const auto spoken = utterance.spoken.find(word);
    const bool is_forgiven =
        spoken != utterance.spoken.end() && forgiven[{utterance.stem, word}] < spoken->second;
    if (is_forgiven) ++forgiven[{utterance.stem, word}];
    events.push_back({utterance.stem, track.seconds(detection.time - utterance.begin), word,
                      detection.score, is_forgiven});
  }
  return events;
}

/// The best score of every keyword in every utterance that does not hold it.
std::map<std::string, std::vector<ContinuousEvent>> highest_scores(
    const PosteriorTrack& track, const std::vector<Utterance>& utterances,
    const decide::Settings& settings, std::size_t count) {
  const auto& labels = track.labels();
  std::vector<std::vector<ContinuousEvent>> best(labels.size(),
                                                 std::vector<ContinuousEvent>(utterances.size()));
  (void)track.replay(settings, [&](SamplePosition end, std::span<const float> scores) {
    const auto& utterance = utterance_at(utterances, end - 1);
    const auto index = static_cast<std::size_t>(&utterance - utterances.data());
    for (std::size_t label = 0; label < labels.size(); ++label) {
      auto& event = best[label][index];
      if (scores[label] <= event.score) continue;
      event = {utterance.stem, track.seconds(end - utterance.begin), labels[label], scores[label],
               false};
    }
  });
  std::map<std::string, std::vector<ContinuousEvent>> highest;
  for (std::size_t label = 0; label < labels.size(); ++label) {
    if (!decide::is_keyword(labels[label])) continue;
    auto& list = highest[labels[label]];
    for (std::size_t i = 0; i < utterances.size(); ++i) {
      if (!utterances[i].spoken.contains(labels[label])) list.push_back(best[label][i]);
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    if (list.size() > count) list.resize(count);
  }
  return highest;
}

}  // namespace

StreamReport stream_report(const pack::ModelPack& pack, std::span<const float> samples,
                           std::span<const SpokenWord> said, double tolerance_s,
                           const Progress& progress) {
  PosteriorTrack track(pack);
  const auto block = static_cast<std::size_t>(track.rate().value);  // progress every second
  for (std::size_t done = 0; done < samples.size();) {
    const auto count = std::min(block, samples.size() - done);
    track.feed(samples.subspan(done, count));
    done += count;
    if (progress) progress(done, samples.size());
  }

  StreamReport report;
  report.seconds = track.seconds(samples.size());
  for (const auto& spoken : said) {
    const bool known =
        decide::is_keyword(spoken.word) &&
        std::find(pack.labels.begin(), pack.labels.end(), spoken.word) != pack.labels.end();
    if (known) {
      report.said.push_back(spoken);
    } else {
      ++report.other_words;
    }
  }
  report.detected = words_of(track, track.detections());
  report.match = match_words(report.said, report.detected, tolerance_s);
  report.shipped =
      count(pack.decide.threshold, pack.labels, report.said, report.detected, report.match);
  const auto point = [&](double threshold, const decide::Settings& settings) {
    const auto detected = words_of(track, track.replay(settings));
    return count(threshold, pack.labels, report.said, detected,
                 match_words(report.said, detected, tolerance_s));
  };
  for (const double threshold : threshold_steps()) {
    report.curve.push_back(point(threshold, with_threshold(pack.decide, threshold)));
  }
  for (const double factor : scale_steps()) {
    report.scaled_curve.push_back(point(factor, with_scaled_thresholds(pack.decide, factor)));
  }
  return report;
}

ContinuousReport continuous_report(const pack::ModelPack& pack, const std::filesystem::path& folder,
                                   const ContinuousOptions& options, const Progress& progress) {
  const auto all = data::recordings_in(folder);
  std::vector<std::string> stems;
  for (const auto& file : all) stems.push_back(file.stem().string());
  const auto taken = data::select_speakers(stems, options.speakers);
  if (all.empty()) throw DataError(printable(folder.string()) + ": holds no recordings");
  if (taken.empty()) {
    throw DataError(printable(folder.string()) + ": none of its " + std::to_string(all.size()) +
                    " recordings is of the speakers asked for");
  }
  data::Transcripts transcripts;
  if (!options.transcripts.empty()) {
    transcripts = data::read_transcripts(options.transcripts);
    if (std::none_of(taken.begin(), taken.end(),
                     [&](std::size_t i) { return transcripts.contains(stems[i]); })) {
      throw DataError(printable(options.transcripts.string()) +
                      ": names none of the recordings in " + printable(folder.string()) +
                      "; wanted lines of '<file name without ending> TEXT'");
    }
  }

  ContinuousReport report;
  PosteriorTrack track(pack);
  std::vector<Utterance> utterances;
  std::set<std::uint64_t> speakers;
  std::size_t heard = 0;
  const std::vector<float> pause(static_cast<std::size_t>(track.rate().value * kPauseSeconds));
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const auto& stem = stems[taken[i]];
    const auto recording = sound::read_recording(all[taken[i]], track.rate());
    Utterance utterance;
    utterance.stem = stem;
    utterance.begin = track.position();
    const auto words = transcripts.find(stem);
    if (words != transcripts.end()) {
      for (const auto& label : pack.labels) {
        const auto occurrences = data::count_word(words->second, label);
        if (decide::is_keyword(label) && occurrences > 0) utterance.spoken[label] = occurrences;
      }
    }
    track.feed(recording.samples);
    track.feed(pause);
    utterances.push_back(std::move(utterance));
    heard += recording.samples.size();
    if (const auto speaker = data::leading_number(stem)) speakers.insert(*speaker);
    if (progress) progress(i + 1, taken.size());
  }

  report.files = taken.size();
  report.speakers = speakers.size();
  report.minutes = track.seconds(heard) / 60.0;
  report.detections = events_of(track, utterances, track.detections());
  const auto not_forgiven = [](const ContinuousEvent& event) { return !event.forgiven; };
  report.events = static_cast<std::size_t>(
      std::count_if(report.detections.begin(), report.detections.end(), not_forgiven));
  const double hours = report.minutes / 60.0;
  report.events_per_hour = static_cast<double>(report.events) / hours;
  report.upper_bound_per_hour = poisson_upper_bound(report.events) / hours;
  const auto point = [&](double threshold, const decide::Settings& settings) {
    ContinuousPoint result;
    result.threshold = threshold;
    for (const auto& event : events_of(track, utterances, track.replay(settings))) {
      if (event.forgiven) continue;
      ++result.events;
      ++result.keywords[event.word];
    }
    return result;
  };
  for (const double threshold : threshold_steps()) {
    report.curve.push_back(point(threshold, with_threshold(pack.decide, threshold)));
  }
  for (const double factor : scale_steps()) {
    report.scaled_curve.push_back(point(factor, with_scaled_thresholds(pack.decide, factor)));
  }
  report.highest = highest_scores(track, utterances, pack.decide, options.highest);
  return report;
}

}  // namespace kws::measure
