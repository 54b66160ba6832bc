// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which worker the packets of a flow belong to, where there are several: a connection is in the
// table of one worker, which sees its packets of both directions.
//
// The two addresses decide, in either order. Where translation changes them, and for what the
// router itself sends or takes, the tuple of the packets that will come is claimed: it is noted
// here with its owner, and no other worker can use it for another connection.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "filter/tuple.hpp"
#include "packet/packet.hpp"

namespace ringroad::filter {

// Any thread, without a lock.
class FlowOwners {
 public:
  // `connections`: of all workers together. 32 bytes for each.
  FlowOwners(std::size_t workers, std::uint32_t connections, std::uint64_t seed);

  // `hash`: hash_of() the tuple with this seed, in all of the following.
  [[nodiscard]] std::size_t owner_of(const Tuple& tuple, std::uint64_t hash) const;
  // Of a frame whose IP header begins at `network`. An ICMP error belongs to the owner of the
  // packet that it quotes; of what has no ports, only the addresses count.
  [[nodiscard]] std::size_t owner_of(const Packet& frame, std::uint32_t network,
                                     bool is_ipv6) const;
  // The same for frames as they are received; `self` is the owner of those that are not IP. The
  // function of a FlowSteering, with a FlowOwners as its state.
  static void choose(const void* owners, std::span<Packet* const> frames, std::uint8_t self,
                     std::uint8_t* workers);

  // Returns false if the tuple is claimed already, or its bucket is full.
  [[nodiscard]] bool claim(std::uint64_t hash, std::size_t owner);
  void release(std::uint64_t hash, std::size_t owner);
  [[nodiscard]] bool is_claimed(std::uint64_t hash) const { return claimed_by(hash) != 0; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }

 private:
  // The upper 56 bits of a hash, and the owner plus 1; 0: free.
  using Claim = std::atomic<std::uint64_t>;
  static constexpr std::uint64_t kOwnerBits = 0xff;
  struct alignas(64) Bucket {
    std::array<Claim, 8> claims{};
  };

  [[nodiscard]] Bucket& bucket(std::uint64_t hash) const { return buckets_[hash >> 32U & mask_]; }
  // The owner plus 1; 0: the tuple is not claimed.
  [[nodiscard]] std::uint64_t claimed_by(std::uint64_t hash) const;

  std::size_t workers_;
  std::uint64_t seed_;
  std::uint64_t mask_;
  std::unique_ptr<Bucket[]> buckets_;
};

}  // namespace ringroad::filter
