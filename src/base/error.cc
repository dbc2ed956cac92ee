// SPDX-License-Identifier: MIT
#include "base/error.h"

namespace kws {

std::string describe(const std::exception& error) {
  std::string text = error.what();
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception& inner) {
    text += ": " + describe(inner);
  } catch (...) {
    text += ": unknown error";
  }
  return text;
}

int exit_code(const std::exception& error) {
  if (dynamic_cast<const UsageError*>(&error) != nullptr) return 2;
  if (dynamic_cast<const ConfigError*>(&error) != nullptr) return 2;
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception& inner) {
    return exit_code(inner);
  } catch (...) {
    return 1;
  }
  return 1;
}

}  // namespace kws
