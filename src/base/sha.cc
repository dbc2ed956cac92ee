// SPDX-License-Identifier: MIT
#include "base/sha.h"

#include <openssl/evp.h>

#include "base/error.h"

namespace kws {
namespace {

std::string digest_hex(const EVP_MD* kind, const void* data, std::size_t size) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_Digest(data, size, digest, &length, kind, nullptr) != 1) {
    throw Error("OpenSSL cannot compute a checksum");
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace

std::string sha256_hex(std::span<const std::byte> bytes) {
  return digest_hex(EVP_sha256(), bytes.data(), bytes.size());
}

std::string sha1_hex(std::string_view text) {
  return digest_hex(EVP_sha1(), text.data(), text.size());
}

}  // namespace kws
