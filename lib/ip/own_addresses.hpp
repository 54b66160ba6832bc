#pragma once
// The addresses that no packet may come from: the router's own and its subnets' broadcast addresses
// (Linux fib_validate_source). Asked once a packet, nearly always answered by one bit.
//
// Immutable once published; the control thread publishes another one after a change.
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/ipv4.hpp"

namespace ringroad::ip {

class OwnAddresses {
 public:
  OwnAddresses() = default;
  explicit OwnAddresses(std::vector<Ipv4> addresses) : addresses_{std::move(addresses)} {
    std::ranges::sort(addresses_);
    for (const Ipv4 address : addresses_) {
      filter_[bit(address.value()) / 64] |= std::uint64_t{1} << bit(address.value()) % 64;
    }
  }

  // ~2 cycles, a line of a 256-byte filter.
  [[nodiscard]] bool contains(std::uint32_t address) const {
    const bool maybe = (filter_[bit(address) / 64] >> bit(address) % 64 & 1U) != 0;
    return maybe && std::ranges::binary_search(addresses_, Ipv4{address});
  }

 private:
  static constexpr std::uint32_t bit(std::uint32_t address) { return address * 0x9e3779b1U >> 21; }

  alignas(64) std::array<std::uint64_t, 32> filter_{};
  std::vector<Ipv4> addresses_;
};

}  // namespace ringroad::ip
