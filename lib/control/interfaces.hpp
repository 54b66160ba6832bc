// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Ports and sub-interfaces of the configuration as World has them.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "interface/world.hpp"
#include "port/port.hpp"

namespace ringroad::control {

using Devices = std::vector<std::unique_ptr<port::Port>>;

// The ids of the configured ports in a router that starts: ports have those below kPortsMax, so
// that ports may come while it runs.
[[nodiscard]] std::vector<InterfaceId> ids_at_start(const std::vector<config::Port>& ports);

// Without addresses. `link`: of a sub-interface; it must be in World already.
[[nodiscard]] interface::InterfaceView view_of(const config::Port& port, InterfaceId id,
                                               const interface::InterfaceView* link,
                                               const Devices& devices);
// The priority of each PCP that a sub-interface receives.
[[nodiscard]] std::array<std::uint8_t, 8> priorities_of(const config::Vlan& vlan);
// The tables by which frames with a tag find their sub-interface. `ids`: of these ports.
[[nodiscard]] interface::World::VlanTables vlan_tables(const std::vector<config::Port>& ports,
                                                       const std::vector<InterfaceId>& ids,
                                                       const Devices& devices);
// The VLANs of the port's sub-interfaces, and VLAN 0, with which priority-tagged frames arrive
// (IEEE 802.1Q 6.9).
[[nodiscard]] std::vector<std::uint16_t> vlans_on(const std::vector<config::Port>& ports,
                                                  const std::string& link);

}  // namespace ringroad::control
