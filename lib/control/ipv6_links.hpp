// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// IPv6 on every port and sub-interface: its link-local and other addresses, and what their changes,
// and those of links, mean for routes and neighbors. Links calls it; nothing here changes a device.
// Control thread only.
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/model.hpp"
#include "host/addresses6.hpp"
#include "host/advertisements.hpp"
#include "host/group_membership.hpp"
#include "host/neighbors6.hpp"
#include "interface/world.hpp"
#include "routing/routing.hpp"

namespace ringroad::control {

class Ipv6Links {
 public:
  struct Parts {
    interface::World& world;
    routing::Routing6& routing;
    host::Addresses6& addresses;
    host::Neighbors6& neighbors;
    host::GroupMembership& groups;
    host::Advertisements& advertisements;
  };
  // `probes`: addresses are probed for before use.
  Ipv6Links(const Parts& parts, bool probes) : parts_{parts}, probes_{probes} {}

  // What the configuration says of a port or sub-interface that was added to World.
  struct Wanted {
    bool runs = false;  // without an address too
    std::vector<InterfaceAddress6> addresses{};

    friend bool operator==(const Wanted&, const Wanted&) = default;
  };
  [[nodiscard]] static Wanted wanted_of(const config::Port& port) {
    return {.runs = port.ipv6 || port.accept_ra || port.router_advertisements.has_value(),
            .addresses = port.addresses6};
  }
  // Takes over what all ports want at once, at the index of their ids: in one step, or not at all.
  struct Refused {
    InterfaceId port;
    std::string what;
  };
  using Outcome = std::expected<void, Refused>;
  Outcome set_wanted(const std::vector<Wanted>& wanted);
  [[nodiscard]] const Wanted& wanted(InterfaceId port) const {
    return states_[port.value()].wanted;
  }
  void set_probes(bool probes) { probes_ = probes; }

  Status add_address(InterfaceId port, InterfaceAddress6 address);
  Status erase_address(InterfaceId port, InterfaceAddress6 address);
  // Addresses that a port makes from router advertisements, besides the wanted ones.
  Status set_learned(InterfaceId port, const std::vector<InterfaceAddress6>& addresses);

  // The port got or lost its link.
  void apply(const interface::InterfaceView& view, bool linked);
  // The same for a port whose link did not change. Does nothing before the first link is known:
  // until then routes count every port as usable.
  void refresh(const interface::InterfaceView& view);
  // The administrative states of some ports changed: the routes of their addresses follow.
  Status sync() { return parts_.routing.sync_connected(); }
  void use_all(const interface::InterfaceView& view);
  void renew(InterfaceId port) { parts_.routing.renew(port); }

  // Whether routes may use the port.
  [[nodiscard]] bool is_usable(InterfaceId port) const { return states_[port.value()].usable; }

 private:
  struct State {
    Wanted wanted{};
    std::vector<InterfaceAddress6> learned{};
    bool linked = false;
    bool usable = false;  // as routes see it
  };

  [[nodiscard]] Status check_address(const interface::InterfaceView& view,
                                     InterfaceAddress6 address) const;
  // The addresses that the port has by what it wants: the link-local one comes first.
  [[nodiscard]] static std::vector<InterfaceAddress6> addresses_of(
      const interface::InterfaceView& view, const State& state);
  Outcome take_over(std::map<InterfaceId, State> states);
  void begin(InterfaceId port, InterfaceAddress6 address);

  Parts parts_;
  bool probes_;
  bool links_are_known_ = false;
  std::vector<State> states_ = std::vector<State>(kInterfacesMax);  // of each InterfaceId
};

}  // namespace ringroad::control
