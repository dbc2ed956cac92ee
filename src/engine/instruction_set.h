// SPDX-License-Identifier: MIT
//
// Which vector instructions the kernels may use. The program holds kernels for several sets; a plan
// takes the best that the processor has, or the one that KWS_KERNELS names.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace kws::engine {

/// Each architecture's from plain to fast.
enum class InstructionSet : std::uint8_t {
  kReference,    // plain loops in double precision: slow, for comparing
  kGeneric,      // what every processor of the architecture has (x86-64: SSE2)
  kAvx2,         // AVX2 and FMA
  kAvx512,       // AVX-512 F, BW, CD, DQ, VL
  kAvx512Vnni,   // and VNNI: int8 dot products
  kNeon,         // what every aarch64 has
  kNeonDotprod,  // and int8 dot products
};

/// "reference", "generic", "avx2", "avx512", "avx512vnni", "neon", "neon-dotprod".
[[nodiscard]] std::string_view to_string(InstructionSet set);

/// Those that this program has kernels for, from plain to fast.
[[nodiscard]] std::vector<InstructionSet> built_instruction_sets();

/// Those of them that this processor and its operating system can run, from plain to fast.
[[nodiscard]] std::vector<InstructionSet> available_instruction_sets();

/// The available one called `name`, the fastest for an empty name. Throws ConfigError that lists
/// the available ones.
[[nodiscard]] InstructionSet find_instruction_set(std::string_view name);

/// What the environment variable KWS_KERNELS names, or the fastest. Throws as
/// find_instruction_set() does. Not real-time.
[[nodiscard]] InstructionSet chosen_instruction_set();

}  // namespace kws::engine
