// SPDX-License-Identifier: MIT
#include "decide/settings_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace kws::decide {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Settings read(const std::string& text) {
  const auto document = config::Table::parse(text, "x.toml");
  const auto settings = read_settings(document.table_or_empty("decide"));
  document.reject_unknown();
  return settings;
}

std::string refusal(const std::string& text) {
  try {
    (void)read(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(SettingsToml, NothingGivesTheDefaults) { EXPECT_EQ(read(""), Settings{}); }

TEST(SettingsToml, WrittenIsReadBack) {
  Settings settings{.smoothing_ms = 333.3,
                    .threshold = 0.1 + 0.2,
                    .thresholds = {{"yes", 0.5}, {"a b.c", 1.0}},
                    .min_scores = 7,
                    .refractory_ms = 0.0,
                    .rearm_ratio = 1.0,
                    .patience = 2};
  config::Writer writer;
  writer.table("decide");
  write_settings(writer, settings, "decide");
  EXPECT_EQ(read(writer.text()), settings);
  settings.thresholds.clear();
  config::Writer plain;
  plain.table("decide");
  write_settings(plain, settings, "decide");
  EXPECT_EQ(read(plain.text()), settings);
}

TEST(SettingsToml, EveryPresetIsReadBackWhole) {
  for (const auto& name : preset_names()) {
    const auto settings = read("[decide]\npreset = \"" + name + "\"\n");
    EXPECT_EQ(settings, preset(name)) << name;
    config::Writer writer;
    writer.table("decide");
    write_settings(writer, settings, "decide");
    EXPECT_EQ(read(writer.text()), settings) << name;
  }
}

TEST(SettingsToml, KeysGoOverThePreset) {
  auto wanted = preset("tensorflow");
  wanted.patience = 3;
  EXPECT_EQ(read("[decide]\npatience = 3\npreset = \"tensorflow\"\n"), wanted);
}

TEST(SettingsToml, WhatCannotBeIsNamed) {
  EXPECT_THAT(refusal("[decide]\nthreshold = 1.5\n"),
              AllOf(HasSubstr("x.toml:2"), HasSubstr("'decide.threshold' is 1.5")));
  EXPECT_THAT(refusal("[decide]\nthreshold = nan\n"), HasSubstr("'decide.threshold'"));
  EXPECT_THAT(refusal("[decide]\nmin_scores = 0\n"), HasSubstr("'decide.min_scores'"));
  EXPECT_THAT(refusal("[decide]\nrefractory_ms = -1\n"), HasSubstr("'decide.refractory_ms'"));
  EXPECT_THAT(refusal("[decide.thresholds]\nyes = 2\n"), HasSubstr("'decide.thresholds.yes'"));
  EXPECT_THAT(refusal("[decide]\npreset = \"tensorflwo\"\n"),
              HasSubstr("did you mean 'tensorflow'?"));
  EXPECT_THAT(refusal("[decide]\ntreshold = 0.5\n"), HasSubstr("did you mean 'decide.threshold'?"));
}

}  // namespace
}  // namespace kws::decide
