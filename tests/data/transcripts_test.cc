// SPDX-License-Identifier: MIT
#include "data/transcripts.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "support/scratch_folder.h"

namespace kws::data {
namespace {

TEST(Transcripts, CountWholeWordsInAnyCase) {
  const kws::testing::ScratchFolder folder;
  write_file_atomically(folder / "transcripts.txt",
                        "84-1-0001 NO, IT IS NOT GONE; no one goes. UP-HILL IT'S\n84-1-0002 YES\n");
  const auto transcripts = read_transcripts(folder / "transcripts.txt");
  ASSERT_EQ(transcripts.size(), 2u);
  const auto& words = transcripts.at("84-1-0001");
  EXPECT_EQ(count_word(words, "no"), 2u);
  EXPECT_EQ(count_word(words, "go"), 0u);
  EXPECT_EQ(count_word(words, "up"), 1u);
  EXPECT_EQ(count_word(words, "it"), 1u);
}

TEST(Transcripts, WithoutALineAreAnError) {
  const kws::testing::ScratchFolder folder;
  write_file_atomically(folder / "transcripts.txt", "word\n\n");
  EXPECT_THROW((void)read_transcripts(folder / "transcripts.txt"), DataError);
  EXPECT_THROW((void)read_transcripts(folder / "absent.txt"), DataError);
}

}  // namespace
}  // namespace kws::data
