// SPDX-License-Identifier: MIT
#include "cli/checks.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"

namespace kws::cli {

CLI::Validator number_within(double low, double high) {
  char range[64];
  std::snprintf(range, sizeof range, "%g to %g", low, high);
  return {[low, high, text = std::string(range)](const std::string& given) -> std::string {
            char* end = nullptr;
            const double value = std::strtod(given.c_str(), &end);
            const bool number = !given.empty() && *end == '\0' && std::isfinite(value);
            if (number && value >= low && value <= high) return "";
            return "'" + printable(given) + "' must be a number of " + text;
          },
          range};
}

void warn_of_flaws(const sound::Recording& recording, const std::string& name) {
  const auto shown = printable(name);
  if (recording.truncated) {
    std::fprintf(stderr, "kws: warning: '%s' is cut short; what is there is used\n", shown.c_str());
  }
  if (recording.non_finite_samples > 0) {
    std::fprintf(stderr, "kws: warning: '%s': %llu samples are not finite and count as 0\n",
                 shown.c_str(), static_cast<unsigned long long>(recording.non_finite_samples));
  }
}

}  // namespace kws::cli
