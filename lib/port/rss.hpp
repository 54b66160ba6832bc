// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How a device spreads flows over its RX queues: RSS, by the Toeplitz hash of addresses and ports.
#include <rte_ethdev.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringroad::port {

// Under a key that repeats every 16 bits source and destination may change places: the two
// directions of a flow come to one worker, and share what its caches know of both (Woo and Park,
// "Scalable TCP Session Monitoring with Symmetric Receive-side Scaling", 2012). Hashes of 16 bits
// remain, of which the 82599 and the 82576 take 7 to ask their table of 128.
inline constexpr auto kSymmetricKey = [] {
  std::array<std::uint8_t, 64> key{};
  for (std::size_t i = 0; i < key.size(); ++i) {
    key.at(i) = i % 2 == 0 ? 0x6d : 0x5a;
  }
  return key;
}();

// Where the device tells how long its keys are: 40 bytes on Intel's, 52 and 64 elsewhere. Else it
// has its own.
inline void use_symmetric_key(std::uint8_t key_size, rte_eth_rss_conf& conf) {
  // For TCP over IPv6, the longest that is hashed, 36 bytes and 4 of the window.
  constexpr std::uint8_t kLeast = 40;
  if (key_size >= kLeast && key_size <= kSymmetricKey.size()) {
    conf.rss_key = const_cast<std::uint8_t*>(kSymmetricKey.data());  // is only read
    conf.rss_key_len = key_size;
  }
}

}  // namespace ringroad::port
