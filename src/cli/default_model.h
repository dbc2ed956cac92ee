// SPDX-License-Identifier: MIT
//
// Finds what is shipped with the program: the default model and the demo recording.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace kws::cli {

inline constexpr char kDefaultModel[] = "models/ds-cnn-s.kws";
inline constexpr char kDemoRecording[] = "models/demo/demo.flac";

/// A file by its path in the source tree: looked for from the program's own folder upwards (a build
/// lies inside the sources) and in share/kws beside each (an installation), then from the current
/// folder.
[[nodiscard]] std::optional<std::filesystem::path> find_shipped(
    const std::filesystem::path& relative);

/// `asked` (--model) if not empty, else $KWS_MODEL, else the shipped kDefaultModel. Throws
/// UsageError when there is none of them; whether the file can be loaded is for the loader to say.
[[nodiscard]] std::filesystem::path find_model(const std::string& asked);

}  // namespace kws::cli
