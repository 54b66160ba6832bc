// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How the packets of a port are ordered, delayed and dropped: the configuration of a scheduler,
// ready for use. Modeled on tc: pfifo, pfifo_fast, prio, drr, codel, fq_codel, tbf, htb.
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
  Nanoseconds target = std::chrono::milliseconds{5};      // acceptable standing delay
  Nanoseconds interval = std::chrono::milliseconds{100};  // how long the delay may exceed it
  bool ecn = false;  // marks instead of dropping if the sender supports ECN (RFC 3168)
};

struct BandSettings {
  std::uint32_t limit = 1000;  // packets
  Bytes limit_bytes{std::numeric_limits<std::uint64_t>::max()};
  // As in htb: the rate that the band gets before others get more than theirs, and the most it may
  // get. A rate without a ceiling is also the ceiling.
  std::optional<BitsPerSecond> rate{};
  std::optional<BitsPerSecond> ceil{};
  Bytes burst{std::uint64_t{64} << 10U};
  std::uint32_t weight = 1;  // for a band that shares
  Aqm aqm = Aqm::kNone;
  CodelSettings codel{};
  std::uint32_t flows = 1024;  // number of fq_codel's queues
  // Seed of the hash that assigns flows to queues. If empty, it is drawn at random, so that no
  // sender can choose colliding flows.
  std::optional<std::uint64_t> seed{};
  std::uint32_t quantum = 1514;  // bytes in a flow's turn (RFC 8290 4.1)
};

struct Discipline {
  std::uint8_t bands = 3;
  std::uint8_t strict = kBandsMax;  // this many bands are served first; the others share
  std::array<std::uint8_t, kPriorities> priomap{1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
  // The band of a DSCP; if empty, the priority determines the band.
  std::array<std::optional<std::uint8_t>, kDscps> dscp{};
  std::array<BandSettings, kBandsMax> each{};
  std::optional<BitsPerSecond> rate{};  // of the port; if empty, the port is not shaped
  Bytes burst{std::uint64_t{64} << 10U};
  std::uint16_t overhead = 0;  // additional bytes that each packet costs, for every rate
};

}  // namespace ringroad::sched
