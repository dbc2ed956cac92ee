// SPDX-License-Identifier: MIT
//
// `kws devices`: what can be recorded from, as a table or as JSON.
#include "audio/devices.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/commands.h"

namespace kws::cli {
namespace {

nlohmann::ordered_json as_json(const std::vector<audio::Device>& devices) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& device : devices) {
    nlohmann::ordered_json entry{{"index", device.index},     {"name", device.name},
                                 {"host", device.host},       {"inputs", device.channels},
                                 {"native_rate_hz", nullptr}, {"default", device.is_default}};
    if (device.has_native_rate) entry["native_rate_hz"] = device.default_rate.value;
    list.push_back(std::move(entry));
  }
  return list;
}

/// Columns a terminal needs: every UTF-8 sequence counts as one.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string padded(std::string text, std::size_t columns, bool right = false) {
  const std::string gap(columns - std::min(columns, width(text)), ' ');
  return right ? gap + text : text + gap;
}

void print_table(const std::vector<audio::Device>& devices) {
  std::size_t name_columns = 4;
  std::size_t host_columns = 4;
  for (const auto& device : devices) {
    name_columns = std::max(name_columns, width(device.name));
    host_columns = std::max(host_columns, width(device.host));
  }
  const auto line = [&](const std::string& index, const std::string& name, const std::string& host,
                        const std::string& inputs, const std::string& rate) {
    std::printf("%s  %s  %s  %s  %s\n", padded(index, 6, true).c_str(),
                padded(name, name_columns).c_str(), padded(host, host_columns).c_str(),
                padded(inputs, 6, true).c_str(), padded(rate, 11, true).c_str());
  };
  line("index", "name", "host", "inputs", "native rate");
  for (const auto& device : devices) {
    line((device.is_default ? "* " : "") + std::to_string(device.index), device.name, device.host,
         std::to_string(device.channels),
         device.has_native_rate ? std::to_string(std::lround(device.default_rate.value)) + " Hz"
                                : "any");
  }
  std::printf(
      "\n* is what --input mic takes; --input mic:NAME takes another, by index, name or a "
      "part of it.\n");
}

}  // namespace

void add_devices(CLI::App& app) {
  auto* command = app.add_subcommand("devices", "List the microphones");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json,
                    "An array of {index, name, host, inputs, native_rate_hz (null: any), default}");
  command->footer(
      "Exit code 1 when there is none.\n"
      "Examples:\n"
      "  kws devices\n"
      "  kws listen --input mic:USB");
  command->callback([json] {
    const auto devices = audio::input_devices();
    if (*json) {
      std::printf("%s\n", as_json(devices).dump(2).c_str());
    } else if (!devices.empty()) {
      print_table(devices);
    }
    if (devices.empty()) throw DeviceError(audio::no_microphone());
  });
}

}  // namespace kws::cli
