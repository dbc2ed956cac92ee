// SPDX-License-Identifier: MIT
//
// For the sources that are compiled once per instruction set, each time with KWS_INSTRUCTION_SET as
// the name of the namespace that keeps the copies apart: what kernel_set.cc collects from them.
#pragma once

#include "engine/kernels/s8/kernels.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {

MakeConv2d conv2d;
MakeDepthwise depthwise;
MakeDense dense;
MakeCombination add;
MakeCombination multiply;
MakePool average_pool;
MakePool max_pool;
MakeQuantize quantize;
MakeMean mean;
MakeRowSums row_sums;
MakeMeanOfRowSums mean_of_row_sums;
MakeDense sparse_pointwise;

}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
