// SPDX-License-Identifier: BSD-3-Clause
#include "packet/checksum.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

using namespace ringroad;

namespace {

// RFC 1071's algorithm word by word, as the RFC describes it.
std::uint16_t reference(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += bytes[i] | (i + 1 < bytes.size() ? unsigned{bytes[i + 1]} << 8U : 0U);
  }
  while (sum > 0xffff) {
    sum = (sum & 0xffffU) + (sum >> 16U);
  }
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

}  // namespace

TEST_CASE("the checksum of any bytes is RFC 1071's") {
  std::mt19937 random{7};
  for (std::size_t length = 0; length < 200; ++length) {
    std::vector<std::uint8_t> bytes(length);
    for (auto& byte : bytes) {
      byte = static_cast<std::uint8_t>(length % 3 == 0 ? 0xff : random());
    }
    CHECK(checksum(bytes) == reference(bytes));
  }
}

TEST_CASE("a header's checksum is right exactly where RFC 1071 says so") {
  std::mt19937 random{7};
  for (int round = 0; round < 20000; ++round) {
    std::array<std::uint8_t, 20> header{};
    for (auto& byte : header) {
      byte = static_cast<std::uint8_t>(round % 5 == 0 ? 0xff * (random() & 1U) : random());
    }
    header[10] = header[11] = 0;
    const std::uint16_t right = reference(header);
    header[10] = static_cast<std::uint8_t>(right & 0xffU);
    header[11] = static_cast<std::uint8_t>(right >> 8U);
    CHECK(ipv4_checksum_ok_20(header.data()));
    const std::size_t where = random() % 20;
    header.at(where) = static_cast<std::uint8_t>(header.at(where) ^ (1U << random() % 8));
    CHECK_FALSE(ipv4_checksum_ok_20(header.data()));
  }
}

TEST_CASE("lowering the TTL keeps every checksum right, for all checksums and TTLs") {
  for (unsigned ttl = 1; ttl < 256; ++ttl) {
    for (unsigned rest = 0; rest < 65536; ++rest) {
      // For the checksum, a header consists of one word with the TTL and the sum of all other
      // words.
      const auto header = [&](unsigned with_ttl) {
        const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(with_ttl), 17,
                                                static_cast<std::uint8_t>(rest & 0xffU),
                                                static_cast<std::uint8_t>(rest >> 8U)};
        return reference(bytes);
      };
      if (checksum_after_ttl_decrement(header(ttl)) != header(ttl - 1)) {
        // 0x0000 and 0xffff both mean zero; only an all-zero header has the second, and no header
        // is all zeros.
        FAIL("TTL " << ttl << ", rest " << rest);
      }
    }
  }
}
