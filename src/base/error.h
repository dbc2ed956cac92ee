// SPDX-License-Identifier: MIT
//
// What setup and offline code throws. A message names the file, key or layer, what was found,
// what was wanted and what to try; callers add context with std::throw_with_nested.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>

namespace kws {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The command line asks for what cannot be. Exit code 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// A recipe or configuration file: unknown key, wrong type, value out of range. Exit code 2.
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// A model file, graph or weight that is damaged, hostile or impossible.
class ModelError : public Error {
 public:
  using Error::Error;
};

/// Recordings, label files, data folders.
class DataError : public Error {
 public:
  using Error::Error;
};

/// Microphones and other devices.
class DeviceError : public Error {
 public:
  using Error::Error;
};

/// The messages of `error` and of everything nested in it, outermost first, joined by ": ".
[[nodiscard]] std::string describe(const std::exception& error);

/// 2 for UsageError and ConfigError, 1 for everything else. Looks at the outermost and at what is
/// nested in it.
[[nodiscard]] int exit_code(const std::exception& error);

}  // namespace kws
