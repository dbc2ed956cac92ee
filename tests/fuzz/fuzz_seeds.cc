// SPDX-License-Identifier: MIT
//
// fuzz_seeds FOLDER: small valid inputs for the targets to start from, in FOLDER/pack and
// FOLDER/contents. Recipes come from config/recipes.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

#include "base/atomic_file.h"
#include "pack/sample_pack.h"

namespace {

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "pack");
  std::filesystem::create_directories(folder / "contents");
  for (const auto& pack : {kws::testing::small_pack(), kws::testing::every_operation_pack(),
                           kws::testing::int8_pack()}) {
    kws::pack::save(pack, folder / "pack" / (pack.name + ".kws"));
    const auto parts = kws::testing::parts_of(pack);
    std::string contents = parts.manifest;
    contents += '\0';
    contents.append(reinterpret_cast<const char*>(parts.weights.data()), parts.weights.size());
    kws::write_file_atomically(folder / "contents" / pack.name, contents);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
    return 2;
  }
  try {
    write_seeds(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fuzz_seeds: %s\n", error.what());
    return 1;
  }
  return 0;
}
