// SPDX-License-Identifier: BSD-3-Clause
// Handles events of the devices: carriers that change, kernel interfaces that change, devices that
// hang or are unplugged.
#include "control/links.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace ringroad::control {
namespace {

using namespace std::chrono_literals;

// The interval at which the link of a device without a link interrupt is read from its registers,
// which takes some 100 us for a copper PHY. On average half of it passes before a change is seen;
// with the other steps of a failover that is well below 50 ms.
constexpr Nanoseconds kRegisterLook = 20ms;
// Linux's watchdog_timeo.
constexpr Nanoseconds kHang = 5s;

}  // namespace

Links::Links(const Parts& parts, const Clock& clock, SourceGone source_gone)
    : world_{parts.world},
      routing_{parts.routing},
      addresses_{parts.addresses},
      neighbors_{parts.neighbors},
      ipv6_{parts.ipv6},
      interfaces_{parts.interfaces},
      ports_{parts.ports},
      workers_{parts.workers},
      clock_{clock},
      source_gone_{std::move(source_gone)} {}

void Links::add(InterfaceId id, const config::Port& port, Mac own_mac) {
  states_[id.value()] = {.wanted_mtu = port.mtu, .wanted_mac = port.mac};
  if (!port.vlan) {
    devices_[id.value()] = {.mac = own_mac};
  }
}

void Links::apply_all() {
  for (const interface::InterfaceView& view : world_.ports()) {
    apply(view);
  }
}

void Links::apply_unnumbered() {
  for (const interface::InterfaceView& view : world_.ports()) {
    if (view.addresses.empty()) {
      apply(view);
    } else if (view.addresses6.empty()) {
      ipv6_.refresh(view);
    }
  }
}

// A port is usable for routes while it has a carrier, is administratively up, and has an address or
// is named by a route. In Linux a port without addresses loses its routes (fib_disable_ip).
void Links::apply(const interface::InterfaceView& view) {
  const bool linked = view.up && devices_[view.egress.value()].carrier;
  if (linked != states_[view.id.value()].linked) {
    states_[view.id.value()].linked = linked;
    addresses_.set_link(view.id, linked);
  }
  // Without a link, queued packets are dropped, as in Linux's dev_deactivate.
  if (!view.link) {
    apply_gate(view.egress);
  }
  const bool has_address = std::ranges::any_of(
      view.addresses, [&](const InterfaceAddress4& address) { return view.uses(address); });
  const bool usable = linked && (has_address || routing_.binds(view.id));
  routing_.set_link(view.id, usable);
  if (usable != states_[view.id.value()].usable) {
    states_[view.id.value()].usable = usable;
    neighbors_.set_link(view.id, usable);
  }
  ipv6_.apply(view, linked);
}

// Called every round, because the events of interrupts and of the kernel are already in memory and
// cost little to read.
void Links::watch_carriers() {
  interfaces_.poll();
  if (interfaces_seen_ != interfaces_.generation()) {
    interfaces_seen_ = interfaces_.generation();
    note_interfaces();
  }
  const Nanoseconds now = clock_.now();
  const bool registers = now >= next_register_look_;
  if (registers) {
    next_register_look_ = now + kRegisterLook;
  }
  for (const std::uint16_t i : numbers(ports_.size())) {
    if (!devices_[i].released && (registers || ports_[i]->link_is_at_hand())) {
      watch_carrier(i);
    }
  }
}

void Links::watch_carrier(std::uint16_t port) {
  Device& link = devices_[port];
  const bool up = ports_[port]->link_up();
  if (up == link.carrier) {
    return;
  }
  if (up && link.left_by) {
    // The link may be lost and come back within one loop of a worker, which then still sends. Wait
    // until every worker has left the port.
    if (rte_rcu_qsbr_check(&world_.reclaimer().readers(), *link.left_by, false) != 1) {
      return;
    }
    link.left_by.reset();
    ports_[port]->discard_unsent();
  }
  link.carrier = up;
  const std::string why = up ? std::string{} : ports_[port]->why_down();
  const std::string& name = ports_[port]->settings().name;
  log::event(up ? log::Level::info : log::Level::warn,
             {{"port", name}, {"link", up ? "up" : "down"}}, "port {}: link {}{}{}", name,
             up ? "up" : "down", why.empty() ? "" : ": ", why);
  for (const interface::InterfaceView& view : world_.ports()) {
    if (view.egress == PortId{port}) {
      apply(view);
    }
  }
  if (!up) {
    link.left_by = rte_rcu_qsbr_start(&world_.reclaimer().readers());
  }
}

