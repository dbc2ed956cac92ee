// SPDX-License-Identifier: MIT
#include "base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>

#include "base/error.h"
#include "support/scratch_folder.h"

namespace kws {
namespace {

using ::testing::HasSubstr;

std::size_t entries(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

TEST(AtomicFile, ReadsBackWhatItWrote) {
  const testing::ScratchFolder folder;
  write_file_atomically(folder / "a", std::string_view("one"));
  write_file_atomically(folder / "a", std::string_view("two\0three", 9));
  EXPECT_EQ(read_text_file(folder / "a", 100), std::string("two\0three", 9));
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFile, NamesAFolderThatDoesNotExist) {
  try {
    write_file_atomically("/nonexistent/model.kws", std::string_view("x"));
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nonexistent/model.kws"));
  }
}

TEST(AtomicFile, ReplacesWhatALinkLeadsToAndNothingButFiles) {
  const testing::ScratchFolder folder;
  write_file_atomically(folder / "file", "old");
  std::filesystem::create_symlink("file", folder / "link");
  write_file_atomically(folder / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_text_file(folder / "file", 100), "new");
  std::filesystem::remove(folder / "file");  // the link leads nowhere, and still is one
  write_file_atomically(folder / "link", "newer");
  EXPECT_EQ(read_text_file(folder / "file", 100), "newer");

  std::filesystem::create_directory(folder / "folder");
  for (const std::filesystem::path& path :
       {folder / "folder", std::filesystem::path("/dev/null")}) {
    EXPECT_THROW(write_file_atomically(path, "new"), DataError) << path;
    EXPECT_THROW(check_writable(path), DataError) << path;
  }
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_THROW(check_writable(""), DataError);
}

TEST(CheckWritable, LeavesNothingBehindAndNamesTheFile) {
  const testing::ScratchFolder folder;
  check_writable(folder / "model.kws");
  EXPECT_EQ(entries(folder.path()), 0U);
  try {
    check_writable("/nonexistent/model.kws");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nonexistent/model.kws: cannot be written"));
  }
}

TEST(AtomicFile, KeepsTheOldFileWhenTheDiskIsFull) {
  const testing::ScratchFolder folder;
  write_file_atomically(folder / "a", std::string_view("old"));
  // A file size limit stands in for a full disk: write() fails half-way.
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  rlimit small = limit;
  small.rlim_cur = 1000;
  ::setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(write_file_atomically(folder / "a", std::string(5000, 'n')), DataError);
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(read_text_file(folder / "a", 100), "old");
  EXPECT_EQ(entries(folder.path()), 1U) << "the temporary file is left behind";
}

TEST(AtomicFile, RefusesAFileLargerThanAllowed) {
  const testing::ScratchFolder folder;
  write_file_atomically(folder / "a", std::string(1001, 'x'));
  EXPECT_NO_THROW((void)read_file(folder / "a", 1001));
  EXPECT_THROW((void)read_file(folder / "a", 1000), DataError);
  EXPECT_THROW((void)read_file(folder.path(), 1000), DataError);
}

}  // namespace
}  // namespace kws
