// SPDX-License-Identifier: MIT
//
// Holds the shape of the house: a folder includes only the folders that it may know, and a
// third-party library is included from one folder only.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = KWS_SOURCE_DIR;

// Folder → the folders it may include besides itself. docs/architecture.md draws it.
const std::map<std::string, std::set<std::string>> kMayKnow{
    {"base", {}},
    {"config", {"base"}},
    {"sound", {"base"}},
    {"audio", {"base"}},
    {"features", {"base", "config"}},
    {"nn", {"base"}},
    {"engine", {"base", "nn"}},
    {"decide", {"base", "config"}},
    {"pack", {"base", "config", "features", "nn", "decide"}},
    {"lane", {"base", "features", "engine", "decide", "pack"}},
    {"live", {"base", "sound", "audio", "features", "nn", "engine", "decide", "pack", "lane"}},
    {"data", {"base", "config", "sound", "features", "decide"}},
    {"train", {"base", "config", "features", "nn", "engine", "decide", "pack", "data"}},
    {"compress", {"base", "features", "nn", "engine", "pack", "data"}},
    {"measure", {"base", "sound", "features", "nn", "engine", "decide", "pack", "lane", "data"}},
    {"tui", {"base", "live"}},
};

// Header (as written between < >) → the one folder that may include it.
const std::vector<std::pair<std::regex, std::string>> kLibraries{
    {std::regex("toml\\+\\+/.*"), "config"},
    {std::regex("sndfile\\.h|samplerate\\.h"), "sound"},
    {std::regex("portaudio\\.h|pa_.*\\.h"), "audio"},
    {std::regex("fftw3\\.h"), "features"},
    {std::regex("zip\\.h|zipconf\\.h"), "pack"},
    {std::regex("Eigen/.*"), "train"},
    {std::regex("openssl/.*"), "base"},
    {std::regex("ncurses.*|curses\\.h|panel\\.h|ncursesw/.*"), "tui"},
    {std::regex("CLI/.*|nlohmann/.*"), "cli"},
};

// The dashboard sees the recogniser through these alone.
const std::set<std::string> kTuiMaySee{"live/telemetry.h", "live/commands.h"};

struct Include {
  fs::path file;
  int line = 0;
  std::string folder;  // of the file
  std::string name;
  bool quoted = false;
};

std::vector<Include> includes() {
  std::vector<Include> found;
  const std::regex pattern(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  for (const auto* top : {"src", "tui"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / top)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      const auto relative = fs::relative(entry.path(), kRoot);
      auto part = relative.begin();
      const std::string folder = *part == "src" ? std::next(part)->string() : part->string();
      std::ifstream file(entry.path());
      int number = 0;
      for (std::string line; std::getline(file, line);) {
        ++number;
        std::smatch match;
        if (std::regex_search(line, match, pattern)) {
          found.push_back({relative, number, folder, match[2], match[1] == "\""});
        }
      }
    }
  }
  return found;
}

TEST(Includes, AreFoundAtAll) { EXPECT_GT(includes().size(), 100U); }

TEST(Includes, PointOneWay) {
  for (const auto& include : includes()) {
    if (!include.quoted) continue;
    const auto slash = include.name.find('/');
    ASSERT_NE(slash, std::string::npos)
        << include.file << ":" << include.line << ": write the path from the root of src";
    const auto target = include.name.substr(0, slash);
    if (target == include.folder || include.folder == "cli") continue;
    const auto known = kMayKnow.find(include.folder);
    ASSERT_NE(known, kMayKnow.end()) << include.file << ": a new folder; say here what it may know";
    EXPECT_TRUE(known->second.contains(target)) << include.file << ":" << include.line << ": "
                                                << include.folder << " must not know " << target;
  }
}

TEST(Includes, LetTheDashboardSeeSnapshotsAndCommandsOnly) {
  for (const auto& include : includes()) {
    if (include.folder != "tui" || !include.name.starts_with("live/")) continue;
    EXPECT_TRUE(kTuiMaySee.contains(include.name))
        << include.file << ":" << include.line << ": " << include.name;
  }
}

TEST(Includes, KeepEachLibraryInOneFolder) {
  for (const auto& include : includes()) {
    if (include.quoted) continue;
    for (const auto& [header, folder] : kLibraries) {
      if (!std::regex_match(include.name, header)) continue;
      EXPECT_EQ(include.folder, folder) << include.file << ":" << include.line << ": <"
                                        << include.name << "> belongs to " << folder;
    }
  }
}

TEST(Sources, NameTheirLicence) {
  for (const auto* top : {"src", "tui", "tests", "bench"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / top)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      std::ifstream file(entry.path());
      std::string line;
      std::getline(file, line);
      EXPECT_EQ(line, "// SPDX-License-Identifier: MIT") << entry.path();
    }
  }
}

}  // namespace
