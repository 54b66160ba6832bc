// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>

#include "config/device.hpp"
#include "config/interface.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

class PortsReader {
 public:
  explicit PortsReader(PortContext& context) : context_{context} {}

  Port read_port(const Entry& entry);
  // Called after the last port.
  void check_devices(const std::vector<Port>& ports) const;

 private:
  PortContext& context_;
  Devices devices_;
};

Port PortsReader::read_port(const Entry& entry) {
  static constexpr auto kKeys =
      with_interface_keys("device", "macaddress", "queues", "spread", "scheduler");
  Port port;
  port.name = entry.key;
  const Fields fields{entry.value, kKeys, Place::kInterface};
  devices_.read(fields.require("device", "a PCI address or a DPDK virtual device"), port.name,
                port.device);
  port.mac = read_mac(fields.find("macaddress"));
  read_interface(fields, context_, port);
  devices_.check_mtu(fields.find("mtu"), port);
  if (const auto* queues = fields.find("queues")) {
    const auto text = queues->text();
    if (text && *text != "auto") {
      assign(port.queues, read(queues, Range<std::uint16_t>{1, 64}));
    }
  }
  assign(port.spread, read_flag(fields.find("spread")));
  const Value* scheduler = fields.find("scheduler");
  if (auto name = read_text(scheduler)) {
    if (*name == kDefaultScheduler ||
        check_reference(*scheduler, *name, "scheduler", context_.schedulers)) {
      port.scheduler = *std::move(name);
    }
  }
  return port;
}

void PortsReader::check_devices(const std::vector<Port>& ports) const {
  if (ports.empty()) {
    return;
  }
  devices_.check_buffers(std::ranges::max_element(ports, {}, &Port::mtu)->mtu);
  if (context_.buffers) {
    devices_.check_pool(*context_.buffers, context_.engine, ports.size());
  }
}

}  // namespace

std::vector<Port> read_ports(const Value& section, PortContext& context) {
  constexpr std::size_t kPortsMax = 256;
  std::vector<Port> ports;
  const Fields fields{section};
  context.names.complete = fields.is_map();
  if (!fields.is_map()) {
    context.connected.set_incomplete();
  } else if (fields.entries().empty()) {
    section.missing("is empty; a router has at least one port");
  } else if (fields.entries().size() > kPortsMax) {
    section.missing(fmt::format("has more than {} ports", kPortsMax));
  }
  PortsReader reader{context};
  for (const Entry& entry : fields.entries()) {
    check_name(entry);
    context.names.names.push_back(entry.key);
    ports.push_back(reader.read_port(entry));
  }
  reader.check_devices(ports);
  return ports;
}

}  // namespace ringroad::config
