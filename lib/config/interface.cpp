// SPDX-License-Identifier: BSD-3-Clause
#include "config/interface.hpp"

#include <fmt/format.h>

#include "config/address.hpp"
#include "config/family.hpp"
#include "config/scalars.hpp"

namespace ringroad::config {
namespace {

template <class Address>
std::optional<InterfaceAddress<Address>> read_interface_address(const Value& value,
                                                                const std::string& text) {
  const auto wrong = [&](const std::string& what) {
    value.problem(what);
    return std::nullopt;
  };
  const auto address = InterfaceAddress<Address>::parse(text);
  if (!address && Address::parse(text)) {
    constexpr unsigned kUsualLength = Address::kBits == Ipv6::kBits ? 64 : 24;
    return wrong(
        fmt::format("{} has no prefix length; write {}/{} or the like", text, text, kUsualLength));
  }
  if (!address) {
    return wrong(fmt::format("{} is not an {} address with a prefix length", shown(text),
                             kFamilyName<Address>));
  }
  if (const auto fault = fault_of(*address)) {
    return wrong(*fault);
  }
  return address;
}

// Returns false if the address could not be read.
template <class Address>
bool add_address(const Value& item, const std::string& text, const std::string& port,
                 ConnectedOf<Address>& connected,
                 std::vector<InterfaceAddress<Address>>& addresses) {
  const auto address = read_interface_address<Address>(item, text);
  if (address) {
    connected.add(item, port, *address);
    addresses.push_back(*address);
  }
  return address.has_value();
}

// The list has addresses of both families.
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
    const auto text = item.text();
    const bool added =
        text && (looks_like_ipv6(*text)
                     ? add_address(item, *text, port.name, connected.v6, port.addresses6)
                     : add_address(item, *text, port.name, connected.v4, port.addresses));
    if (!added) {
      connected.set_incomplete();
    }
  }
}

void read_ipv6(const Fields& fields, const PortContext& context, Port& port) {
  const Value* const ipv6 = fields.find("ipv6");
  const auto wanted = read_flag(ipv6);
  assign(port.ipv6, wanted);
  const Value* const accept_ra = fields.find("accept_ra");
  const auto accepts = read_flag(accept_ra);
  assign(port.accept_ra, accepts);
  if (const Value* section = fields.find("router_advertisements")) {
    port.router_advertisements = read_router_advertisements(*section);
  }
  if (const Value* nd = fields.find("nd")) {
    port.nd = read_nd_timers(*nd, context.nd_timers);
  }
  const bool unreadable = (fields.has("ipv6") && !wanted) || (fields.has("accept_ra") && !accepts);
  if (unreadable) {
    context.connected.v6.set_incomplete();
  }
  if (wanted == false && port.runs_ipv6()) {
    ipv6->problem("is false, but the port has an IPv6 address, accept_ra or router_advertisements");
  }
  // RFC 4861 6.2.2: a router that advertises does not take the advertisements of others.
  if (port.accept_ra && port.router_advertisements) {
    accept_ra->problem("does not go with router_advertisements on one port");
  }
}

void check_mtu6(const Fields& fields, const Port& port) {
  const Value* const mtu = fields.find("mtu");
  if (port.runs_ipv6() && port.mtu < kMtuMin6) {
    (mtu != nullptr ? *mtu : fields.value())
        .problem(fmt::format("{} is less than {}, which a port that runs IPv6 needs", port.mtu,
                             kMtuMin6));
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
  read_ipv6(fields, context, port);
  check_mtu6(fields, port);
}

}  // namespace ringroad::config
