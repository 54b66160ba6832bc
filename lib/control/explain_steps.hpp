// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The steps of an explanation, from what a rehearsal recorded.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/frame_reading.hpp"
#include "control/json.hpp"
#include "control/rehearsal.hpp"
#include "filter/step.hpp"

namespace ringroad::control {

// The band that the frame would enter, of the first worker that sends by its port.
struct BandState {
  std::string text;  // empty if no worker sends by the port
  bool is_full = false;
};
[[nodiscard]] BandState band_of(const Router& router, const RehearsedFrame& frame);

class ExplainSteps {
 public:
  ExplainSteps(const Router& router, PortId port, std::span<const std::uint8_t> frame);

  void add(std::string_view stage, std::string says) {
    steps_.push_back({{"stage", stage}, {"says", std::move(says)}});
  }
  void walk(const Rehearsed& rehearsed);
  // How the packet leaves, as one frame or several.
  void add_output(const RehearsedFrame& frame, InterfaceId egress, std::size_t frames);
  void add_answer(const RehearsedFrame& frame);
  // The neighbor to which the packet goes.
  [[nodiscard]] EitherAddress next_hop(const RehearsedFrame& frame) const;
  [[nodiscard]] Json take() { return std::move(steps_); }

 private:
  void add_event(const tap::Event& event);
  void note(const filter::Step& step);
  void add_layer2();
  void add_checks(InterfaceId ingress);
  void add_route();
  template <class Address>
  void add_route_of();
  template <class Address>
  void add_reverse_path();
  template <class Address>
  void add_way(const neigh::Adjacency& way);
  // What a destination that each link has for itself is on the ingress interface.
  void add_own_of_link(const neigh::Adjacency& way);
  template <class Address>
  void add_runners_up(const std::optional<fib::RouteView<Address>>& match);
  template <class Address>
  void add_group(const fib::RouteView<Address>& match);
  void add_punted(PuntReason reason);
  void add_discovery();
  void add_delivered();
  void add_dropped(const WatchRecord& record);
  template <class Address>
  void add_wait(neigh::Key<Address> key);
  // The request that is sent for the neighbor for which the frame waits.
  void add_request(const RehearsedFrame& frame);
  template <class Address>
  [[nodiscard]] Address source() const {
    return address_at<Address>(packet_, kSourceAt<Address>);
  }
  template <class Address>
  [[nodiscard]] Address destination() const {
    return address_at<Address>(packet_, kDestinationAt<Address>);
  }
  template <class Address>
  [[nodiscard]] const neigh::Adjacency& way() const;
  template <class Address>
  [[nodiscard]] Address neighbor_on(const neigh::Adjacency& way) const;
  [[nodiscard]] const std::string& name(InterfaceId port) const {
    return router_.world().port(port).name;
  }

  const Router& router_;
  PortId port_;
  std::span<const std::uint8_t> frame_;
  std::span<const std::uint8_t> packet_;  // IPv4 or IPv6, or empty
  std::vector<std::uint8_t> translated_;  // the packet with another destination
  bool is_ipv6_ = false;
  std::uint32_t flow_ = 0;
  std::uint16_t mtu_ = 0;
  std::optional<InterfaceId> ingress_;
  bool is_routed_ = false;
  bool is_local_ = false;
  Json steps_ = Json::array();
};

}  // namespace ringroad::control
