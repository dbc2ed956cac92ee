// SPDX-License-Identifier: MIT
//
// Batch normalisation (Ioffe & Szegedy 2015), per channel, and sub-spectral normalisation (Chang
// et al. 2021), per channel and band of frequencies: with one band they are the same. Followed by
// a ReLU, which comes free while the values are at hand.
//
//   y = γ·x̂ + β,   x̂ = (x − μ)/√(σ² + ε),   over the M values of a channel in the whole batch
//   dβ = Σ dy,   dγ = Σ dy·x̂,   dx = γ/√(σ² + ε) · (dy − dβ/M − x̂·dγ/M)
//
// Running statistics take the unbiased variance, as PyTorch's do.
#include <algorithm>
#include <cmath>
#include <vector>

#include "train/aligned.h"
#include "train/layers.h"
#include "train/vector.h"

namespace kws::train {
namespace {

enum Port : std::size_t { kGamma, kBeta, kMean, kVariance };

class NormLayer final : public Layer {
 public:
  NormLayer(const nn::Shape& shape, int bands, float epsilon, float momentum, std::size_t batch,
            bool relu)
      : times_(static_cast<std::size_t>(shape.time)),
        bands_(static_cast<std::size_t>(bands)),
        rows_(static_cast<std::size_t>(shape.freq) / bands_),
        channels_(static_cast<std::size_t>(shape.channels)),
        statistics_(bands_ * channels_),
        epsilon_(static_cast<double>(epsilon)),
        momentum_(static_cast<double>(momentum)),
        relu_(relu),
        first_sums_(batch * statistics_),
        second_sums_(batch * statistics_),
        factor_(statistics_),
        offset_(statistics_),
        slope_(statistics_),
        constant_(statistics_) {}

  [[nodiscard]] bool rereads_input() const override { return true; }
  [[nodiscard]] bool needs_whole_batch() const override { return true; }
  [[nodiscard]] bool cheap_to_repeat() const override { return true; }

  /// Outside training the running statistics stand in for those of the batch.
  void prepare(const Pass& pass) override {
    if (pass.training) return;
    for (std::size_t c = 0; c < statistics_; ++c) {
      set_factor(c, static_cast<double>(ports_.parameters[kMean].value[c]),
                 static_cast<double>(ports_.parameters[kVariance].value[c]));
    }
  }

  /// Per channel of this sample: the mean and the sum of squared distances from it.
  void collect(const Pass& /*pass*/, const Slot& slot) override {
    const float* input = ports_.inputs[0].at(slot);
    float* means = first_sums_.data() + slot.sample * statistics_;
    float* squares = second_sums_.data() + slot.sample * statistics_;
    const float share = 1.0F / static_cast<float>(times_ * rows_);
    over_bands<4>([&]<typename G>(std::size_t first, std::size_t c) {
      auto sums = G::zeros();
      for_each_row(first, [&](std::size_t at) { sums.add(input + at); });
      for (auto& sum : sums.values) sum *= share;
      sums.write(means + c);
      auto distances = G::zeros();
      for_each_row(first, [&](std::size_t at) {
        for_each_in<G>([&](std::size_t v, std::size_t offset) {
          const auto distance = load<typename G::Vector>(input + at + offset) - sums.values[v];
          distances.values[v] += distance * distance;
        });
      });
      distances.write(squares + c);
    });
  }

  /// Joins the samples in their order (Chan, Golub, LeVeque 1983, eq. 2.1).
  void finish_collecting(const Pass& pass) override {
    const double values = static_cast<double>(times_ * rows_);
    for (std::size_t c = 0; c < statistics_; ++c) {
      double mean = 0.0;
      double squares = 0.0;
      double count = 0.0;
      for (std::size_t sample = 0; sample < pass.samples; ++sample) {
        const std::size_t at = sample * statistics_ + c;
        const double distance = static_cast<double>(first_sums_.data()[at]) - mean;
        const double joined = count + values;
        mean += distance * values / joined;
        squares += static_cast<double>(second_sums_.data()[at]) +
                   distance * distance * count * values / joined;
        count = joined;
      }
      set_factor(c, mean, squares / count);
      move_running(kMean, c, mean);
      move_running(kVariance, c, count > 1.0 ? squares / (count - 1.0) : 0.0);
    }
  }

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* input = ports_.inputs[0].at(slot);
    float* output = ports_.output.at(slot);
    over_bands<8>([&]<typename G>(std::size_t first, std::size_t c) {
      const Affine<G> affine(*this, c);
      for_each_row(first, [&](std::size_t at) {
        for_each_in<G>([&](std::size_t v, std::size_t offset) {
          const auto y = affine.apply(v, load<typename G::Vector>(input + at + offset));
          store(output + at + offset, relu_ ? positive_part(y) : y);
        });
      });
    });
  }

