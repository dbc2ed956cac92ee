// SPDX-License-Identifier: MIT
//
// A Graph that runs over batches, forward and, for training, backward. Any graph of layers.h that
// ends in a softmax will do.
//
// A pass is cut into phases. Within one, a sample goes through as many layers as can be without
// knowing the other samples, so that it stays in the core's cache; only a batch norm, which needs
// the whole batch, ends a phase. Samples are spread over the threads in a fixed way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nn/weights.h"
#include "train/aligned.h"
#include "train/layer.h"
#include "train/softmax_loss.h"
#include "train/thread_team.h"

namespace kws::train {

enum class Purpose : std::uint8_t {
  kTraining,    // batch statistics, dropout; running statistics and gradients are updated
  kEvaluation,  // running statistics, no gradients
};

/// Weights that an optimiser moves, and where their gradient is.
struct TrainedParameter {
  std::string name;
  std::span<float> values;  // in the nn::Weights
  std::size_t offset = 0;   // into Network::gradient()
  bool decays = false;      // ParameterRole::kWeight
};

class Network {
 public:
  /// `weights` and `team` must outlive the network; the vectors in `weights` must keep their place.
  /// `batch` is the largest that will come. Throws ModelError naming the layer when it cannot be
  /// trained, ConfigError when such batches would not fit into kMaxBytes.
  Network(const nn::Graph& graph, nn::Weights& weights, std::size_t batch, Purpose purpose,
          ThreadTeam& team, const LossSettings& loss = {});
  ~Network();

  struct Outcome {
    double loss = 0.0;        // mean over the samples
    std::size_t correct = 0;  // samples whose label has the largest posterior
  };

  /// features: shape [labels.size(), frames, bins], not normalised.   labels: at most `batch`, each
  /// below the number of posteriors (asserted).
  /// Training: fills gradient() with that of the mean loss. (seed, step) decide what is dropped.
  /// teacher: shape [labels.size(), number of posteriors], softened posteriors, or empty.
  Outcome run(std::span<const float> features, std::span<const std::uint32_t> labels,
              std::uint64_t seed = 0, std::uint64_t step = 0, std::span<const float> teacher = {});

  /// Of the latest run, for one of its samples: shape [labels].
  [[nodiscard]] std::span<const float> posteriors(std::size_t sample) const;

  /// All that is trained, in the order of nn::parameters(graph).
  [[nodiscard]] const std::vector<TrainedParameter>& parameters() const { return trained_; }
  /// Of the latest run: shape [sum of the sizes of parameters()].
  [[nodiscard]] std::span<float> gradient() { return gradients_.span().first(gradient_size_); }

  static constexpr std::size_t kMaxBytes = std::size_t{8} << 30;

 private:
  struct Unit;    // a layer and the tensors it is connected to
  struct Layout;  // places tensors in memory
  enum class Call : std::uint8_t {
    kForward,
    kCollect,
    kBackward,
    kCollectGradient,
  };
  struct Task {
    std::size_t unit = 0;
    Call call = Call::kForward;
  };
  struct Phase {
    std::vector<Task> tasks;  // for each sample
    Layer* finish = nullptr;  // then this, once
    bool backward = false;    // finish is for the way back
  };
  /// A further gradient of a tensor that has several readers: it is added to the first one's.
  struct Addition {
    Buffer from;
    Buffer to;
    std::size_t elements = 0;
  };

  void make_units(const nn::Graph& graph, const LossSettings& loss);
  void make_phases(const nn::Graph& graph, Layout& layout);
  void connect(const nn::Graph& graph, nn::Weights& weights, Layout& layout);
  void run_phase(const Phase& phase, const Pass& pass, bool first);
  void run_task(const Task& task, const Pass& pass, const Slot& slot);
  void add_shards();

  std::size_t batch_;
  Purpose purpose_;
  ThreadTeam& team_;
  std::size_t input_elements_ = 0;
  std::size_t label_count_ = 0;
  std::vector<Unit> units_;
  std::vector<Phase> phases_;
  SoftmaxLoss* loss_ = nullptr;  // the last of units_
  Buffer input_;
  Buffer output_;
  std::vector<AlignedFloats> memory_;
  std::vector<TrainedParameter> trained_;
  std::size_t gradient_size_ = 0;
  std::size_t shard_stride_ = 0;
  AlignedFloats gradients_;  // [kShards, shard_stride_]; the sum ends up in shard 0
};

}  // namespace kws::train
