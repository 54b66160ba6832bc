// SPDX-License-Identifier: BSD-3-Clause
#include "host/redirect_limiter.hpp"

namespace ringroad::host {

template <class Address>
bool RedirectLimiter<Address>::allow(Address sender, Nanoseconds now) {
  if (senders_.size() >= kSenders && !senders_.contains(sender)) {
    std::erase_if(senders_, [&](const auto& entry) { return now > entry.second.last + kSilence; });
    if (senders_.size() >= kSenders) {
      return false;
    }
  }
  Sender& known = senders_[sender];
  if (now > known.last + kSilence) {
    known.sent = 0;
  }
  if (known.sent >= kMost) {
    known.last = now;
    return false;
  }
  if (known.sent > 0 && now <= known.last + kLoad * (1U << known.sent)) {
    return false;
  }
  known.last = now;
  ++known.sent;
  return true;
}

template <class Address>
void RedirectLimiter<Address>::become_like(const RedirectLimiter& real, Address sender) {
  if (real.senders_.size() >= kSenders && senders_.empty()) {
    senders_ = real.senders_;
  } else if (const auto found = real.senders_.find(sender); found != real.senders_.end()) {
    senders_.try_emplace(sender, found->second);
  }
}

template class RedirectLimiter<Ipv4>;
template class RedirectLimiter<Ipv6>;

}  // namespace ringroad::host
