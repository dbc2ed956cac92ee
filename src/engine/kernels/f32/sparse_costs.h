// SPDX-License-Identifier: MIT
//
// The constants of sparse_choice.h for the instruction set that this is compiled for.
#pragma once

#include "engine/kernels/f32/simd.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

/// Floats of transposed inputs on the stack: what a first cache holds.
constexpr std::int64_t kSparseScratch = 8192;
constexpr std::int64_t kSparseMaxInputs = kSparseScratch / kLanes;

// Least squares over 64 to 256 channels, 57 to 480 positions and 50 to 95 % zeros on a Zen 5;
// within 15 % there. NEON could not be measured: its constants are careful guesses.
#if defined(__AVX512F__)
constexpr double kNonzero = 1.45;
constexpr double kTransposed = 5.7;
#elif defined(__AVX2__) && defined(__FMA__)
constexpr double kNonzero = 1.65;
constexpr double kTransposed = 5.4;
#elif defined(__aarch64__)
constexpr double kNonzero = 1.8;
constexpr double kTransposed = 6.0;
#else
constexpr double kNonzero = 1.1;
constexpr double kTransposed = 4.5;
#endif

}  // namespace
}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
