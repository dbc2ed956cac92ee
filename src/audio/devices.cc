// SPDX-License-Identifier: MIT
#include "audio/devices.h"

#include <portaudio.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "audio/portaudio_session.h"
#include "base/error.h"
#include "base/text.h"

namespace kws::audio {
namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string list(std::span<const Device> devices) {
  std::string text;
  for (const auto& device : devices) {
    text += "\n  " + std::to_string(device.index) + "  " + device.name + " (" + device.host + ")";
  }
  return text;
}

bool is_capture_node(const std::string& name) {  // pcmC0D0c
  return name.starts_with("pcm") && name.ends_with("c");
}

}  // namespace

std::vector<Device> input_devices() {
  const PortAudioSession session;
  const auto lock = portaudio_lock();
  std::vector<Device> devices;
  const PaDeviceIndex preferred = ::Pa_GetDefaultInputDevice();
  for (PaDeviceIndex index = 0; index < ::Pa_GetDeviceCount(); ++index) {
    const PaDeviceInfo* info = ::Pa_GetDeviceInfo(index);
    if (info == nullptr || info->maxInputChannels < 1) continue;
    const PaHostApiInfo* host = ::Pa_GetHostApiInfo(info->hostApi);
    Device device;
    device.index = index;
    device.name = printable(info->name);
    device.host = host != nullptr ? printable(host->name) : "?";
    device.channels = info->maxInputChannels;
    device.default_rate = Hertz{info->defaultSampleRate};
    device.is_default = index == preferred;
    // PortAudio names ALSA's hardware "card: device (hw:0,0)".
    device.has_native_rate =
        host == nullptr || host->type != paALSA || device.name.find("(hw:") != std::string::npos;
    devices.push_back(std::move(device));
  }
  return devices;
}

const Device& select_device(std::span<const Device> devices, const std::string& wanted) {
  if (devices.empty()) throw DeviceError(no_microphone());
  if (wanted.empty()) {
    const auto marked = std::find_if(devices.begin(), devices.end(),
                                     [](const Device& device) { return device.is_default; });
    return marked != devices.end() ? *marked : devices.front();
  }
  int index = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
  if (error == std::errc() && end == wanted.data() + wanted.size()) {
    for (const auto& device : devices) {
      if (device.index == index) return device;
    }
    throw DeviceError("no microphone has the index " + wanted + "; there are:" + list(devices));
  }
  for (const auto& device : devices) {
    if (device.name == wanted) return device;
  }
  std::vector<Device> matches;
  const Device* match = nullptr;
  for (const auto& device : devices) {
    if (lower(device.name) == lower(wanted)) return device;
    if (lower(device.name).find(lower(wanted)) == std::string::npos) continue;
    matches.push_back(device);
    match = &device;
  }
  const std::string quoted = "'" + printable(wanted) + "'";
  if (matches.empty()) {
    throw DeviceError("no microphone is called " + quoted + "; there are:" + list(devices));
  }
  if (matches.size() > 1) {
    throw DeviceError("more than one microphone is called " + quoted +
                      "; take the index or more of the name:" + list(matches));
  }
  return *match;
}

std::string no_microphone() {
  std::string reason = "nothing is plugged in";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/snd", ignored)) {
    if (!is_capture_node(entry.path().filename().string())) continue;
    reason =
        "a sound card is there, but gave no device that records (is another program using it?)";
    if (::access(entry.path().c_str(), R_OK | W_OK) != 0) {
      reason = "'" + entry.path().string() + "' is there, but this user may not open it: add the " +
               "user to the group audio (sudo usermod -aG audio $USER) and log in again";
      break;
    }
  }
  return "no microphone: " + reason +
         ". `arecord -l` lists what the system sees. Sound may also come from a file "
         "(--input FILE) or a pipe (--input -)";
}

}  // namespace kws::audio
