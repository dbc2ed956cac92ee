// SPDX-License-Identifier: MIT
//
// For the sources that are compiled once per instruction set, each time with KWS_INSTRUCTION_SET as
// the name of the namespace that keeps the copies apart: what kernel_set.cc collects from them.
#pragma once

#include "engine/kernels/f32/kernels.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {

MakeConv2d conv2d;
MakeDepthwise depthwise;
MakeDense dense;
MakeInputNorm input_norm;
MakeAffine affine;
MakeClamp clamp;
MakeActivation hard_swish;
MakeActivation swish;
MakeCombination add;
MakeCombination multiply;
MakeConcat concat;
MakePool average_pool;
MakePool max_pool;
MakeMean mean;
MakeActivation row_sums;
MakeActivation mean_of_row_sums;
MakeActivation softmax;
MakeDense sparse_pointwise;
MakeDense sparse_dense;

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