void Links::note_interfaces() {
  for (const std::uint16_t i : numbers(ports_.size())) {
    const port::InterfaceState* const state = ports_[i]->interface();
    if (state == nullptr || devices_[i].released) {
      continue;
    }
    Device& link = devices_[i];
    if (link.interface_gone != !state->present) {
      link.interface_gone = !state->present;
      log::warn("port {}: its interface {} {}", ports_[i]->settings().name, state->name,
                state->present ? "is back" : port::why_down(*state));
    }
    if (state->present && link.interface != state->name) {
      if (!link.interface.empty()) {
        log::warn("port {}: its interface {} is called {} now", ports_[i]->settings().name,
                  link.interface, state->name);
      }
      link.interface = state->name;
    }
    limit_mtus(PortId{i});
    if (!devices_[i].hang.stopped && ports_[i]->interface_is_back()) {
      leave(i);
    }
  }
}

// Stops the port. No worker uses it once the readers have passed the state `left_by`.
void Links::leave(std::uint16_t port) {
  Hang& hang = devices_[port].hang;
  hang.since = clock_.now();
  hang.stopped = true;
  apply_gate(PortId{port});
  hang.left_by = rte_rcu_qsbr_start(&world_.reclaimer().readers());
}

void Links::apply_gate(PortId port) {
  using enum worker::Worker::Gate;
  const bool leaves = ports_[port.value()]->removal_asked() || devices_[port.value()].released;
  const bool stopped = devices_[port.value()].hang.stopped;
  const bool linked = states_[port.value()].linked;
  const auto gate = leaves    ? kGone
                    : stopped ? (linked ? kStopped : kGone)
                    : linked  ? kOpen
                              : kClosed;
  for (const auto& worker : workers_) {
    worker->set_gate(port, gate);
  }
}

// Resets a port that has queued packets and sent none for five seconds, although its link is up and
// no rate limit holds the packets (Linux's dev_watchdog).
void Links::watch_for_hangs() {
  const Nanoseconds now = clock_.now();
  for (const std::uint16_t i : numbers(ports_.size())) {
    std::uint64_t progress = 0;
    std::uint64_t queued = 0;
    for (const auto& worker : workers_) {
      if (const port::TxQueue* const queue = worker->tx(PortId{i})) {
        const sched::BandTotals totals = queue->bands().totals();
        progress += totals.sent_packets + queue->bands().overlimits();
        queued += totals.queued;
      }
    }
    Hang& hang = devices_[i].hang;
    const bool goes_on = queued == 0 || progress != hang.progress || !devices_[i].carrier;
    if (goes_on && !hang.stopped) {
      hang.progress = progress;
      hang.since = now;
    } else if (now - hang.since >= kHang && !hang.left_by) {
      if (!hang.stopped) {
        ++hang.count;
        log::warn("port {}: {} packets wait and none was sent for 5 s: it is reset",
                  ports_[i]->settings().name, queued);
      } else if (ports_[i]->interface_is_lost() && !ports_[i]->interface_is_back()) {
        continue;  // a reset cannot succeed without an interface
      }
      leave(i);
    }
  }
}

// Every worker leaves a port whose device is to be unplugged before the device is released. Its
// link is lost then, and with it the routes through the port.
void Links::watch_for_removals() {
  for (const std::uint16_t i : numbers(ports_.size())) {
    Hang& hang = devices_[i].hang;
    if (ports_[i]->removal_asked() && !ports_[i]->detached() && !hang.left_by) {
      apply_gate(PortId{i});
      hang.left_by = rte_rcu_qsbr_start(&world_.reclaimer().readers());
    }
  }
}

void Links::reset_hung_ports() {
  for (const std::uint16_t i : numbers(ports_.size())) {
    Hang& hang = devices_[i].hang;
    if (!hang.left_by ||
        rte_rcu_qsbr_check(&world_.reclaimer().readers(), *hang.left_by, false) != 1) {
      continue;
    }
    hang.left_by.reset();
    if (devices_[i].released) {
      close(i);
      continue;
    }
    if (ports_[i]->removal_asked()) {
      log::warn("port {}: its device was unplugged", ports_[i]->settings().name);
      ports_[i]->detach();
      continue;
    }
    Status status = ports_[i]->reset();
    if (status) {
      status = use_reset_port(i);
    }
    if (!status) {
      // The port stays stopped, and the reset is tried again.
      log::error("{}", status.error().what);
      continue;
    }
    hang.stopped = false;
    apply_gate(PortId{i});
  }
}

Status Links::use_reset_port(std::uint16_t i) {
  port::Port& port = *ports_[i];
  for (const auto& worker : workers_) {
    worker->use_device(PortId{i}, port);
    worker->watch_rx(port);
  }
  const interface::InterfaceView& view = world_.port(InterfaceId{i});
  if (port.mac() == view.mac) {
    return {};
  }
  // A kernel interface that was created again has another MAC address, and the one that the
  // operator set must be set again.
  devices_[i].mac = port.mac();
  if (const std::optional<Mac> wanted = states_[i].wanted_mac) {
    return port.set_mac(*wanted);
  }
  if (Status status = check_mac(view, port.mac()); !status) {
    return status;
  }
  apply_mac(PortId{i}, port.mac());
  return {};
}

}  // namespace ringroad::control
