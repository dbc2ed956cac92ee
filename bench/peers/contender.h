// SPDX-License-Identifier: MIT
//
// One way to compute a network on one thread. All of them get the features as 32-bit floats and
// give logits as such; whatever an engine converts in between is part of its time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/plan.h"
#include "peers/network.h"

namespace kws::peers {

enum class Precision : std::uint8_t { kFloat32, kInt8 };

class Contender {
 public:
  virtual ~Contender() = default;
  /// What is timed.
  virtual void run() = 0;
  /// For Network::input.
  [[nodiscard]] virtual std::vector<float> logits() = 0;
};

/// `library`: path of libonnxruntime.so. Its sessions stay until the program ends. Throws
/// std::runtime_error with what the library says.
[[nodiscard]] std::unique_ptr<Contender> onnx_runtime(const Network& network, Precision precision,
                                                      const std::string& library);

/// Throws dnnl::error.
[[nodiscard]] std::unique_ptr<Contender> onednn(const Network& network, Precision precision);

/// Throws std::runtime_error.
[[nodiscard]] std::unique_ptr<Contender> xnnpack(const Network& network, Precision precision);

/// Ours, all of the context `input` at once.
[[nodiscard]] std::unique_ptr<Contender> our_window(const nn::Model& model,
                                                    const std::vector<float>& input);
/// Ours, a row of `input` at a time, again and again from the first.
[[nodiscard]] std::unique_ptr<Contender> our_hop(const nn::Model& model,
                                                 const std::vector<float>& input);

}  // namespace kws::peers
