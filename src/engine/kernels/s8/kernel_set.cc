// SPDX-License-Identifier: MIT
//
// All kernels of one instruction set, for select.cc.
#include "engine/kernels/s8/factories.h"
#include "engine/kernels/s8/sparse_costs.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {

extern const KernelSet kKernels;
constinit const KernelSet kKernels{
    .conv2d = conv2d,
    .depthwise = depthwise,
    .dense = dense,
    .add = add,
    .multiply = multiply,
    .average_pool = average_pool,
    .max_pool = max_pool,
    .quantize = quantize,
    .mean = mean,
    .row_sums = row_sums,
    .mean_of_row_sums = mean_of_row_sums,
    .sparse_pointwise = sparse_pointwise,
    .sparse = {.lanes = kBytes,
               .max_inputs = kSparseMaxInputs,
               .nonzero = kNonzero,
               .transposed = kTransposed},
};

}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
