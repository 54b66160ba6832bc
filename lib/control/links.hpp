// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The operational state of every port and sub-interface. It changes when the operator changes a
// port, and by events of the devices (carrier, kernel interfaces, devices that hang or are
// unplugged). A change has the effects on ARP and routes that it has in Linux. Control thread only.
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/model.hpp"
#include "control/ipv6_links.hpp"
#include "host/addresses.hpp"
#include "host/neighbors.hpp"
#include "interface/world.hpp"
#include "port/port.hpp"
#include "routing/routing.hpp"
#include "worker/worker.hpp"

namespace ringroad::control {

class Links {
 public:
  struct Parts {
    interface::World& world;
    routing::Routing4& routing;
    host::Addresses& addresses;
    host::Neighbors& neighbors;
    Ipv6Links& ipv6;
    port::InterfaceWatch& interfaces;
    const std::vector<std::unique_ptr<port::Port>>& ports;
    const std::vector<std::unique_ptr<worker::Worker>>& workers;
  };
  // Called for an address that no port has any more.
  using SourceGone = std::function<void(Ipv4 address)>;
  Links(const Parts& parts, const Clock& clock, SourceGone source_gone);

  struct Change {
    std::optional<std::uint16_t> mtu{};
    std::optional<Mac> mac{};
    std::optional<bool> up{};
  };
  // Applies the whole change, or none of it if a part is refused.
  Status change(InterfaceId port, const Change& change);
  Status set_link(InterfaceId port, bool up) { return change(port, {.up = up}); }
  Status set_mtu(InterfaceId port, std::uint16_t mtu) { return change(port, {.mtu = mtu}); }
  Status set_mac(InterfaceId port, Mac mac) { return change(port, {.mac = mac}); }
  Status add_address(InterfaceId port, InterfaceAddress4 address);
  Status erase_address(InterfaceId port, InterfaceAddress4 address);
  // What a reload changes of all ports and sub-interfaces at once, with the value of each at the
  // index of its id. A refused call changes nothing.
  struct Refused {
    InterfaceId port;
    std::string what;
  };
  using Outcome = std::expected<void, Refused>;
  // A port or sub-interface that was added to World. `own_mac`: of a port's device.
  void add(InterfaceId id, const config::Port& port, Mac own_mac);
  // Takes one without addresses away, or brings it back. The device of a port still runs.
  void set_gone(InterfaceId id, bool gone);
  // Closes the device of a port that was taken away, once every worker has left it: at once if none
  // runs.
  void release(PortId port, bool workers_run);
  // Whether some device is still to be closed.
  [[nodiscard]] bool releases() const;
  using AddressLists = std::vector<std::vector<InterfaceAddress4>>;
  Outcome set_mtus(const std::vector<std::uint16_t>& mtus);
  // A device without a value has its own MAC address.
  Outcome set_macs(const std::vector<std::optional<Mac>>& macs);
  Outcome set_ups(const std::vector<bool>& ups);
  // The addresses of each port in this order, in one step.
  Outcome set_addresses(const AddressLists& lists);
  // Probes for an address that the port already has. The address is used if no station answers the
  // ARP probes.
  void probe_for(InterfaceId port, InterfaceAddress4 address);

  // Updates the ports without addresses, which are usable while a route names them.
  void apply_unnumbered();
  void apply_all();
  // The port listens to other groups than before.
  void listen(InterfaceId port);
  // Called every round.
  void watch_carriers();
  // Called at intervals.
  void watch_for_hangs();
  void watch_for_removals();
  // Resets or releases the devices that every worker has left by now.
  void reset_hung_ports();

  [[nodiscard]] Ipv6Links& ipv6() { return ipv6_; }
  [[nodiscard]] const Ipv6Links& ipv6() const { return ipv6_; }
  // Whether the port or sub-interface is up and has a link, as routes and neighbors see it. The
  // device may have reported a change a moment earlier.
  [[nodiscard]] bool linked(InterfaceId port) const { return states_[port.value()].linked; }
  [[nodiscard]] std::uint64_t tx_hangs(PortId port) const {
    return devices_[port.value()].hang.count;
  }
  // The MTU that the operator configured; the device may have a lower one.
  [[nodiscard]] std::uint16_t wanted_mtu(InterfaceId port) const {
    return states_[port.value()].wanted_mtu;
  }
  [[nodiscard]] std::optional<Mac> wanted_mac(InterfaceId port) const {
    return states_[port.value()].wanted_mac;
  }

 private:
  struct Hang {
    std::uint64_t progress = 0;
    Nanoseconds since{};
    std::uint64_t count = 0;
    bool stopped = false;  // from leave() until the device was reset and started
    // Set before a reset: every worker has left the port once this state is passed.
    std::optional<std::uint64_t> left_by{};
  };
  struct Device {
    Mac mac{};  // the device's own, before any was set
    bool carrier = false;
    // Set when the carrier was lost: every worker has left the port once this state is passed.
    std::optional<std::uint64_t> left_by{};
    bool released = false;  // the port was taken away for good
    bool interface_gone = false;
    std::string interface{};  // the name of the kernel interface of the device
    Hang hang{};
  };
  struct State {
    std::uint16_t wanted_mtu = 0;
    std::optional<Mac> wanted_mac{};
    bool linked = false;  // administratively up, and the device has a carrier
    bool usable = false;  // as routes see it
  };

  void apply(const interface::InterfaceView& view);
  void apply_gate(PortId port);
  void apply_mtu(InterfaceId port, std::uint16_t mtu);
  void apply_mac(PortId device, Mac mac);
  void limit_mtus(PortId device);
  Status bring(InterfaceId port, bool up);
  Status change_device(InterfaceId port, const Change& change);
  Status set_addresses(InterfaceId port, const std::vector<InterfaceAddress4>& addresses);
  void forget_address(InterfaceId port, InterfaceAddress4 address);
  [[nodiscard]] Status check_address(const interface::InterfaceView& view,
                                     InterfaceAddress4 address) const;
  [[nodiscard]] Status check_mtu(const interface::InterfaceView& view, std::uint16_t mtu) const;
  [[nodiscard]] static Status check_mac(const interface::InterfaceView& view, Mac mac);
  void watch_carrier(std::uint16_t port);
  void note_interfaces();
  void leave(std::uint16_t port);
  void close(std::uint16_t port);
  Status use_reset_port(std::uint16_t i);

  interface::World& world_;
  routing::Routing4& routing_;
  host::Addresses& addresses_;
  host::Neighbors& neighbors_;
  Ipv6Links& ipv6_;
  port::InterfaceWatch& interfaces_;
  const std::vector<std::unique_ptr<port::Port>>& ports_;
  const std::vector<std::unique_ptr<worker::Worker>>& workers_;
  const Clock& clock_;
  SourceGone source_gone_;
  std::vector<Device> devices_ = std::vector<Device>(kPortsMax);    // of each PortId
  std::vector<State> states_ = std::vector<State>(kInterfacesMax);  // of each InterfaceId
  std::uint64_t interfaces_seen_ = 0;  // the last generation that was handled
  Nanoseconds next_register_look_{};
};

}  // namespace ringroad::control
