// SPDX-License-Identifier: BSD-3-Clause
// `ip neigh flush`, and what a lost link does to neighbors: a slice a round.
#include <algorithm>
#include <iterator>

#include "host/neighbors.hpp"

namespace ringroad::host {
namespace {

// Entries that a round flushes, 3 us each, and looks at.
constexpr std::size_t kFlushedARound = 256;

}  // namespace

std::shared_ptr<const Neighbors::Flushed> Neighbors::flush(std::optional<InterfaceId> port) {
  return flush(port, false);
}

std::shared_ptr<const Neighbors::Flushed> Neighbors::flush(std::optional<InterfaceId> port,
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

bool Neighbors::advance() {
  if (flushes_.empty()) {
    return false;
  }
  if (!advance(flushes_.front())) {
    flushes_.front().outcome->over = true;
    flushes_.pop_front();
  }
  return true;
}

bool Neighbors::advance(Flush& flush) {
  if (!flush.doubting) {
    const auto page = table_.page(flush.after, kFlushedARound, flush.port);
    flush.doubting = page.size() < kFlushedARound;
    std::vector<neigh::Key4> keys;
    std::ranges::transform(page, std::back_inserter(keys),
                           [this](NeighborId id) { return table_.entry(id).key; });
    for (const neigh::Key4 key : keys) {
      // What waited for one that goes is answered, which may take another's place in the table.
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

}  // namespace ringroad::host