  /// Per channel of this sample: Σ dy and Σ dy·(x − mean), from the sample's own mean, so that
  /// nothing large cancels.
  void collect_gradient(const Pass& /*pass*/, const Slot& slot) override {
    const float* input = ports_.inputs[0].at(slot);
    const float* gradient = ports_.output_gradient.at(slot);
    const std::size_t own = slot.sample * statistics_;
    over_bands<4>([&]<typename G>(std::size_t first, std::size_t c) {
      using V = typename G::Vector;
      const Affine<G> affine(*this, c);
      const auto means = G::read(first_sums_.data() + own + c);
      auto sums = G::zeros();
      auto products = G::zeros();
      for_each_row(first, [&](std::size_t at) {
        for_each_in<G>([&](std::size_t v, std::size_t offset) {
          const V x = load<V>(input + at + offset);
          const V dy = affine.gradient(v, load<V>(gradient + at + offset), x);
          sums.values[v] += dy;
          products.values[v] += dy * (x - means.values[v]);
        });
      });
      sums.write(gradient_sums_.data() + own + c);
      products.write(second_sums_.data() + own + c);
    });
  }

  void finish_gradient(const Pass& pass) override {
    const double values = static_cast<double>(times_ * rows_ * pass.samples);
    for (std::size_t c = 0; c < statistics_; ++c) {
      double sum = 0.0;
      double product = 0.0;  // Σ dy·(x − μ)
      for (std::size_t sample = 0; sample < pass.samples; ++sample) {
        const std::size_t at = sample * statistics_ + c;
        const double sample_sum = static_cast<double>(gradient_sums_.data()[at]);
        const double from_mean = static_cast<double>(first_sums_.data()[at]) - batch_mean_[c];
        sum += sample_sum;
        product += static_cast<double>(second_sums_.data()[at]) + sample_sum * from_mean;
      }
      const double gamma_gradient = product * inverse_deviation_[c];
      // All shards together give this; it is added to the first.
      ports_.parameters[kGamma].gradient[c] += static_cast<float>(gamma_gradient);
      ports_.parameters[kBeta].gradient[c] += static_cast<float>(sum);
      // dx = factor·dy + slope·x + constant
      const double factor =
          static_cast<double>(ports_.parameters[kGamma].value[c]) * inverse_deviation_[c];
      const double slope = -factor * gamma_gradient * inverse_deviation_[c] / values;
      slope_.data()[c] = static_cast<float>(slope);
      constant_.data()[c] = static_cast<float>(-factor * sum / values - slope * batch_mean_[c]);
    }
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    if (!ports_.input_gradients[0]) return;
    const float* input = ports_.inputs[0].at(slot);
    const float* gradient = ports_.output_gradient.at(slot);
    float* input_gradient = ports_.input_gradients[0].at(slot);
    over_bands<8>([&]<typename G>(std::size_t first, std::size_t c) {
      using V = typename G::Vector;
      const Affine<G> affine(*this, c);
      const float* slope = slope_.data() + c;
      const float* constant = constant_.data() + c;
      for_each_row(first, [&](std::size_t at) {
        for_each_in<G>([&](std::size_t v, std::size_t offset) {
          const V x = load<V>(input + at + offset);
          const V dy = affine.gradient(v, load<V>(gradient + at + offset), x);
          store(input_gradient + at + offset,
                affine.factor.values[v] * dy +
                    (load<V>(slope + offset) * x + load<V>(constant + offset)));
        });
      });
    });
  }

