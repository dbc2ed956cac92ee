// SPDX-License-Identifier: MIT
//
// One node of the Graph as the trainer sees it: it runs forward and backward on one sample at a
// time. Network (network.h) decides the order, the threads and where tensors lie.
//
// A batch is cut into kShards runs of neighbouring samples, whatever the number of threads. Each
// shard sums its own weight gradients and the shards are added in order, and what a batch norm
// needs of the whole batch is summed in the order of the samples. So the result is the same to the
// last bit for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "nn/weights.h"

namespace kws::train {

inline constexpr std::size_t kShards = 8;

/// What holds for all samples of one pass.
struct Pass {
  bool training = false;                  // batch statistics, dropout
  std::uint64_t seed = 0;                 // of dropout
  std::uint64_t step = 0;                 // of dropout
  std::size_t samples = 0;                // in this batch
  const float* features = nullptr;        // [samples, input elements]
  std::span<const std::uint32_t> labels;  // [samples]; empty: no loss wanted
  std::span<const float> teacher;         // [samples, labels], softened; empty: none
};

/// One sample, and who works on it.
struct Slot {
  std::size_t sample = 0;
  std::size_t thread = 0;
  std::size_t shard = 0;
};

/// Where a tensor of each sample lies: one place per sample for what later phases read again, one
/// per thread for what is used up at once and so stays in that core's cache.
struct Buffer {
  float* data = nullptr;
  std::size_t per_sample = 0;
  std::size_t per_thread = 0;

  explicit operator bool() const { return data != nullptr; }
  [[nodiscard]] float* at(const Slot& slot) const {
    return data + slot.sample * per_sample + slot.thread * per_thread;
  }
};

/// A parameter of a layer. Statistics have no gradient.
struct Parameter {
  float* value = nullptr;  // in nn::Weights
  std::size_t size = 0;
  float* gradient = nullptr;  // of shard 0
  std::size_t per_shard = 0;

  [[nodiscard]] float* gradient_at(const Slot& slot) const {
    return gradient + slot.shard * per_shard;
  }
};

/// What a layer is connected to. Valid for the life of the Network.
struct Ports {
  std::vector<Buffer> inputs;
  std::vector<Buffer> input_gradients;  // without data where nobody wants it
  Buffer output;
  Buffer output_gradient;
  Buffer scratch;                     // scratch_floats() per thread
  std::vector<Parameter> parameters;  // as nn::parameters(graph, node)
};

class Layer {
 public:
  virtual ~Layer() = default;
  Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // What backward() looks at apart from the gradient of its output.
  [[nodiscard]] virtual bool rereads_input() const { return false; }
  [[nodiscard]] virtual bool rereads_output() const { return false; }
  [[nodiscard]] virtual std::size_t scratch_floats() const { return 0; }
  /// Whether forward() costs so little next to reading its output back from memory that it is run
  /// again on the way back where the output is reread.
  [[nodiscard]] virtual bool cheap_to_repeat() const { return false; }

  void connect(Ports ports) { ports_ = std::move(ports); }

  /// Once before every pass, on one thread: weights into the order that the kernels like.
  virtual void prepare(const Pass& /*pass*/) {}

  /// Fills the output of one sample from its inputs.
  virtual void forward(const Pass& pass, const Slot& slot) = 0;

  /// Fills the gradients of the inputs that are wanted and adds to those of the parameters.
  virtual void backward(const Pass& pass, const Slot& slot) = 0;

  // A layer that must have seen the whole batch before it can go on. In training, collect() is
  // called for every sample, then finish_collecting() on one thread, then forward(); on the way
  // back collect_gradient(), finish_gradient(), backward() likewise.
  [[nodiscard]] virtual bool needs_whole_batch() const { return false; }
  virtual void collect(const Pass& /*pass*/, const Slot& /*slot*/) {}
  virtual void finish_collecting(const Pass& /*pass*/) {}
  virtual void collect_gradient(const Pass& /*pass*/, const Slot& /*slot*/) {}
  virtual void finish_gradient(const Pass& /*pass*/) {}

 protected:
  Ports ports_;
};

/// The layer for a node; `relu` asks a norm to apply a ReLU as well. `batch` is the most samples a
/// pass has. Throws ModelError naming the layer when the trainer cannot differentiate it.
[[nodiscard]] std::unique_ptr<Layer> make_layer(const nn::Graph& graph, const nn::Node& node,
                                                std::size_t batch, bool relu);

}  // namespace kws::train
