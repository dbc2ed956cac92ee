// SPDX-License-Identifier: MIT
//
// Which clip belongs to training, validation or testing: by the lists that come with Speech
// Commands, or by its rule where there are none.
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"

namespace kws::data {

/// The official rule (Speech Commands README, `which_set`): SHA-1 of the name before `_nohash_`,
/// modulo 2^27, scaled to 0…100; below 10 is validation, below 20 testing. A name without
/// `_nohash_` is hashed whole, with the ending .wav that it has in the original.
[[nodiscard]] Split split_by_hash(std::string_view stem);

class SplitRule {
 public:
  /// Reads validation_list.txt and testing_list.txt of `folder`. Only one: what it does not name is
  /// training. None: split_by_hash(). Throws DataError when a list cannot be read.
  explicit SplitRule(const std::filesystem::path& folder);

  [[nodiscard]] Split split_of(std::string_view word, std::string_view stem) const;

  /// Compares the lists with the clips there are ("word/stem", sorted). A sentence for every list
  /// that names absent ones. Throws DataError when all that a list names is absent.
  [[nodiscard]] std::vector<std::string> check(const std::vector<std::string>& present) const;

 private:
  struct List {
    std::filesystem::path path;
    Split split = Split::kTraining;
    std::set<std::string, std::less<>> names;  // "word/stem"
  };
  std::vector<List> lists_;
};

}  // namespace kws::data
