// SPDX-License-Identifier: MIT
//
// `kws features`: the feature rows of a recording, exactly as a model would see them, for people
// who want to look at them or compare them with another program's.
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/checks.h"
#include "cli/commands.h"
#include "features/extractor.h"
#include "features/feature_spec_toml.h"
#include "pack/model_pack.h"
#include "sound/sound_file.h"

namespace kws::cli {

namespace {

struct Options {
  std::string file;
  std::string model;
  std::vector<std::string> assignments;
  std::string npy;
  bool normalised = false;
};

/// (row - mean) / deviation per bin, as the model's input normalisation does it.
void normalise(features::FeatureMatrix& matrix, const pack::ModelPack& pack,
               const std::string& model_file) {
  const nn::Graph& graph = pack.model.graph;
  for (const nn::Node& node : graph.nodes) {
    if (node.op != nn::Op::kInputNorm || node.inputs.front() != graph.input) continue;
    const auto& mean = pack.model.weights.at(node.name + ".mean");
    const auto& deviation = pack.model.weights.at(node.name + ".deviation");
    for (std::size_t i = 0; i < matrix.values.size(); ++i) {
      const std::size_t bin = i % matrix.bins;
      matrix.values[i] = (matrix.values[i] - mean.at(bin)) / deviation.at(bin);
    }
    return;
  }
  throw UsageError("--normalised: '" + printable(model_file) +
                   "' has no input normalisation; leave the option out");
}

/// A row a frame, no header; the fewest digits that read back to the same float.
std::string to_csv(const features::FeatureMatrix& matrix) {
  std::string text;
  for (std::size_t i = 0; i < matrix.values.size(); ++i) {
    std::array<char, 32> digits;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), matrix.values[i]).ptr;
    text.append(digits.data(), end);
    text += (i + 1) % matrix.bins == 0 ? '\n' : ',';
  }
  return text;
}

/// NumPy's .npy, version 1.0: a magic, the length of a Python dict, the dict padded so that the
/// data starts at a multiple of 64, the data. https://numpy.org/neps/nep-0001-npy-format.html
std::string to_npy(const features::FeatureMatrix& matrix) {
  static_assert(std::endian::native == std::endian::little, "the header says '<f4'");
  constexpr std::size_t kPrefix = 10;
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(matrix.frames) + ", " + std::to_string(matrix.bins) + "), }";
  while ((kPrefix + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\x00';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  const std::size_t start = bytes.size();
  bytes.resize(start + matrix.values.size() * sizeof(float));
  std::memcpy(bytes.data() + start, matrix.values.data(), matrix.values.size() * sizeof(float));
  return bytes;
}

void run(const Options& options) {
  std::optional<pack::ModelPack> pack;
  if (!options.model.empty()) pack = pack::load(options.model);
  const features::FeatureSpec spec =
      pack ? pack->features : features::feature_spec_from_assignments(options.assignments);

  const Hertz rate{static_cast<double>(spec.sample_rate_hz)};
  const sound::Recording recording = sound::read_recording(options.file, rate);
  warn_of_flaws(recording, options.file);
  features::FeatureMatrix matrix = features::FeatureExtractor(spec).extract_clip(recording.samples);
  if (matrix.frames == 0) {
    throw DataError("'" + printable(options.file) + "': has " +
                    std::to_string(recording.samples.size()) + " samples at " +
                    std::to_string(spec.sample_rate_hz) + " Hz, less than one frame of " +
                    std::to_string(spec.frame_samples()) +
                    "; use a longer recording or a shorter features.frame_ms");
  }
  if (options.normalised) normalise(matrix, *pack, options.model);

  if (!options.npy.empty()) {
    write_file_atomically(options.npy, to_npy(matrix));
    return;
  }
  const std::string csv = to_csv(matrix);
  if (std::fwrite(csv.data(), 1, csv.size(), stdout) != csv.size() || std::fflush(stdout) != 0) {
    throw Error("standard output: cannot write all rows");
  }
}

}  // namespace

void add_features(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("features", "Print the feature rows of a recording, a row a frame");
  command->add_option("FILE", options->file, "A recording: WAV, FLAC or OGG, of any rate")
      ->required();
  CLI::Option* model =
      command->add_option("--model", options->model, "Take the front end of this .kws file");
  command
      ->add_option("--set", options->assignments,
                   "Change a key of the default front end: features.kind (mfcc, logmel),\n"
                   ".sample_rate_hz, .frame_ms, .hop_ms, .mels, .coeffs, .f_lo_hz, .f_hi_hz,\n"
                   ".spectrum (magnitude, power), .dct (tensorflow, orthonormal)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->excludes(model);
  CLI::Option* csv = command->add_flag("--csv")->description(
      "Comma-separated text on standard output (the default)");
  command->add_option("--npy", options->npy, "Write float32 [frames, bins] as a NumPy file instead")
      ->type_name("OUT")
      ->excludes(csv);
  command
      ->add_flag("--normalised", options->normalised,
                 "Subtract the model's mean of each bin and divide by its deviation")
      ->needs(model);
  command->footer(
      "Examples:\n"
      "  kws features yes.wav --set features.kind=logmel --set features.mels=20\n"
      "  kws features yes.wav --model models/ds-cnn-s.kws --normalised --npy yes.npy");
  command->callback([options] { run(*options); });
}

}  // namespace kws::cli
