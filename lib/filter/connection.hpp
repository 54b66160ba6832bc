// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A connection: Linux's nf_conn.
#include <array>
#include <cstdint>

#include "base/ids.hpp"
#include "filter/direction.hpp"
#include "filter/tcp_tracking.hpp"
#include "filter/tuple.hpp"
#include "packet/interface.hpp"

namespace ringroad::filter {

// Linux's ip_conntrack_status, with its numbers, which rules compare.
namespace connection_status {
inline constexpr std::uint16_t kSeenReply = 1U << 1U;
inline constexpr std::uint16_t kAssured = 1U << 2U;  // not evicted if the table is full
inline constexpr std::uint16_t kConfirmed = 1U << 3U;
inline constexpr std::uint16_t kSourceNat = 1U << 4U;  // the source is translated
inline constexpr std::uint16_t kDestinationNat = 1U << 5U;
inline constexpr std::uint16_t kSourceNatDone = 1U << 7U;  // decided whether it is
inline constexpr std::uint16_t kDestinationNatDone = 1U << 8U;
inline constexpr std::uint16_t kDying = 1U << 9U;
// Not one of Linux's: its first packet is of the burst that is being evaluated.
inline constexpr std::uint16_t kFresh = 1U << 15U;
}  // namespace connection_status

// Milliseconds of the table's own clock. They wrap after 49 days, and no timeout is half as long.
using Milliseconds32 = std::uint32_t;

// What is known about what all rules do with the packets: see outcomes.hpp. 0: nothing.
using OutcomeId = std::uint16_t;

struct alignas(64) Connection {
  static constexpr unsigned kMasqueradeBits = 11;

  std::array<Tuple, 2> tuples;        // by Direction
  std::array<std::uint32_t, 2> next;  // in the table's chains
  Milliseconds32 deadline;
  std::uint32_t mark;
  std::uint16_t status;
  std::uint16_t generation;  // of the place in the table
  OutcomeId outcome;
  // The interface whose address is the source of what is sent, plus 1; 0: not masqueraded.
  std::uint16_t masquerade : kMasqueradeBits;
  std::uint16_t in_use : 1;
  std::uint16_t claims : 2;  // a bit for each Direction whose tuple its table claimed of FlowOwners
  // Of UDP: the end of the first two seconds, in `ends[0].end`.
  TcpTracking tcp;
  struct Count {
    std::uint64_t packets;
    std::uint64_t bytes;
  };
  std::array<Count, 2> counts;

  [[nodiscard]] const Tuple& tuple(Direction direction) const {
    return tuples[index_of(direction)];
  }
  [[nodiscard]] bool has(std::uint16_t bits) const { return (status & bits) == bits; }
  // Whether nothing finds it any more, although a packet still has it.
  [[nodiscard]] bool is_retired() const {
    return has(connection_status::kConfirmed | connection_status::kDying);
  }
  [[nodiscard]] std::uint8_t protocol() const { return tuples[0].protocol; }
};
static_assert(sizeof(Connection) == 192);
static_assert(kInterfacesMax < 1U << Connection::kMasqueradeBits);

}  // namespace ringroad::filter
