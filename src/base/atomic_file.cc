// SPDX-License-Identifier: MIT
#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace kws {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
  throw DataError(path.string() + ": " + what + ": " + std::strerror(errno));
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

constexpr int kMostLinks = 40;  // as many as the kernel follows

/// What is to be written: where a symbolic link leads, so that the link stays. Devices, pipes and
/// folders are not replaced.
std::filesystem::path target_of(const std::filesystem::path& path) {
  if (path.empty()) throw DataError("the name of the file to write is empty");
  std::error_code error;
  auto target = path;
  for (int links = 0; links < kMostLinks && std::filesystem::is_symlink(target, error); ++links) {
    target = target.parent_path() / std::filesystem::read_symlink(target, error);
  }
  const auto kind = std::filesystem::status(target, error).type();
  using Type = std::filesystem::file_type;
  if (kind != Type::not_found && kind != Type::regular && kind != Type::none) {
    throw DataError(path.string() + ": is no regular file, and will not be replaced by one");
  }
  return target;
}

/// A name for mkostemp().
std::string temporary_beside(const std::filesystem::path& path) {
  return (folder_of(path) / (".kws-" + path.filename().string() + "-XXXXXX")).string();
}

void flush_folder(const std::filesystem::path& folder) {
  const FileDescriptor handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() >= 0) ::fsync(handle.get());  // best effort: some file systems refuse
}

}  // namespace

void check_writable(const std::filesystem::path& path) {
  auto temporary = temporary_beside(target_of(path));
  const FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) fail(path, "cannot be written");
  ::unlink(temporary.c_str());
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const auto target = target_of(path);
  const auto folder = folder_of(target);
  auto temporary = temporary_beside(target);
  FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) fail(path, "cannot be written");
  try {
    for (std::size_t done = 0; done < bytes.size();) {
      const auto count = ::write(file.get(), bytes.data() + done, bytes.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(path, "cannot be written");
      done += static_cast<std::size_t>(count);
    }
    const auto mask = ::umask(0);
    ::umask(mask);
    ::fchmod(file.get(), 0666 & ~mask);  // mkostemp made it private
    if (::fsync(file.get()) != 0 || !file.close()) fail(path, "cannot be written");
    if (std::rename(temporary.c_str(), target.c_str()) != 0) fail(path, "cannot be replaced");
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  flush_folder(folder);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail(path, "cannot be read");
  std::vector<std::byte> bytes;
  std::byte chunk[1 << 16];
  for (;;) {
    const auto count = ::read(file.get(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "cannot be read");
    if (count == 0) return bytes;
    bytes.insert(bytes.end(), chunk, chunk + count);
    if (bytes.size() > max_bytes) {
      throw DataError(path.string() + ": larger than the " + std::to_string(max_bytes) +
                      " bytes allowed here");
    }
  }
}

std::string read_text_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const auto bytes = read_file(path, max_bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace kws
