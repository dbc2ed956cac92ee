// SPDX-License-Identifier: MIT
//
// The constants of sparse_choice.h for the instruction set that this is compiled for.
#pragma once

#include "engine/kernels/s8/simd.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {
namespace {

/// Bytes of transposed inputs on the stack: what a first cache holds.
constexpr std::int64_t kSparseScratch = 32768;
constexpr std::int64_t kSparseMaxInputs = kSparseScratch / kBytes;

// Least squares over 64 to 256 channels, 57 to 480 positions and 50 to 95 % zeros on a Zen 5. NEON
// could not be measured: its constants are careful guesses.
#if defined(__AVX512VNNI__)
constexpr double kNonzero = 2.25;
constexpr double kTransposed = 16.0;
#elif defined(KWS_S8_AVX512)
constexpr double kNonzero = 1.15;
constexpr double kTransposed = 7.8;
#elif defined(KWS_S8_AVX2)
constexpr double kNonzero = 1.1;
constexpr double kTransposed = 6.8;
#elif defined(KWS_S8_NEON) && defined(__ARM_FEATURE_DOTPROD)
constexpr double kNonzero = 4.0;
constexpr double kTransposed = 16.0;
#elif defined(KWS_S8_NEON)
constexpr double kNonzero = 2.0;
constexpr double kTransposed = 8.0;
#else
constexpr double kNonzero = 1.2;
constexpr double kTransposed = 4.9;
#endif

}  // namespace
}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
