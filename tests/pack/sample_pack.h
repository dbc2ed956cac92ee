// SPDX-License-Identifier: MIT
//
// Models to put into packs, and packs taken apart and put together again otherwise.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pack/model_pack.h"

namespace kws::testing {

/// A network that fits a page: 2 labels, a 5x4 context, a few dozen weights.
[[nodiscard]] pack::ModelPack small_pack();

/// One node of every operation there is, every attribute off its default.
[[nodiscard]] pack::ModelPack every_operation_pack();

/// The small pack in int8, with three output channels so that weights end between multiples of 4
/// bytes.
pack::ModelPack int8_pack();

/// Values that hide nothing: random, none of them neutral, all of them possible. The same on every
/// machine: a uniform draw takes no mathematical library.
[[nodiscard]] nn::Weights random_weights(const nn::Graph& graph, std::uint64_t seed);

/// What lies inside the ZIP.
struct Parts {
  std::string manifest;
  std::vector<std::byte> weights;
};
[[nodiscard]] Parts parts_of(const pack::ModelPack& pack);

/// The ZIP around the parts, as pack::write() makes it, without any of its checks.
[[nodiscard]] std::vector<std::byte> assemble(const Parts& parts);

/// `text` with the first `from` replaced; fails the test when there is none.
[[nodiscard]] std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace kws::testing