 private:
  /// y = factor·x + offset of a group of channels, and the way back through the ReLU behind it.
  template <typename G>
  struct Affine {
    using V = typename G::Vector;

    Affine(const NormLayer& layer, std::size_t c)
        : factor(G::read(layer.factor_.data() + c)),
          offset(G::read(layer.offset_.data() + c)),
          relu(layer.relu_) {}

    [[nodiscard, gnu::always_inline]] V apply(std::size_t v, V x) const {
      return x * factor.values[v] + offset.values[v];
    }
    [[nodiscard, gnu::always_inline]] V gradient(std::size_t v, V gradient, V x) const {
      return relu ? where_positive(apply(v, x), gradient) : gradient;
    }

    G factor;
    G offset;
    bool relu;
  };

  /// work<G>(first, c) over the groups of channels in each band: `first` is where the first row of
  /// the group lies in a sample, c where its statistics are. Wide groups read memory in its order,
  /// narrow ones leave registers for sums.
  template <std::size_t kWidest, typename Work>
  void over_bands(const Work& work) const {
    for (std::size_t band = 0; band < bands_; ++band) {
      over_groups<kWidest>(channels_, [&]<typename G>(std::size_t c) {
        work.template operator()<G>(band * rows_ * channels_ + c, band * channels_ + c);
      });
    }
  }

  /// work(at) for every row of the band that `first` lies in.
  template <typename Work>
  [[gnu::always_inline]] void for_each_row(std::size_t first, const Work& work) const {
    const std::size_t times = bands_ == 1 ? 1 : times_;  // without bands all rows are one run
    const std::size_t rows = bands_ == 1 ? times_ * rows_ : rows_;
    for (std::size_t time = 0; time < times; ++time) {
      std::size_t at = first + time * bands_ * rows_ * channels_;
      for (std::size_t row = 0; row < rows; ++row, at += channels_) work(at);
    }
  }

  void set_factor(std::size_t c, double mean, double variance) {
    batch_mean_[c] = mean;
    inverse_deviation_[c] = 1.0 / std::sqrt(variance + epsilon_);
    const double factor =
        static_cast<double>(ports_.parameters[kGamma].value[c]) * inverse_deviation_[c];
    factor_.data()[c] = static_cast<float>(factor);
    offset_.data()[c] =
        static_cast<float>(static_cast<double>(ports_.parameters[kBeta].value[c]) - mean * factor);
  }

  void move_running(Port port, std::size_t c, double measured) {
    float& running = ports_.parameters[port].value[c];
    running =
        static_cast<float>((1.0 - momentum_) * static_cast<double>(running) + momentum_ * measured);
  }

  std::size_t times_;
  std::size_t bands_;
  std::size_t rows_;  // frequencies of a band
  std::size_t channels_;
  std::size_t statistics_;  // bands * channels, band by band
  double epsilon_;
  double momentum_;
  bool relu_;
  // Per sample and statistic: its mean, and first Σ(x − mean)², on the way back Σ dy·(x − mean).
  AlignedFloats first_sums_;
  AlignedFloats second_sums_;
  AlignedFloats gradient_sums_{first_sums_.size()};  // Σ dy
  std::vector<double> batch_mean_ = std::vector<double>(statistics_);
  std::vector<double> inverse_deviation_ = std::vector<double>(statistics_);
  AlignedFloats factor_;  // y = factor·x + offset
  AlignedFloats offset_;
  AlignedFloats slope_;  // dx = factor·dy + slope·x + constant
  AlignedFloats constant_;
};

}  // namespace

LayerPtr make_norm(const nn::Graph& graph, const nn::Node& node, std::size_t batch, bool relu) {
  const auto& shape = graph.tensors[node.inputs[0]].shape;
  if (const auto* sub = std::get_if<nn::SubSpectralNorm>(&node.attributes)) {
    return std::make_unique<NormLayer>(shape, sub->bands, sub->epsilon, sub->momentum, batch, relu);
  }
  const auto& norm = std::get<nn::BatchNorm>(node.attributes);
  return std::make_unique<NormLayer>(shape, 1, norm.epsilon, norm.momentum, batch, relu);
}

}  // namespace kws::train
