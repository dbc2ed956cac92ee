// SPDX-License-Identifier: MIT
#include "engine/instruction_set.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/text.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace kws::engine {
namespace {

/// The features that CMakeLists.txt lets the compiler use for each set, and no fewer.
bool is_supported(InstructionSet set) {
  switch (set) {
    case InstructionSet::kReference:
    case InstructionSet::kGeneric:
    case InstructionSet::kNeon:
      return true;
#if defined(__x86_64__)
    case InstructionSet::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case InstructionSet::kAvx512:
      return is_supported(InstructionSet::kAvx2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case InstructionSet::kAvx512Vnni:
      return is_supported(InstructionSet::kAvx512) && __builtin_cpu_supports("avx512vnni");
#elif defined(__aarch64__) && defined(__linux__)
    case InstructionSet::kNeonDotprod:
      return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#endif
    default:
      return false;
  }
}

std::string names(const std::vector<InstructionSet>& sets) {
  std::string text;
  for (const auto set : sets) text += (text.empty() ? "" : ", ") + std::string(to_string(set));
  return text;
}

}  // namespace

std::string_view to_string(InstructionSet set) {
  switch (set) {
    case InstructionSet::kReference:
      return "reference";
    case InstructionSet::kGeneric:
      return "generic";
    case InstructionSet::kAvx2:
      return "avx2";
    case InstructionSet::kAvx512:
      return "avx512";
    case InstructionSet::kAvx512Vnni:
      return "avx512vnni";
    case InstructionSet::kNeon:
      return "neon";
    case InstructionSet::kNeonDotprod:
      return "neon-dotprod";
  }
  return "?";
}

std::vector<InstructionSet> built_instruction_sets() {
  using enum InstructionSet;
#if defined(__x86_64__)
  return {kReference, kGeneric, kAvx2, kAvx512, kAvx512Vnni};
#elif defined(__aarch64__)
  return {kReference, kNeon, kNeonDotprod};
#else
  return {kReference, kGeneric};
#endif
}

std::vector<InstructionSet> available_instruction_sets() {
  auto sets = built_instruction_sets();
  std::erase_if(sets, [](auto set) { return !is_supported(set); });
  return sets;
}

InstructionSet find_instruction_set(std::string_view name) {
  const auto available = available_instruction_sets();
  if (name.empty()) return available.back();
  const auto found = std::find_if(available.begin(), available.end(),
                                  [&](auto set) { return to_string(set) == name; });
  if (found != available.end()) return *found;
  throw ConfigError("no kernels '" + printable(name) + "' for this processor: it has " +
                    names(available));
}

InstructionSet chosen_instruction_set() {
  const char* const wanted = std::getenv("KWS_KERNELS");
  try {
    return find_instruction_set(wanted == nullptr ? "" : wanted);
  } catch (const ConfigError& error) {
    throw ConfigError("KWS_KERNELS: " + std::string(error.what()));
  }
}

}  // namespace kws::engine
