// SPDX-License-Identifier: MIT
//
// Fuzzes the recipe reader: TOML, `--set` overrides, every table of a recipe, and the network it
// describes. Lines that begin with "#set " are applied as overrides.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "config/document.h"
#include "train/recipe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kSet = "#set ";
  try {
    auto document = kws::config::Table::parse(text, "fuzz.toml");
    for (const auto& line : kws::split(text, '\n')) {
      if (line.starts_with(kSet)) document.set(line.substr(kSet.size()));
    }
    const auto printed = document.to_toml();
    if (printed.size() <= kws::config::kMaxDocumentBytes &&
        kws::config::Table::parse(printed, "again.toml").to_toml() != printed) {
      std::abort();
    }
    const auto recipe = kws::train::read_recipe(document);
    (void)kws::train::build_graph(recipe);
  } catch (const kws::ConfigError&) {
  } catch (const kws::ModelError&) {
  }
  return 0;
}
