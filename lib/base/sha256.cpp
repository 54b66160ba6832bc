// SPDX-License-Identifier: BSD-3-Clause
#include "base/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <span>

namespace ringroad {

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  // EVP_Digest() fails without memory, or if this OpenSSL lacks SHA-256. There is no hash then.
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    return {};
  }
  return fmt::format("{:02x}", fmt::join(std::span{digest}.first(length), ""));
}

}  // namespace ringroad
