// SPDX-License-Identifier: BSD-3-Clause
#include "config/interface.hpp"

#include <fmt/format.h>

#include "config/address.hpp"
#include "config/scalars.hpp"

namespace ringroad::config {
namespace {

std::optional<InterfaceAddress4> read_interface_address(const Value& value) {
  const auto text = value.text();
  if (!text) {
    return std::nullopt;
  }
  const auto wrong = [&](const std::string& what) {
    value.problem(what);
    return std::nullopt;
  };
  const auto address = InterfaceAddress4::parse(*text);
  if (!address && Ipv4::parse(*text)) {
    return wrong(fmt::format("{} has no prefix length; write {}/24 or the like", *text, *text));
  }
  if (!address) {
    return wrong(shown(*text) + " is not an IPv4 address with a prefix length");
  }
  if (const auto fault = fault_of(*address)) {
    return wrong(*fault);
  }
  return address;
}

void read_addresses(const Value& list, Connected& connected, Port& port) {
  const std::vector<Value> items = list.items();
  if (items.size() > kAddressesMax) {
    list.problem(
        fmt::format("has {} addresses; a port takes at most {}", items.size(), kAddressesMax));
    connected.set_incomplete();
    return;
  }
  if (!list.is_list()) {
    connected.set_incomplete();
  }
  for (const Value& item : items) {
    if (const auto address = read_interface_address(item)) {
      connected.add(item, port.name, *address);
      port.addresses.push_back(*address);
    } else {
      connected.set_incomplete();
    }
  }
}

}  // namespace

void read_interface(const Fields& fields, const PortContext& context, Port& port) {
  if (const Value* addresses = fields.find("addresses")) {
    read_addresses(*addresses, context.connected, port);
  } else if (!fields.is_map() || fields.has("addresses")) {
    context.connected.set_incomplete();
  }
  assign(port.mtu, read(fields.find("mtu"), Range<std::uint16_t>{kMtuMin, kMtuMax}));
  assign(port.forwarding, read_flag(fields.find("forwarding")));
  assign(port.rp_filter, read(fields.find("rp_filter"), kReversePathWords));
  assign(port.send_redirects, read_flag(fields.find("send_redirects")));
  assign(port.dad, read_flag(fields.find("dad")));
  if (const Value* arp = fields.find("arp")) {
    port.arp = read_arp_timers(*arp, context.timers);
  }
}

}  // namespace ringroad::config
