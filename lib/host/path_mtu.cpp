// SPDX-License-Identifier: BSD-3-Clause
#include "host/path_mtu.hpp"

#include <algorithm>

namespace ringroad::host {

template <class Address>
void PathMtu<Address>::learn(Address destination, std::uint16_t told, std::uint16_t current,
                             Nanoseconds now) {
  if (told > current) {
    return;
  }
  if (known_.size() >= kMost && !known_.contains(destination)) {
    std::erase_if(known_, [&](const auto& entry) { return entry.second.expires <= now; });
    if (known_.size() >= kMost) {
      known_.erase(std::ranges::min_element(
          known_, {}, [](const auto& entry) { return entry.second.expires; }));
    }
  }
  // The lower bound keeps other hosts from making the router send very small fragments.
  known_[destination] = {std::max(told, std::min(current, least_)), now + kLifetime};
}

template <class Address>
std::uint16_t PathMtu<Address>::of(Address destination, std::uint16_t link, Nanoseconds now) const {
  const auto found = known_.find(destination);
  return found == known_.end() || found->second.expires <= now ? link
                                                               : std::min(found->second.mtu, link);
}

template class PathMtu<Ipv4>;
template class PathMtu<Ipv6>;

}  // namespace ringroad::host
