// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain_packet.hpp"
#include "explained_frames.hpp"
#include "ip6_frames.hpp"
#include "neigh/nd_message.hpp"

namespace ringroad::test {
namespace {

// Of the subnets 2001:db8:N::/64.
constexpr Ipv6 in_subnet(std::uint64_t subnet, std::uint64_t host) {
  return {0x2001'0db8'0000'0000 | subnet << 16U, host};
}
const Ipv6 kSilentHost6 = in_subnet(2, 9);
const Ipv6 kVlanHost6 = in_subnet(0x10, 2);
const Ipv6 kLinkLocalHost{0xfe80'0000'0000'0000, 0x5};

}  // namespace

config::Config explained_config6() {
  config::Config config = explained_config();
  config.nd.gc_thresh = {4, 12, 24};
  config.nd.dad_transmits = 0;
  config.arp.notify = false;
  const std::array<std::uint64_t, 6> subnets{1, 2, 3, 4, 0x10, 0x20};
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    config.ports[i].addresses6 = {{.address = in_subnet(subnets.at(i), 1), .length = 64}};
  }
  config.ports[1].mtu = 1400;
  config.ports.back().mtu = 1300;
  const auto via = [](Ipv6 gateway, std::uint16_t weight = 1) {
    return config::NextHop6{.via = gateway, .weight = weight};
  };
  const auto to = [](std::uint64_t subnet) { return Prefix6{in_subnet(subnet, 0), 48}; };
  config.routes6 = {
      {.to = to(0x30), .next_hops = {via(kHostB6)}},
      {.to = to(0x31), .next_hops = {via(kHostB6, 2), via(kHostA6), via(in_subnet(2, 3))}},
      {.to = to(0x32), .type = RouteType::kBlackhole, .next_hops = {}},
      {.to = to(0x33), .type = RouteType::kUnreachable, .next_hops = {}},
      {.to = to(0x34), .type = RouteType::kProhibit, .next_hops = {}},
      {.to = to(0x35), .next_hops = {via(kSilentHost6)}},
      {.to = to(0x36), .next_hops = {via(kHostA6)}},
      {.to = to(0x37), .next_hops = {via(kVlanHost6)}},
      {.to = to(0x38), .next_hops = {via(kSilentHost6)}, .metric = 1},
      {.to = to(0x38), .next_hops = {via(kHostB6)}, .metric = 2},
      {.to = to(0x39),
       .next_hops = {config::NextHop6{.via = kLinkLocalHost, .port = config.ports[0].name}}}};
  return config;
}

Frame ExplainedFrames6::make(PortId port) {
  switch (below(14)) {
    case 0:
    case 1:
      return discovery(port);
    case 2:
      return listener_query(port);
    case 3:
    case 4:
    case 5:
      return to_router(port);
    default:
      return ipv6(port);
  }
}

Mac ExplainedFrames6::destination_mac(PortId port, Ipv6 destination) {
  const Mac group = neigh::multicast_mac(destination);
  return destination.is_multicast() && !one_in(8) ? group
                                                  : RandomFrames::destination_mac(port, group);
}

Ipv6 ExplainedFrames6::link_local(PortId port) const {
  return interface::link_local_of(bed().mac(port)).address;
}

Ipv6 ExplainedFrames6::destination() {
  if (one_in(2)) {
    return in_subnet(0x2f + below(11), std::uint64_t{below(4)} << 32U | below(256));
  }
  return any_of<Ipv6>({kHostB6,
                       kHostB6,
                       kHostB6,
                       kHostA6,
                       kHostA6,
                       kRouterA6,
                       kRouterB6,
                       in_subnet(0x10, 1),
                       in_subnet(3, 1),
                       in_subnet(1, 0),
                       in_subnet(2, 0),
                       link_local(kPortA),
                       link_local(kPortB),
                       kLinkLocalHost,
                       kAllNodes,
                       kAllRouters,
                       kRouterA6.solicited_node(),
                       Ipv6{0xff02'0000'0000'0000, 0x77},
                       Ipv6{0xff05'0000'0000'0000, 0x2},
                       Ipv6{0xff0e'0000'0000'0000, 0x77},
                       Ipv6{0xff01'0000'0000'0000, 0x1},
                       Ipv6{0, 1},
                       Ipv6{},
                       Ipv6{0, 0xffff'0a01'0203},
                       in_subnet(0x77, 1),
                       kSilentHost6,
                       kVlanHost6,
                       in_subnet(0x20, 2),
                       in_subnet(2, below(256)),
                       in_subnet(1, below(256))});
}

Ipv6 ExplainedFrames6::source(PortId port) {
  if (!one_in(4)) {
    return any_of<Ipv6>({kHostA6, kHostB6, in_subnet(3, 2), in_subnet(4, 2), kVlanHost6,
                         kLinkLocalHost, in_subnet(port.value() + 1U, 2 + below(6))});
  }
  return any_of<Ipv6>({kRouterA6, link_local(port), Ipv6{0, 1}, kAllNodes, Ipv6{},
                       Ipv6{0, 0xffff'0a01'0203}, in_subnet(0x77, 5), in_subnet(0x31, 7),
                       in_subnet(0x32, 7), kSilentHost6, in_subnet(1, below(256))});
}

std::uint8_t ExplainedFrames6::extend(std::vector<std::uint8_t>& payload, std::uint8_t protocol) {
  using Octets = std::vector<std::uint8_t>;
  constexpr std::uint8_t kHopByHop = 0;
  constexpr std::uint8_t kRouting = 43;
  constexpr std::uint8_t kFragment = 44;
  constexpr std::uint8_t kDestinationOptions = 60;
  std::uint8_t first = protocol;
  for (auto headers = below(3); headers > 0; --headers) {
    const auto type = any_of<std::uint8_t>(
        {kHopByHop, kRouting, kFragment, kFragment, kFragment, kDestinationOptions, 135});
    Octets header{first, 0};
    const Octets rest =
        type == kFragment
            ? any_of<Octets>({Octets{0, 0, 0, 0, 0, 1}, Octets{0, 1, 0, 0, 0, 1},
                              Octets{0, 1, 0, 0, 0, 2}, Octets{0, 8, 0, 0, 0, 1},
                              Octets{0, 9, 0, 0, 0, 1}, Octets{0xff, 0xf9, 0, 0, 0, 2},
                              Octets{0, 64, 0, 0, 0, 2}})
        : type == kRouting
            ? any_of<Octets>({Octets{0, 0, 0, 0, 0, 0}, Octets{0, 1, 0, 0, 0, 0},
                              Octets{2, 1, 0, 0, 0, 0}, Octets{4, 0, 0, 0, 0, 0}})
            : any_of<Octets>({Octets{1, 4, 0, 0, 0, 0}, Octets{5, 2, 0, 0, 1, 0},
                              Octets{0x3e, 4, 0, 0, 0, 0}, Octets{0x7e, 4, 0, 0, 0, 0},
                              Octets{0x80, 4, 0, 0, 0, 0}, Octets{0xc0, 4, 0, 0, 0, 0},
                              Octets{0xc2, 4, 0, 1, 0, 0}, Octets{1, 9, 0, 0, 0, 0}});
    header.insert(header.end(), rest.begin(), rest.end());
    payload.insert(payload.begin(), header.begin(), header.end());
    first = type;
  }
  return first;
}

Frame ExplainedFrames6::ipv6(PortId port) {
  Ipv6Fields fields;
  fields.source = source(port);
  fields.destination = destination();
  fields.destination_mac = destination_mac(port, fields.destination);
  fields.source_mac = port == kPortA ? kMacA : kMacB;
  fields.hop_limit = any_of<std::uint8_t>({0, 1, 2, 64, 64, 64, 64, 255});
  fields.traffic_class = one_in(3) ? static_cast<std::uint8_t>(below(256)) : std::uint8_t{0};
  fields.next_header = any_of<std::uint8_t>({58, 58, 6, 17, 17, 17, 59, 103, 136, 50, 254});
  const auto bytes =
      any_of<std::size_t>({0, 8, 26, 26, 56, 200, 1232, 1240, 1260, 1300, 1352, 1368, 1460});
  fields.payload.assign(bytes, 0x5a);
  if (fields.next_header == 58 && bytes > 0) {
    fields.payload[0] = any_of<std::uint8_t>({1, 2, 3, 4, 128, 128, 128, 129, 130, 131, 137, 143});
  }
  if (one_in(3)) {
    fields.next_header = extend(fields.payload, fields.next_header);
  }
  if (one_in(3)) {
    mend_icmp6_checksum(fields);
  }
  return make_ipv6(fields);
}

// With right checksums: what the router answers.
Frame ExplainedFrames6::to_router(PortId port) {
  control::ExplainedPacket<Ipv6> packet;
  packet.source_mac = port == kPortA ? kMacA : kMacB;
  packet.source = source(port);
  packet.destination =
      any_of<Ipv6>({kRouterA6, kRouterB6, in_subnet(1, 0), link_local(port), destination()});
  packet.destination_mac = destination_mac(port, packet.destination);
  packet.protocol = any_of<std::uint8_t>({58, 58, 6, 17, 99});
  packet.source_port = static_cast<std::uint16_t>(below(4));
  packet.destination_port = static_cast<std::uint16_t>(below(4));
  packet.tos = one_in(4) ? static_cast<std::uint8_t>(below(256)) : std::uint8_t{0};
  packet.ttl = any_of<std::uint8_t>({1, 64, 64});
  packet.flow_label = below(4);
  packet.length = any_of<std::uint16_t>({60, 104, 104, 300, 1280, 1296, 1380, 1500});
  return control::make_frame(packet, {});
}

Frame ExplainedFrames6::discovery(PortId port) {
  const Mac sender{{0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(below(20))}};
  const auto mac = one_in(4) ? std::nullopt : std::optional{sender};
  const Ipv6 from = source(port);
  const Ipv6 target = any_of<Ipv6>(
      {kRouterA6, kRouterB6, link_local(port), in_subnet(1, 0), kHostA6, kHostB6, destination()});
  const bool to_all = one_in(2);
  const Mac to = destination_mac(port, to_all ? kAllNodes : from);
  switch (below(6)) {
    case 0:
    case 1:
      return neigh::frame(
          neigh::NeighborSolicitation{.source = from,
                                      .destination = to_all ? target.solicited_node() : target,
                                      .target = target,
                                      .source_mac = mac},
          to_all ? neigh::multicast_mac(target.solicited_node()) : to, sender);
    case 2:
    case 3:
      return neigh::frame(
          neigh::NeighborAdvertisement{.source = from,
                                       .destination = to_all ? kAllNodes : kRouterA6,
                                       .target = target,
                                       .router = one_in(2),
                                       .solicited = !to_all,
                                       .override_ = one_in(2),
                                       .target_mac = mac},
          to, sender);
    case 4:
      return neigh::frame(neigh::RouterSolicitation{.source = from, .source_mac = mac},
                          neigh::multicast_mac(kAllRouters), sender);
    default:
      return neigh::frame(neigh::RouterAdvertisement{.source = one_in(2) ? from : kLinkLocalHost,
                                                     .hop_limit = 64,
                                                     .lifetime = 30min,
                                                     .source_mac = mac},
                          neigh::multicast_mac(kAllNodes), sender);
  }
}

// A query of multicast listener discovery.
Frame ExplainedFrames6::listener_query(PortId port) {
  neigh::Icmp6Frame frame{{.destination_mac = neigh::multicast_mac(kAllNodes),
                           .source_mac = kMacA,
                           .source = one_in(4) ? source(port) : kLinkLocalHost,
                           .destination = kAllNodes,
                           .hop_limit = static_cast<std::uint8_t>(one_in(4) ? 64 : 1),
                           .router_alert = !one_in(4)},
                          130};
  frame.put16(100);
  frame.put16(0);
  frame.put(one_in(2) ? Ipv6{} : kRouterA6.solicited_node());
  frame.put32(0);
  return std::move(frame).finish();
}

}  // namespace ringroad::test
