// SPDX-License-Identifier: MIT
#include "data/synthetic_dataset.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "base/random.h"
#include "sound/sound_file.h"

namespace kws::testing {
namespace {

constexpr double kRate = 16000.0;

}  // namespace

std::vector<float> tone_clip(double frequency_hz) {
  std::vector<float> samples(14400, 0.0F);
  for (std::size_t i = 3200; i < 9600; ++i) {
    const double phase = 2.0 * std::numbers::pi * frequency_hz * static_cast<double>(i) / kRate;
    samples[i] = static_cast<float>(0.5 * std::sin(phase));
  }
  return samples;
}

std::string speaker_name(std::size_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%08zx", number);
  return text;
}

std::vector<std::string> add_word(const std::filesystem::path& folder, const std::string& word,
                                  double frequency_hz, std::size_t count,
                                  std::size_t first_speaker) {
  std::filesystem::create_directories(folder / word);
  std::vector<std::string> stems;
  std::filesystem::path first;
  for (std::size_t i = 0; i < count; ++i) {
    stems.push_back(speaker_name(first_speaker + i) + "_nohash_0");
    const auto file = folder / word / (stems.back() + ".wav");
    if (i == 0) {
      sound::write_recording(file, tone_clip(frequency_hz), Hertz{kRate});
      first = file;
    } else {
      // Copied, as each recording that is written waits for the disk.
      std::filesystem::copy_file(first, file);
    }
  }
  return stems;
}

void add_recording(const std::filesystem::path& file, double seconds, double level) {
  std::filesystem::create_directories(file.parent_path());
  std::vector<float> samples(static_cast<std::size_t>(seconds * kRate));
  Random random(7);
  for (float& sample : samples) {
    sample = static_cast<float>(std::clamp(level * random.normal(), -1.0, 1.0));
  }
  sound::write_recording(file, samples, Hertz{kRate});
}

}  // namespace kws::testing
