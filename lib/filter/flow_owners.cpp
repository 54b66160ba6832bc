// SPDX-License-Identifier: BSD-3-Clause
#include "filter/flow_owners.hpp"

#include <rte_prefetch.h>

#include <algorithm>
#include <bit>

#include "filter/flow_packet.hpp"
#include "packet/ecn.hpp"

namespace ringroad::filter {
namespace {

// A quarter of the claims' places are used if each connection has one claim.
constexpr std::uint32_t kConnectionsPerBucket = 2;

}  // namespace

FlowOwners::FlowOwners(std::size_t workers, std::uint32_t connections, std::uint64_t seed)
    : workers_{workers},
      seed_{seed},
      mask_{std::bit_ceil(std::max(connections / kConnectionsPerBucket, 1U)) - 1},
      buckets_{std::make_unique<Bucket[]>(mask_ + 1)} {}

std::uint64_t FlowOwners::claimed_by(std::uint64_t hash) const {
  for (const Claim& place : bucket(hash).claims) {
    const std::uint64_t claim = place.load(std::memory_order_acquire);
    if (((claim ^ hash) & ~kOwnerBits) == 0 && claim != 0) {
      return claim & kOwnerBits;
    }
  }
  return 0;
}

std::size_t FlowOwners::owner_of(const Tuple& tuple, std::uint64_t hash) const {
  if (const std::uint64_t claimed = claimed_by(hash); claimed != 0) {
    return claimed - 1;
  }
  return (hash_of_addresses(tuple, seed_) >> 32U) * workers_ >> 32U;
}

std::size_t FlowOwners::owner_of(const Packet& frame, std::uint32_t network, bool is_ipv6) const {
  const Tuple tuple = read_tuple(frame, network, is_ipv6);
  return owner_of(tuple, hash_of(tuple, seed_));
}

void FlowOwners::choose(const void* owners, std::span<Packet* const> frames, std::uint8_t self,
                        std::uint8_t* workers) {
  const FlowOwners& all = *static_cast<const FlowOwners*>(owners);
  for (Packet* const frame : frames) {
    rte_prefetch0(rte_pktmbuf_mtod(frame, void*));
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto place = find_ip(*frames[i]);
    workers[i] =
        place ? static_cast<std::uint8_t>(all.owner_of(*frames[i], place->offset, place->is_ipv6))
              : self;
  }
}

bool FlowOwners::claim(std::uint64_t hash, std::size_t owner) {
  if (is_claimed(hash)) {
    return false;
  }
  Bucket& bucket = this->bucket(hash);
  for (Claim& place : bucket.claims) {
    std::uint64_t free = 0;
    if (!place.compare_exchange_strong(free, (hash & ~kOwnerBits) | (owner + 1))) {
      continue;
    }
    // Of two workers that claim it at the same time at least one sees the other, and withdraws.
    for (const Claim& other : bucket.claims) {
      const std::uint64_t claim = other.load();
      if (&other != &place && ((claim ^ hash) & ~kOwnerBits) == 0 && claim != 0) {
        place.store(0);
        return false;
      }
    }
    return true;
  }
  return false;
}

void FlowOwners::release(std::uint64_t hash, std::size_t owner) {
  for (Claim& place : bucket(hash).claims) {
    std::uint64_t mine = (hash & ~kOwnerBits) | (owner + 1);
    if (place.compare_exchange_strong(mine, 0)) {
      return;
    }
  }
}

}  // namespace ringroad::filter
