// SPDX-License-Identifier: MIT
//
// All kernels of one instruction set, for select.cc.
#include "engine/kernels/f32/factories.h"
#include "engine/kernels/f32/sparse_costs.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {

extern const KernelSet kKernels;
constinit const KernelSet kKernels{
    .conv2d = conv2d,
    .depthwise = depthwise,
    .dense = dense,
    .input_norm = input_norm,
    .affine = affine,
    .clamp = clamp,
    .hard_swish = hard_swish,
    .swish = swish,
    .add = add,
    .multiply = multiply,
    .concat = concat,
    .average_pool = average_pool,
    .max_pool = max_pool,
    .mean = mean,
    .row_sums = row_sums,
    .mean_of_row_sums = mean_of_row_sums,
    .softmax = softmax,
    .sparse_pointwise = sparse_pointwise,
    .sparse_dense = sparse_dense,
    .sparse = {.lanes = kLanes,
               .max_inputs = kSparseMaxInputs,
               .nonzero = kNonzero,
               .transposed = kTransposed},
};

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
