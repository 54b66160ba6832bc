// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Decides to what a connection is translated: Linux's nf_nat_setup_info.
#include <cstdint>

#include "filter/connections.hpp"
#include "filter/translate.hpp"

namespace ringroad::filter {

// Linux's nf_nat_range2.
struct NatRange {
  bool has_addresses = false;
  Ipv6 first{};
  Ipv6 last{};
  bool has_ports = false;
  std::uint16_t first_port = 0;
  std::uint16_t last_port = 0;
  bool random = false;        // the port is any free one, as in current Linux
  bool fully_random = false;  // the same
  bool persistent = false;    // the address depends on the source alone
};

// A number that others cannot guess, for a thread.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_{seed} {}
  [[nodiscard]] std::uint32_t roll() {  // SplitMix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27U) * 0x94d049bb133111ebU;
    return static_cast<std::uint32_t>(z ^ z >> 31U);
  }

 private:
  std::uint64_t state_;
};

// Decides for one end of a connection that is not confirmed yet. Returns false if no tuple is free:
// then nothing is decided.
[[nodiscard]] bool set_up(Connections& connections, Connection& connection, Manip manip,
                          const NatRange& range, Dice& dice);

// Whether this end was decided.
[[nodiscard]] inline bool is_set_up(const Connection& connection, Manip manip) {
  return connection.has(manip == Manip::kSource ? connection_status::kSourceNatDone
                                                : connection_status::kDestinationNatDone);
}

// Whether packets of this direction are translated at that end (Linux's nf_nat_packet): what was
// done to the source of a packet is undone at the destination of its reply.
[[nodiscard]] inline bool translates(const Connection& connection, Manip manip,
                                     Direction direction) {
  const bool is_source = (manip == Manip::kSource) == (direction == Direction::kOriginal);
  return connection.has(is_source ? connection_status::kSourceNat
                                  : connection_status::kDestinationNat);
}

}  // namespace ringroad::filter
