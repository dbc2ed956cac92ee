// SPDX-License-Identifier: MIT
#include "pack/zip_archive.h"

#include <zip.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace kws::pack {
namespace {

constexpr zip_uint32_t kDeflateLevel = 9;
/// Inflating is most of the time that loading takes. What deflate hardly makes smaller, as weights
/// in fp32, is stored.
constexpr double kStoredAbove = 0.9;
constexpr zip_uint16_t kDosDate = (1 << 5) | 1;  // 1980-01-01, the first day ZIP knows
constexpr zip_uint32_t kRegularFile = 0100644U << 16;

/// Weights hardly shrink; pruned ones may, tenfold. What swells more than this is no model. Small
/// entries may: a few zeros harm nobody.
constexpr std::uint64_t kMaxRatio = 200;
constexpr std::uint64_t kRatioCountsFrom = std::uint64_t{1} << 20;

struct FreeError {
  zip_error_t error;
  FreeError() { zip_error_init(&error); }
  ~FreeError() { zip_error_fini(&error); }
  FreeError(const FreeError&) = delete;
  FreeError& operator=(const FreeError&) = delete;
};

struct FreeSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Source = std::unique_ptr<zip_source_t, FreeSource>;

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

[[noreturn]] void fail(const std::string& what, zip_error_t* error) {
  throw ModelError(what + ": " + printable(zip_error_strerror(error)));
}

Source buffer_source(std::span<const std::byte> bytes) {
  FreeError error;
  Source source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error.error));
  if (source == nullptr) fail("cannot read the archive", &error.error);
  return source;
}

/// zip_open_from_source() takes the source over when it succeeds.
Archive open(Source source, int flags, const char* what) {
  FreeError error;
  Archive archive(zip_open_from_source(source.get(), flags, &error.error));
  if (archive == nullptr) fail(what, &error.error);
  static_cast<void>(source.release());
  return archive;
}

/// All bytes of a source that was written to.
std::vector<std::byte> contents(zip_source_t* source) {
  std::vector<std::byte> bytes;
  zip_stat_t stat;
  bool whole = zip_source_stat(source, &stat) == 0 && (stat.valid & ZIP_STAT_SIZE) != 0 &&
               zip_source_open(source) == 0;
  if (whole) {
    bytes.resize(stat.size);
    whole = zip_source_read(source, bytes.data(), bytes.size()) ==
            static_cast<zip_int64_t>(bytes.size());
    zip_source_close(source);
  }
  if (!whole) fail("cannot write the archive", zip_source_error(source));
  return bytes;
}

/// methods: one for each entry.
std::vector<std::byte> write_zip_as(std::span<const ZipEntry> entries,
                                    std::span<const zip_int32_t> methods) {
  Source target = buffer_source({});
  zip_source_keep(target.get());  // one reference for the archive, one to read the result from
  Archive archive = open(Source(target.get()), ZIP_TRUNCATE, "cannot write the archive");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    Source source = buffer_source(entry.bytes);
    const auto index =
        zip_file_add(archive.get(), entry.name.c_str(), source.get(), ZIP_FL_ENC_UTF_8);
    if (index < 0) fail("cannot write " + entry.name, zip_get_error(archive.get()));
    static_cast<void>(source.release());  // the archive's now
    const auto at = static_cast<zip_uint64_t>(index);
    if (zip_set_file_compression(archive.get(), at, methods[i], kDeflateLevel) != 0 ||
        zip_file_set_dostime(archive.get(), at, 0, kDosDate, 0) != 0 ||
        zip_file_set_external_attributes(archive.get(), at, 0, ZIP_OPSYS_UNIX, kRegularFile) != 0) {
      fail("cannot write " + entry.name, zip_get_error(archive.get()));
    }
  }
  if (zip_close(archive.get()) != 0) fail("cannot write", zip_get_error(archive.get()));
  static_cast<void>(archive.release());  // closed
  return contents(target.get());
}

/// How much of an entry is left when deflated, 0..1; 1 for an empty one.
double deflated_share(zip_t* archive, std::size_t index) {
  zip_stat_t stat;
  constexpr auto kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
  if (zip_stat_index(archive, index, 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
    fail("cannot write the archive", zip_get_error(archive));
  }
  return stat.size == 0 ? 1.0
                        : static_cast<double>(stat.comp_size) / static_cast<double>(stat.size);
}

}  // namespace

