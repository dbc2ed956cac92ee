// SPDX-License-Identifier: MIT
#include "base/sha.h"

#include <gtest/gtest.h>

namespace kws {
namespace {

TEST(Sha, GivesThePublishedDigests) {  // FIPS 180-4, examples for "abc"
  const std::string text = "abc";
  EXPECT_EQ(sha256_hex(std::as_bytes(std::span(text))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha1_hex(text), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

}  // namespace
}  // namespace kws
