// SPDX-License-Identifier: MIT
//
// A network as an ONNX model: input "features" [1, 1, frames, bins], output "logits" [1, labels].
#pragma once

#include <string>

#include "peers/contender.h"

namespace kws::peers {

/// The serialised ModelProto. For int8, activations are unsigned per tensor (0 at 0 behind a ReLU)
/// and weights signed per channel, written down as QuantizeLinear and DequantizeLinear around each
/// layer: what quantisation tools emit and ONNX Runtime fuses into its int8 kernels.
[[nodiscard]] std::string onnx_model(const Network& network, Precision precision);

}  // namespace kws::peers