std::vector<std::byte> write_zip(std::span<const ZipEntry> entries) {
  std::vector<zip_int32_t> methods(entries.size(), ZIP_CM_DEFLATE);
  auto bytes = write_zip_as(entries, methods);
  {
    const Archive archive = open(buffer_source(bytes), ZIP_RDONLY, "cannot write the archive");
    for (std::size_t i = 0; i < methods.size(); ++i) {
      if (deflated_share(archive.get(), i) > kStoredAbove) methods[i] = ZIP_CM_STORE;
    }
  }
  const bool all_deflated = std::ranges::find(methods, ZIP_CM_STORE) == methods.end();
  return all_deflated ? std::move(bytes) : write_zip_as(entries, methods);
}

void ZipArchive::Close::operator()(void* archive) const {
  zip_discard(static_cast<zip_t*>(archive));
}

ZipArchive::ZipArchive(std::span<const std::byte> bytes, std::span<const std::string_view> names) {
  Archive archive =
      open(buffer_source(bytes), ZIP_RDONLY | ZIP_CHECKCONS, "not a sound ZIP archive");
  const auto count = zip_get_num_entries(archive.get(), 0);
  std::string wanted;
  for (const auto name : names) wanted += (wanted.empty() ? "" : " and ") + std::string(name);
  if (count != static_cast<zip_int64_t>(names.size())) {
    throw ModelError("holds " + std::to_string(count) + " entries, must hold " + wanted);
  }
  for (zip_uint64_t i = 0; i < names.size(); ++i) {
    const char* found = zip_get_name(archive.get(), i, ZIP_FL_ENC_RAW);
    const std::string name = found != nullptr ? found : "";
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw ModelError("holds '" + printable(name) + "', must hold " + wanted);
    }
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) {
      throw ModelError("holds " + name + " twice");
    }
    names_.push_back(name);
  }
  handle_.reset(archive.release());
}

std::uint64_t ZipArchive::index_of(std::string_view name) const {
  return static_cast<std::uint64_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
}

std::uint64_t ZipArchive::declared_bytes(std::string_view name) const {
  auto* archive = static_cast<zip_t*>(handle_.get());
  zip_stat_t stat;
  if (zip_stat_index(archive, index_of(name), 0, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0) {
    throw ModelError(std::string(name) + ": of unknown size");
  }
  return stat.size;
}

std::vector<std::byte> ZipArchive::read(std::string_view name, std::size_t max_bytes) const {
  auto* archive = static_cast<zip_t*>(handle_.get());
  const std::string entry(name);
  zip_stat_t stat;
  constexpr auto kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD |
                           ZIP_STAT_ENCRYPTION_METHOD | ZIP_STAT_CRC;
  if (zip_stat_index(archive, index_of(name), 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
    throw ModelError(entry + ": its size or checksum is unknown");
  }
  if (stat.encryption_method != ZIP_EM_NONE ||
      (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)) {
    throw ModelError(entry + ": is neither stored nor deflated");
  }
  if (stat.size > max_bytes) {
    throw ModelError(entry + ": " + std::to_string(stat.size) + " bytes, more than the " +
                     std::to_string(max_bytes) + " allowed");
  }
  if (stat.size > kRatioCountsFrom && stat.size / kMaxRatio > stat.comp_size) {
    throw ModelError(entry + ": " + std::to_string(stat.comp_size) + " bytes that swell to " +
                     std::to_string(stat.size) + " are no model");
  }

  zip_file_t* file = zip_fopen_index(archive, index_of(name), 0);
  if (file == nullptr) fail(entry, zip_get_error(archive));
  // One byte more than declared is asked for: the CRC is only checked on reaching the end, and an
  // entry may yield more than it declares.
  std::vector<std::byte> bytes(static_cast<std::size_t>(stat.size) + 1);
  std::size_t done = 0;
  zip_int64_t got = 0;
  while (done < bytes.size() &&
         (got = zip_fread(file, bytes.data() + done, bytes.size() - done)) > 0) {
    done += static_cast<std::size_t>(got);
  }
  std::string problem;
  if (got < 0) problem = printable(zip_error_strerror(zip_file_get_error(file)));
  if (zip_fclose(file) != 0 && problem.empty()) problem = "fails its check at the end";
  if (problem.empty() && done != stat.size) {
    problem = "holds " + std::string(done < stat.size ? "less" : "more") + " than the " +
              std::to_string(stat.size) + " bytes it declares";
  }
  if (!problem.empty()) throw ModelError(entry + ": " + problem);
  bytes.resize(done);
  return bytes;
}

}  // namespace kws::pack
