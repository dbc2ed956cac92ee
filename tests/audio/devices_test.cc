// SPDX-License-Identifier: MIT
#include "audio/devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace kws::audio {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Device> some_devices() {
  const auto device = [](int index, const char* name, bool is_default) {
    Device made;
    made.index = index;
    made.name = name;
    made.host = "ALSA";
    made.channels = 1;
    made.default_rate = Hertz{44100.0};
    made.is_default = is_default;
    return made;
  };
  return {device(1, "USB Audio: - (hw:1,0)", false), device(3, "pulse", false),
          device(4, "default", true), device(7, "USB Camera: - (hw:2,0)", false)};
}

std::string error_of(const std::string& wanted) {
  try {
    (void)select_device(some_devices(), wanted);
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SelectDevice, TakesTheDefaultUnlessAsked) {
  auto devices = some_devices();
  EXPECT_EQ(select_device(devices, "").index, 4);
  devices[2].is_default = false;
  EXPECT_EQ(select_device(devices, "").index, 1);
}

TEST(SelectDevice, FindsByIndexNameAndPartOfTheName) {
  const auto devices = some_devices();
  EXPECT_EQ(select_device(devices, "7").index, 7);
  EXPECT_EQ(select_device(devices, "pulse").index, 3);
  EXPECT_EQ(select_device(devices, "PULSE").index, 3);
  EXPECT_EQ(select_device(devices, "camera").index, 7);
  EXPECT_EQ(select_device(devices, "hw:1,0").index, 1);
}

TEST(SelectDevice, AnExactNameBeatsAPart) {
  auto devices = some_devices();
  devices[0].name = "default usb";
  EXPECT_EQ(select_device(devices, "default").index, 4);
  EXPECT_EQ(select_device(devices, "Default").index, 4);
}

TEST(SelectDevice, WhatIsNotThereListsWhatIs) {
  EXPECT_THAT(error_of("headset"), AllOf(HasSubstr("'headset'"), HasSubstr("USB Audio"),
                                         HasSubstr("pulse"), HasSubstr("USB Camera")));
  EXPECT_THAT(error_of("2"), AllOf(HasSubstr("index 2"), HasSubstr("4  default")));
  EXPECT_THAT(error_of("99999999999"), HasSubstr("there are:"));
}

TEST(SelectDevice, APartOfSeveralNamesIsRefusedAndListsThose) {
  EXPECT_THAT(error_of("usb"), AllOf(HasSubstr("more than one"), HasSubstr("USB Audio"),
                                     HasSubstr("USB Camera"), Not(HasSubstr("pulse"))));
}

TEST(SelectDevice, NoneAtAllSaysWhatToDo) {
  try {
    (void)select_device({}, "");
    FAIL();
  } catch (const DeviceError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("no microphone"), HasSubstr("--input FILE")));
  }
}

TEST(SelectDevice, NamesOnTheCommandLineCannotSteerTheTerminal) {
  EXPECT_THAT(error_of("\x1b[2J"), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace kws::audio
