// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How a device distributes flows over its RX queues: RSS, the Toeplitz hash of addresses and ports.
#include <rte_ethdev.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringroad::port {

// With a key that repeats every 16 bits, source and destination may be swapped: both directions of
// a flow reach the same worker and share its caches (Woo and Park, "Scalable TCP Session Monitoring
// with Symmetric Receive-side Scaling", 2012). This leaves hashes of 16 bits, of which the 82599
// and the 82576 use 7 to index their table of 128 entries.
inline constexpr auto kSymmetricKey = [] {
  std::array<std::uint8_t, 64> key{};
  for (std::size_t i = 0; i < key.size(); ++i) {
    key.at(i) = i % 2 == 0 ? 0x6d : 0x5a;
  }
  return key;
}();

// Used if the device reports the length of its keys: 40 bytes on Intel's, 52 and 64 elsewhere.
// Otherwise the device keeps its own key.
inline void use_symmetric_key(std::uint8_t key_size, rte_eth_rss_conf& conf) {
  // TCP over IPv6 has the longest input, 36 bytes, and the hash window needs 4 more.
  constexpr std::uint8_t kLeast = 40;
  if (key_size >= kLeast && key_size <= kSymmetricKey.size()) {
    conf.rss_key = const_cast<std::uint8_t*>(kSymmetricKey.data());  // DPDK only reads it
    conf.rss_key_len = key_size;
  }
}

}  // namespace ringroad::port
