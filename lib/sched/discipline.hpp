// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How a port's packets are put in order, held back and dropped: what the configuration says of a
// scheduler, ready for use. Of tc: pfifo, pfifo_fast, prio, drr, codel, fq_codel, tbf, htb.
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/enums.hpp"
#include "base/units.hpp"

namespace ringroad::sched {

inline constexpr std::size_t kPriorities = 16;
inline constexpr std::size_t kBandsMax = 16;
inline constexpr std::size_t kDscps = 64;

// RFC 8289 4.2 and 4.3.
struct CodelSettings {
  Nanoseconds target = std::chrono::milliseconds{5};      // a delay that may stand
  Nanoseconds interval = std::chrono::milliseconds{100};  // for so long
  bool ecn = false;  // marks what it would drop, where the sender takes marks (RFC 3168)
};

struct BandSettings {
  std::uint32_t limit = 1000;  // packets
  Bytes limit_bytes{std::numeric_limits<std::uint64_t>::max()};
  // htb's: what the band gets before others get more than theirs, and what it gets at most. A rate
  // without a ceiling is one.
  std::optional<BitsPerSecond> rate{};
  std::optional<BitsPerSecond> ceil{};
  Bytes burst{std::uint64_t{64} << 10U};
  std::uint32_t weight = 1;  // of a band that shares
  Aqm aqm = Aqm::kNone;
  CodelSettings codel{};
  std::uint32_t flows = 1024;  // fq_codel's queues
  // Of the hash by which flows find their queue; none: drawn at random, so that no sender can
  // choose.
  std::optional<std::uint64_t> seed{};
  std::uint32_t quantum = 1514;  // bytes a flow's turn (RFC 8290 4.1)
};

struct Discipline {
  std::uint8_t bands = 3;
  std::uint8_t strict = kBandsMax;  // the first so many go before the others, which share
  std::array<std::uint8_t, kPriorities> priomap{1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
  // Band of a DSCP; none: by the priority.
  std::array<std::optional<std::uint8_t>, kDscps> dscp{};
  std::array<BandSettings, kBandsMax> each{};
  std::optional<BitsPerSecond> rate{};  // of the port; none: not shaped
  Bytes burst{std::uint64_t{64} << 10U};
  std::uint16_t overhead = 0;  // bytes that a packet costs beyond its own, for every rate
};

}  // namespace ringroad::sched
