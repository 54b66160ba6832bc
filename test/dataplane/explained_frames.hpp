// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Random frames of all kinds, valid and not, for the comparison of `explain` with the pipeline.
#include <random>

#include "testbed.hpp"

namespace ringroad::test {

// A router of four ports and two sub-interfaces with routes of all types, some without an answer
// from their gateway, and small limits.
[[nodiscard]] config::Config explained_config();
// The same with IPv6 on each, in MTUs that it may have.
[[nodiscard]] config::Config explained_config6();

class RandomFrames {
 public:
  RandomFrames(const Testbed& bed, unsigned seed) : bed_{bed}, random_{seed} {}
  RandomFrames(const RandomFrames&) = delete;
  RandomFrames& operator=(const RandomFrames&) = delete;
  virtual ~RandomFrames() = default;

  [[nodiscard]] std::uint32_t below(std::uint32_t end) {
    return static_cast<std::uint32_t>(random_() % end);
  }
  [[nodiscard]] bool one_in(std::uint32_t many) { return below(many) == 0; }
  [[nodiscard]] PortId port();
  [[nodiscard]] Frame next(PortId port);

 protected:
  // A frame without a tag.
  [[nodiscard]] virtual Frame make(PortId port) = 0;
  // Makes a frame's headers wrong.
  virtual void mangle(Frame& frame) = 0;

  [[nodiscard]] Mac destination_mac(PortId port, Mac group);
  // Replaces some of the octets from the source address on, up to `end`.
  void flip(Frame& frame, std::size_t end);
  [[nodiscard]] const Testbed& bed() const { return bed_; }
  template <class T>
  [[nodiscard]] T any_of(std::initializer_list<T> choices) {
    return choices.begin()[below(static_cast<std::uint32_t>(choices.size()))];
  }

 private:
  [[nodiscard]] Frame in_vlan(Frame frame);

  const Testbed& bed_;
  std::mt19937 random_;
};

class ExplainedFrames final : public RandomFrames {
 public:
  using RandomFrames::RandomFrames;

 private:
  [[nodiscard]] Frame make(PortId port) override;
  void mangle(Frame& frame) override;
  [[nodiscard]] Mac destination_mac(PortId port);
  [[nodiscard]] Ipv4 destination();
  [[nodiscard]] Ipv4 source(PortId port);
  [[nodiscard]] std::vector<std::uint8_t> options();
  [[nodiscard]] Frame ipv4(PortId port);
  [[nodiscard]] Frame to_router(PortId port);
  [[nodiscard]] Frame arp(PortId port);
};

class ExplainedFrames6 final : public RandomFrames {
 public:
  using RandomFrames::RandomFrames;

 private:
  [[nodiscard]] Frame make(PortId port) override;
  void mangle(Frame& frame) override { flip(frame, 74); }
  [[nodiscard]] Mac destination_mac(PortId port, Ipv6 destination);
  [[nodiscard]] Ipv6 destination();
  [[nodiscard]] Ipv6 source(PortId port);
  [[nodiscard]] Ipv6 link_local(PortId port) const;
  // Puts random extension headers before the payload. Returns the first header's number.
  [[nodiscard]] std::uint8_t extend(std::vector<std::uint8_t>& payload, std::uint8_t protocol);
  [[nodiscard]] Frame ipv6(PortId port);
  [[nodiscard]] Frame to_router(PortId port);
  [[nodiscard]] Frame discovery(PortId port);
  [[nodiscard]] Frame listener_query(PortId port);
};

}  // namespace ringroad::test
