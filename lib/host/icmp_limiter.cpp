// SPDX-License-Identifier: BSD-3-Clause
#include "host/icmp_limiter.hpp"

#include <algorithm>

namespace ringroad::host {

template <class Address>
bool IcmpLimiter<Address>::refill_global(Nanoseconds now) {
  if (limits_.rate == 0) {
    return true;
  }
  if (!started_) {
    tokens_ = limits_.burst;
    started_ = true;
  } else {
    const double elapsed = std::chrono::duration<double>(now - last_).count();
    tokens_ = std::min<double>(tokens_ + elapsed * limits_.rate, limits_.burst);
  }
  last_ = now;
  return tokens_ >= 1;
}

// Removes full buckets, because a new bucket would be in the same state.
template <class Address>
void IcmpLimiter<Address>::forget_idle(Nanoseconds now) {
  const Nanoseconds full = limits_.per_destination * kDestinationBurst;
  std::erase_if(destinations_, [&](const auto& entry) {
    return entry.second.credit + (now - entry.second.last) >= full;
  });
}

template <class Address>
bool IcmpLimiter<Address>::allow(Address destination, Nanoseconds now) {
  if (!refill_global(now)) {
    return false;
  }
  if (limits_.per_destination.count() > 0) {
    const Nanoseconds full = limits_.per_destination * kDestinationBurst;
    if (destinations_.size() >= kDestinations && !destinations_.contains(destination)) {
      forget_idle(now);
      if (destinations_.size() >= kDestinations) {
        return false;
      }
    }
    const auto [found, fresh] = destinations_.try_emplace(destination, Bucket{full, now});
    Bucket& bucket = found->second;
    bucket.credit = std::min(bucket.credit + (now - bucket.last), full);
    bucket.last = now;
    if (bucket.credit < limits_.per_destination) {
      return false;
    }
    bucket.credit -= limits_.per_destination;
  }
  if (limits_.rate != 0) {
    tokens_ -= 1;
  }
  return true;
}

template <class Address>
void IcmpLimiter<Address>::become_like(const IcmpLimiter& real, Address destination) {
  if (!is_copy_) {
    is_copy_ = true;
    tokens_ = real.tokens_;
    last_ = real.last_;
    started_ = real.started_;
    if (real.destinations_.size() >= kDestinations) {
      destinations_ = real.destinations_;
    }
  }
  if (const auto found = real.destinations_.find(destination); found != real.destinations_.end()) {
    destinations_.try_emplace(destination, found->second);
  }
}

template class IcmpLimiter<Ipv4>;
template class IcmpLimiter<Ipv6>;

}  // namespace ringroad::host
