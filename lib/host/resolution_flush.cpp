// SPDX-License-Identifier: BSD-3-Clause
// Removes neighbors, for `ip neigh flush` and when a port loses its link, in slices.
#include <algorithm>
#include <iterator>

#include "host/resolution.hpp"

namespace ringroad::host {
namespace {

// The number of entries that a round checks and removes, at 3 us each.
constexpr std::size_t kFlushedARound = 256;

}  // namespace

template <class Address>
std::shared_ptr<const Flushed> Resolution<Address>::flush(std::optional<InterfaceId> port) {
  return flush(port, false);
}

template <class Address>
std::shared_ptr<const Flushed> Resolution<Address>::flush(std::optional<InterfaceId> port,
                                                          bool link_lost) {
  flushes_.push_back({.port = port,
                      .began = clock_.now(),
                      .link_lost = link_lost,
                      .outcome = std::make_shared<Flushed>()});
  const auto outcome = flushes_.back().outcome;
  if (flushes_.size() == 1) {
    advance();
  }
  return outcome;
}

template <class Address>
bool Resolution<Address>::advance() {
  if (flushes_.empty()) {
    return false;
  }
  if (!advance(flushes_.front())) {
    flushes_.front().outcome->over = true;
    flushes_.pop_front();
  }
  return true;
}

template <class Address>
bool Resolution<Address>::advance(Flush& flush) {
  if (!flush.doubting) {
    const auto page = table_.page(flush.after, kFlushedARound, flush.port);
    flush.doubting = page.size() < kFlushedARound;
    std::vector<Key> keys;
    std::ranges::transform(page, std::back_inserter(keys),
                           [this](NeighborId id) { return table_.entry(id).key; });
    for (const Key key : keys) {
      // Removing a neighbor answers its waiting packets with ICMP errors, and sending those may
      // replace other entries of the table.
      const auto id = table_.find(key);
      const bool goes = id && table_.entry(*id).state != neigh::State::kPermanent &&
                        table_.entry(*id).updated <= flush.began;
      if (goes && erase(key)) {
        ++flush.outcome->removed;
      }
      flush.after = key;
    }
    if (!flush.doubting) {
      return true;
    }
    flush.after.reset();
  }
  if (!flush.link_lost || !flush.port) {
    return false;
  }
  flush.after = routing_.doubt_neighbors(*flush.port, flush.after, kFlushedARound);
  return flush.after.has_value();
}

template std::shared_ptr<const Flushed> Resolution<Ipv4>::flush(std::optional<InterfaceId>);
template std::shared_ptr<const Flushed> Resolution<Ipv6>::flush(std::optional<InterfaceId>);
template std::shared_ptr<const Flushed> Resolution<Ipv4>::flush(std::optional<InterfaceId>, bool);
template std::shared_ptr<const Flushed> Resolution<Ipv6>::flush(std::optional<InterfaceId>, bool);
template bool Resolution<Ipv4>::advance();
template bool Resolution<Ipv6>::advance();
template bool Resolution<Ipv4>::advance(Flush&);
template bool Resolution<Ipv6>::advance(Flush&);

}  // namespace ringroad::host
