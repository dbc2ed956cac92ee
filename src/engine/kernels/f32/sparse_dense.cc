// SPDX-License-Identifier: MIT
//
// A dense layer that leaves out the inputs whose weights are all zero. There is one position only,
// so vectors run over outputs as in dense.cc, and an input can be left out where it is zero for a
// whole vector of them.
//
// Order of sums for each output: as in dense.cc, without the inputs that are left out.
#include <algorithm>
#include <vector>

#include "engine/aligned_floats.h"
#include "engine/kernels/f32/factories.h"
#include "engine/kernels/f32/simd.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

constexpr std::int64_t kChains = 8;  // as many as dense.cc has

/// The inputs that one vector of outputs needs. Each chain's inputs in order; the chains take turns
/// for as long as all of them have inputs left (`together` times), then the rest follow.
struct Panel {
  std::int64_t begin = 0;  // first entry
  std::int64_t together = 0;
  std::int64_t rest = 0;  // entries behind those
};

struct Entry {
  std::int32_t input;
  std::int32_t chain;
};

class SparseDenseKernel final : public Kernel {
 public:
  SparseDenseKernel(std::int64_t inputs, std::int64_t outputs, std::span<const float> weight,
                    std::span<const float> bias, Bounds bounds)
      : outputs_(outputs), bounds_(bounds), bias_(bias, kLanes) {
    if (bias.empty()) bias_ = AlignedFloats(outputs + kLanes);
    for (std::int64_t first = 0; first < outputs; first += kLanes) {
      add_panel(inputs, first, weight);
    }
    weights_ = AlignedFloats(static_cast<std::int64_t>(entries_.size()) * kLanes);
    for (std::size_t e = 0, panel = 0; e < entries_.size(); ++e) {
      while (panel + 1 < panels_.size() &&
             static_cast<std::int64_t>(e) >= panels_[panel + 1].begin) {
        ++panel;
      }
      const auto first = static_cast<std::int64_t>(panel) * kLanes;
      const float* from = weight.data() + entries_[e].input * outputs + first;
      std::copy_n(from, std::min<std::int64_t>(kLanes, outputs - first),
                  weights_.data() + static_cast<std::int64_t>(e) * kLanes);
    }
  }

  void run(Inputs inputs, void* memory, RowRange) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    const float* x = floats(inputs[0]);
    std::int64_t first = 0;
    for (const Panel& panel : panels_) {
      const Entry* entry = entries_.data() + panel.begin;
      const float* w = weights_.data() + panel.begin * kLanes;
      Vec sums[kChains] = {load(bias_.data() + first)};
      for (std::int64_t i = 0; i < panel.together; ++i) {
#pragma GCC unroll 8
        for (std::int64_t chain = 0; chain < kChains; ++chain) {
          sums[chain] = multiply_add(broadcast(x[entry->input]), load(w), sums[chain]);
          ++entry;
          w += kLanes;
        }
      }
      for (std::int64_t i = 0; i < panel.rest; ++i) {
        Vec& sum = sums[entry->chain];
        sum = multiply_add(broadcast(x[entry->input]), load(w), sum);
        ++entry;
        w += kLanes;
      }
      const Vec sum =
          ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
      const Vec y = smaller(larger(sum, broadcast(bounds_.low)), broadcast(bounds_.high));
      store_up_to(output + first, y, outputs_ - first);
      first += kLanes;
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "sparse dense"; }

 private:
  void add_panel(std::int64_t inputs, std::int64_t first, std::span<const float> weight) {
    const std::int64_t channels = std::min<std::int64_t>(kLanes, outputs_ - first);
    std::vector<Entry> chains[kChains];
    for (std::int64_t i = 0; i < inputs; ++i) {
      bool needed = false;
      for (std::int64_t c = 0; c < channels; ++c) {
        needed |= weight[static_cast<std::size_t>(i * outputs_ + first + c)] != 0.0F;
      }
      const auto chain = i % kChains;
      if (needed) {
        chains[chain].push_back({static_cast<std::int32_t>(i), static_cast<std::int32_t>(chain)});
      }
    }
    std::size_t shortest = chains[0].size();
    std::size_t all = 0;
    for (const auto& chain : chains) {
      shortest = std::min(shortest, chain.size());
      all += chain.size();
    }
    panels_.push_back({.begin = static_cast<std::int64_t>(entries_.size()),
                       .together = static_cast<std::int64_t>(shortest),
                       .rest = static_cast<std::int64_t>(all - shortest * kChains)});
    for (std::size_t i = 0; i < shortest; ++i) {
      for (const auto& chain : chains) entries_.push_back(chain[i]);
    }
    for (const auto& chain : chains) {
      for (std::size_t i = shortest; i < chain.size(); ++i) entries_.push_back(chain[i]);
    }
  }

  std::int64_t outputs_;
  Bounds bounds_;
  AlignedFloats bias_;
  std::vector<Panel> panels_;  // by kLanes outputs
  std::vector<Entry> entries_;
  AlignedFloats weights_;  // [entries, kLanes]
};

}  // namespace

std::unique_ptr<Kernel> sparse_dense(const nn::Shape& in, const nn::Shape& out,
                                     std::span<const float> weight, std::span<const float> bias,
                                     Bounds bounds) {
  return std::make_unique<SparseDenseKernel>(in.time * in.freq * in.channels, out.channels, weight,
                                             bias, bounds);
}

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
