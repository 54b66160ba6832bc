// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Linux's two limits on ICMP errors: a bucket for the router as a whole (icmp_msgs_per_sec,
// icmp_msgs_burst) and one for each destination (icmp_ratelimit, six messages deep as
// inet_peer_xrlim_allow has it). Control thread only; no allocation beyond its bound.
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/units.hpp"

namespace ringroad::host {

template <class Address>
class IcmpLimiter {
 public:
  struct Limits {
    std::uint32_t rate = 1000;  // messages a second; 0: no limit for the router as a whole
    std::uint32_t burst = 50;
    Nanoseconds per_destination = std::chrono::seconds{1};  // between messages; 0: no limit
  };
  explicit IcmpLimiter(Limits limits) : limits_{limits} {}
  // Both buckets are full then, as they are at first.
  void set_limits(const Limits& limits) {
    limits_ = limits;
    started_ = false;
    destinations_.clear();
  }
  [[nodiscard]] const Limits& limits() const { return limits_; }

  // Takes a token from both buckets if both have one.
  [[nodiscard]] bool allow(Address destination, Nanoseconds now);
  // Becomes like `real` as far as this destination is concerned; what was taken here stays taken.
  // Costs O(1) unless `real` has no room for more destinations.
  void become_like(const IcmpLimiter& real, Address destination);

 private:
  struct Bucket {
    Nanoseconds credit{};
    Nanoseconds last{};
  };
  static constexpr int kDestinationBurst = 6;         // Linux's XRLIM_BURST_FACTOR
  static constexpr std::size_t kDestinations = 8192;  // remembered at most

  [[nodiscard]] bool refill_global(Nanoseconds now);
  void forget_idle(Nanoseconds now);

  Limits limits_;
  double tokens_ = 0;
  Nanoseconds last_{};
  bool started_ = false;
  bool is_copy_ = false;
  std::unordered_map<Address, Bucket> destinations_;
};

extern template class IcmpLimiter<Ipv4>;
extern template class IcmpLimiter<Ipv6>;

}  // namespace ringroad::host
