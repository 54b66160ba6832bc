// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Limits the redirects to a sender, as Linux's ip_rt_send_redirect does: the first interval is 20
// ms, and each one is twice as long as the one before. After nine redirects that the sender ignored
// no more are sent, until none was due for 20.48 s. Control thread only; no allocation beyond its
// bound.
#include <cstddef>
#include <unordered_map>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/units.hpp"

namespace ringroad::host {

template <class Address>
class RedirectLimiter {
 public:
  // Called for each packet that calls for a redirect. Returns whether it may be sent.
  [[nodiscard]] bool allow(Address sender, Nanoseconds now);
  // Becomes like `real` as far as this sender is concerned. Costs O(1) unless `real` has no room
  // for more senders.
  void become_like(const RedirectLimiter& real, Address sender);

 private:
  struct Sender {
    Nanoseconds last{};
    unsigned sent = 0;
  };
  static constexpr unsigned kMost = 9;                                 // ip_rt_redirect_number
  static constexpr Nanoseconds kLoad = std::chrono::milliseconds{20};  // ip_rt_redirect_load
  static constexpr Nanoseconds kSilence = kLoad * (1U << (kMost + 1));
  static constexpr std::size_t kSenders = 8192;  // remembered at most

  std::unordered_map<Address, Sender> senders_;
};

extern template class RedirectLimiter<Ipv4>;
extern template class RedirectLimiter<Ipv6>;

}  // namespace ringroad::host
