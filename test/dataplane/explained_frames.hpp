// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Random frames of all kinds, valid and not, for the comparison of `explain` with the pipeline.
#include <random>

#include "testbed.hpp"

namespace ringroad::test {

// A router of four ports and two sub-interfaces with routes of all types, some without an answer
// from their gateway, and small limits.
[[nodiscard]] config::Config explained_config();

class ExplainedFrames {
 public:
  ExplainedFrames(const Testbed& bed, unsigned seed) : bed_{bed}, random_{seed} {}

  [[nodiscard]] std::uint32_t below(std::uint32_t end) {
    return static_cast<std::uint32_t>(random_() % end);
  }
  [[nodiscard]] bool one_in(std::uint32_t many) { return below(many) == 0; }
  [[nodiscard]] PortId port();
  [[nodiscard]] Frame next(PortId port);

 private:
  [[nodiscard]] Mac destination_mac(PortId port);
  [[nodiscard]] Ipv4 destination();
  [[nodiscard]] Ipv4 source(PortId port);
  [[nodiscard]] std::vector<std::uint8_t> options();
  [[nodiscard]] Frame ipv4(PortId port);
  [[nodiscard]] Frame to_router(PortId port);
  [[nodiscard]] Frame arp(PortId port);
  void mangle(Frame& frame);
  [[nodiscard]] Frame in_vlan(Frame frame);

  template <class T>
  [[nodiscard]] T any_of(std::initializer_list<T> choices) {
    return choices.begin()[below(static_cast<std::uint32_t>(choices.size()))];
  }

  const Testbed& bed_;
  std::mt19937 random_;
};

}  // namespace ringroad::test
