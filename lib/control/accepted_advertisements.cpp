// SPDX-License-Identifier: BSD-3-Clause
#include "control/accepted_advertisements.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "packet/tos.hpp"

namespace ringroad::control {
namespace {

// Linux's IP6_RT_PRIO_ADDRCONF and IP6_RT_PRIO_USER.
constexpr std::uint32_t kMetricOfPrefix = 256;
constexpr std::uint32_t kMetricOfRouter = 1024;

}  // namespace

void AcceptedAdvertisements::set(InterfaceId port, bool accepts) {
  const auto known = ports_.find(port);
  if (accepts && known == ports_.end()) {
    ports_.emplace(port, Port{});
  } else if (!accepts && known != ports_.end()) {
    neigh::RouterDiscovery::Events events;
    discovery_.stop(port, events);
    carry_out(events);
    ports_.erase(port);
  }
}

void AcceptedAdvertisements::hear(InterfaceId port, const neigh::RouterAdvertisement& message) {
  neigh::RouterDiscovery::Events events;
  discovery_.hear(port, message, clock_.now(), events);
  carry_out(events);
}

void AcceptedAdvertisements::tick() {
  if (ports_.empty()) {
    return;
  }
  const Nanoseconds now = clock_.now();
  for (auto& [id, port] : ports_) {
    const interface::InterfaceView& view = parts_.world.port(id);
    const bool linked = parts_.links.is_usable(id);
    if (linked != port.linked) {
      port.linked = linked;
      discovery_.set_link(id, linked, now);
    }
    if (!port.started && parts_.world.link_local(id)) {
      port.started = true;
      discovery_.start(id, {.mac = view.mac, .mtu = view.mtu}, now);
    }
  }
  neigh::RouterDiscovery::Events events;
  discovery_.tick(now, events);
  carry_out(events);
}

void AcceptedAdvertisements::carry_out(const neigh::RouterDiscovery::Events& events) {
  for (const Event& event : events) {
    carry_out(event);
  }
}

void AcceptedAdvertisements::carry_out(const Event& event) {
  using enum Event::Kind;
  switch (event.kind) {
    case kSolicit:
      solicit(event.port);
      break;
    case kAddRouter:
    case kRemoveRouter:
      set_router(event, Prefix6{}, event.kind == kAddRouter);
      break;
    case kAddRoute:
    case kRemoveRoute:
      set_router(event, event.prefix, event.kind == kAddRoute);
      break;
    case kAddPrefix:
    case kRemovePrefix:
      set_on_link(event, event.kind == kAddPrefix);
      break;
    case kAddAddress:
    case kRemoveAddress:
      set_address(event, event.kind == kAddAddress);
      break;
    case kDeprecateAddress:
    case kPreferAddress:
      set_deprecated(event, event.kind == kDeprecateAddress);
      break;
    case kMtu:
      set_mtu(event);
      break;
  }
}

void AcceptedAdvertisements::set_mtu(const Event& event) {
  const std::string& name = parts_.world.port(event.port).name;
  if (event.mtu != 0) {
    log::info("port {}: a router says that IPv6 packets may have {} bytes", name, event.mtu);
  } else {
    log::info("port {}: no router says how long an IPv6 packet may be", name);
  }
  parts_.world.set_mtu6(event.port, static_cast<std::uint16_t>(event.mtu));
  parts_.links.renew(event.port);
}

void AcceptedAdvertisements::set_deprecated(const Event& event, bool deprecated) {
  parts_.world.set_deprecated(event.port, event.address, deprecated);
  log::info("port {}: address {} is {}", parts_.world.port(event.port).name,
            event.address.to_string(), deprecated ? "deprecated" : "preferred again");
}

void AcceptedAdvertisements::solicit(InterfaceId port) {
  const auto source = parts_.world.link_local(port);
  if (!source) {
    return;
  }
  const Mac mac = parts_.world.port(port).mac;
  const neigh::RouterSolicitation message{.source = *source, .source_mac = mac};
  auto packet = parts_.sender.make_frame(
      neigh::frame(message, neigh::multicast_mac(message.destination), mac));
  if (packet) {
    stats::IpCounters& counters = parts_.sender.context().counters;
    counters.add(stats::IpCounter::kIcmp6OutMsgs);
    counters.add(stats::IpCounter::kIcmp6OutRouterSolicits);
    parts_.sender.send_icmp6(std::move(packet), port);
  }
}

void AcceptedAdvertisements::set_router(const Event& event, Prefix6 prefix, bool there) {
  Routers& routers = routers_[prefix];
  const std::pair key{event.port, event.router};
  if (there) {
    routers.insert_or_assign(key, event.preference);
  } else {
    routers.erase(key);
  }
  log::info("port {}: router {} {} {}", parts_.world.port(event.port).name,
            event.router.to_string(), there ? "leads to" : "does not lead any more to",
            prefix.to_string());
  set_route(prefix, routers);
  if (routers.empty()) {
    routers_.erase(prefix);
  }
}

void AcceptedAdvertisements::set_route(Prefix6 prefix, const Routers& routers) {
  routing::Routing6::Request request{
      .prefix = prefix, .vias = {}, .metric = kMetricOfRouter, .protocol = fib::Protocol::kRa};
  const auto best =
      std::ranges::max_element(routers, {}, [](const auto& router) { return router.second; });
  for (const auto& [key, preference] : routers) {
    if (preference == best->second) {
      request.vias.push_back({.address = key.second, .port = key.first});
    }
  }
  put(request);
}

// A prefix in which the port has an address is on the link by that; others need a route.
void AcceptedAdvertisements::set_on_link(const Event& event, bool there) {
  routing::Routing6::Request request{.prefix = event.prefix,
                                     .vias = {},
                                     .metric = kMetricOfPrefix,
                                     .protocol = fib::Protocol::kRa};
  if (there) {
    request.vias.push_back({.address = std::nullopt, .port = event.port});
  }
  put(request);
}

void AcceptedAdvertisements::put(const routing::Routing6::Request& request) {
  if (request.vias.empty()) {
    static_cast<void>(parts_.routing.remove({.prefix = request.prefix,
                                             .table = request.table,
                                             .metric = request.metric,
                                             .protocol = request.protocol}));
  } else if (const auto set = parts_.routing.set(request, routing::RouteMode::kReplace); !set) {
    log::warn("route {}: {}", request.prefix.to_string(), set.error().what);
  }
}

void AcceptedAdvertisements::set_address(const Event& event, bool there) {
  std::set<Ipv6>& addresses = ports_[event.port].addresses;
  if (there) {
    addresses.insert(event.address);
  } else {
    addresses.erase(event.address);
    parts_.world.set_deprecated(event.port, event.address, false);
  }
  // The prefix's route says what is on the link.
  std::vector<InterfaceAddress6> learned;
  std::ranges::transform(addresses, std::back_inserter(learned), [](Ipv6 address) {
    return InterfaceAddress6{.address = address, .length = Ipv6::kBits};
  });
  const std::string& name = parts_.world.port(event.port).name;
  if (const Status status = parts_.links.set_learned(event.port, learned); !status) {
    log::warn("port {}: {}: {}", name, event.address.to_string(), status.error().what);
  } else {
    log::info("port {}: address {} {}", name, event.address.to_string(),
              there ? "by a router's advertisement" : "has expired");
  }
}

}  // namespace ringroad::control
