// SPDX-License-Identifier: BSD-3-Clause
#include "packet/own_addresses.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

using namespace ringroad;

TEST_CASE("own addresses are known, all others are not") {
  std::mt19937 random{7};
  for (const std::size_t count : {0U, 1U, 10U, 1000U}) {
    std::vector<Ipv4> addresses;
    addresses.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      addresses.emplace_back(static_cast<std::uint32_t>(random()) | 1U);
    }
    const OwnAddresses4 own{addresses};
    for (const Ipv4 address : addresses) {
      CHECK(own.contains(address.value()));
    }
    for (int i = 0; i < 100000; ++i) {
      if (own.contains(static_cast<std::uint32_t>(random()) & ~1U)) {
        FAIL("an even address is not among odd ones");
      }
    }
  }
}

TEST_CASE("own addresses of IPv6 are known, all others are not") {
  std::mt19937_64 random{7};
  for (const std::size_t count : {0U, 1U, 10U, 1000U}) {
    std::vector<Ipv6> addresses;
    addresses.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      // Addresses of one subnet that differ in their interface ids, as most own addresses do.
      addresses.emplace_back(0x20010db800000000, random() | 1U);
    }
    const OwnAddresses6 own{addresses};
    for (const Ipv6 address : addresses) {
      CHECK(own.contains(address));
      CHECK_FALSE(own.contains(Ipv6{address.high() ^ 1U, address.low()}));
    }
    for (int i = 0; i < 100000; ++i) {
      if (own.contains(Ipv6{0x20010db800000000, random() & ~std::uint64_t{1}})) {
        FAIL("an even address is not among odd ones");
      }
    }
  }
}

TEST_CASE("eight addresses at once miss none that is the router's own") {
  std::mt19937 random{7};
  for (const std::size_t count : {1U, 10U, 1000U}) {
    std::vector<Ipv4> addresses;
    addresses.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      addresses.emplace_back(static_cast<std::uint32_t>(random()));
    }
    const OwnAddresses4 own{addresses};
    for (std::size_t i = 0; i < count; ++i) {
      const auto lane = static_cast<int>(i % 8);
      std::array<std::uint32_t, 8> eight{};
      eight.at(i % 8) = addresses[i].value();
      const __m256i maybe =
          own.may_contain(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(eight.data())));
      CHECK((_mm256_movemask_ps(_mm256_castsi256_ps(maybe)) >> lane & 1) == 1);
    }
  }
}
