// SPDX-License-Identifier: BSD-3-Clause
#include "explained_frames.hpp"

#include "control/explain_packet.hpp"

namespace ringroad::test {
namespace {

constexpr Ipv4 kSilentHost{192, 168, 2, 9};
constexpr Ipv4 kVlanHost{10, 10, 0, 2};

}  // namespace

config::Config explained_config() {
  config::Config config = Testbed::basic_config();
  config.arp.gc_thresh = {4, 12, 24};
  config.icmp = {.rate = 200, .burst = 20, .per_destination = 200ms};
  config.ports[1].mtu = 600;
  config::Port strict = config.ports[0];
  strict.name = "c";
  strict.addresses = {{Ipv4{192, 168, 3, 1}, 24}};
  strict.rp_filter = config::ReversePath::kStrict;
  config::Port host_only = strict;
  host_only.name = "d";
  host_only.addresses = {{Ipv4{192, 168, 4, 1}, 24}};
  host_only.rp_filter = config::ReversePath::kLoose;
  host_only.forwarding = false;
  config.ports.push_back(strict);
  config.ports.push_back(host_only);
  config.ports.push_back(sub_interface("a.10", "a", 10, {Ipv4{10, 10, 0, 1}, 24}));
  config.ports.push_back(
      sub_interface("b.20", "b", 20, {Ipv4{10, 20, 0, 1}, 24}, config::VlanProtocol::k8021ad));
  config.ports.back().mtu = 500;
  const auto via = [](Ipv4 gateway, std::uint16_t weight = 1) {
    return config::NextHop{.via = gateway, .weight = weight};
  };
  const auto to = [](std::uint8_t second) { return Prefix4{Ipv4{10, second, 0, 0}, 16}; };
  config.routes = {
      {.to = to(30), .next_hops = {via(kHostB)}},
      {.to = to(31), .next_hops = {via(kHostB, 2), via(kHostA), via({192, 168, 2, 3})}},
      {.to = to(32), .type = RouteType::kBlackhole, .next_hops = {}},
      {.to = to(33), .type = RouteType::kUnreachable, .next_hops = {}},
      {.to = to(34), .type = RouteType::kProhibit, .next_hops = {}},
      {.to = to(35), .next_hops = {via(kSilentHost)}},
      {.to = to(36), .next_hops = {via(kHostA)}},
      {.to = to(37), .next_hops = {via(kVlanHost)}},
      {.to = to(38), .next_hops = {via(kSilentHost)}, .metric = 1},
      {.to = to(38), .next_hops = {via(kHostB)}, .metric = 2}};
  return config;
}

PortId RandomFrames::port() {
  return PortId{static_cast<std::uint16_t>(any_of({0U, 0U, 0U, 1U, 1U, 2U, 3U}))};
}

Frame RandomFrames::next(PortId port) {
  Frame frame = make(port);
  if (one_in(4)) {
    mangle(frame);
  }
  if (one_in(40) && frame.size() >= kIp) {
    const auto type =
        any_of<std::uint16_t>({0x0100, 0x0800, 0x0806, 0x86dd, 0x88cc, 0x05ff, 0x0600});
    frame[12] = static_cast<std::uint8_t>(type >> 8U);
    frame[13] = static_cast<std::uint8_t>(type & 0xffU);
  }
  frame = in_vlan(std::move(frame));
  if (one_in(30)) {
    frame.resize(below(static_cast<std::uint32_t>(frame.size() + 60)));
  } else if (frame.size() < 60 && one_in(2)) {
    frame.resize(60);
  }
  frame.resize(std::max<std::size_t>(frame.size(), 1));
  return frame;
}

Mac RandomFrames::destination_mac(PortId port, Mac group) {
  switch (below(24)) {
    case 0:
      return kBroadcastMac;
    case 1:
      return group;
    case 2:
      return Mac{{0x02, 9, 9, 9, 9, 9}};
    default:
      return bed_.mac(port);
  }
}

void RandomFrames::flip(Frame& frame, std::size_t end) {
  for (auto flips = below(4); flips > 0; --flips) {
    frame[6 + below(static_cast<std::uint32_t>(std::min(frame.size(), end) - 6))] =
        static_cast<std::uint8_t>(below(256));
  }
}

Frame ExplainedFrames::make(PortId port) {
  switch (below(12)) {
    case 0:
      return arp(port);
    case 1:
    case 2:
    case 3:
      return to_router(port);
    default:
      return ipv4(port);
  }
}

Mac ExplainedFrames::destination_mac(PortId port) {
  return RandomFrames::destination_mac(port, Mac{{0x01, 0, 0x5e, 0, 0, 5}});
}

Ipv4 ExplainedFrames::destination() {
  if (one_in(2)) {
    return Ipv4{10, static_cast<std::uint8_t>(29 + below(11)), static_cast<std::uint8_t>(below(4)),
                static_cast<std::uint8_t>(below(256))};
  }
  return any_of<Ipv4>({kHostB,
                       kHostB,
                       kHostB,
                       kHostA,
                       kHostA,
                       kRouterA,
                       kRouterB,
                       Ipv4{10, 10, 0, 1},
                       Ipv4{192, 168, 3, 1},
                       Ipv4{192, 168, 1, 255},
                       Ipv4{192, 168, 2, 0},
                       Ipv4{255, 255, 255, 255},
                       Ipv4{224, 0, 0, 5},
                       Ipv4{240, 0, 0, 1},
                       Ipv4{127, 0, 0, 1},
                       Ipv4{0, 0, 0, 0},
                       Ipv4{172, 16, 0, 1},
                       kSilentHost,
                       kVlanHost,
                       Ipv4{10, 20, 0, 2},
                       Ipv4{192, 168, 2, static_cast<std::uint8_t>(below(256))},
                       Ipv4{192, 168, 1, static_cast<std::uint8_t>(below(256))}});
}

Ipv4 ExplainedFrames::source(PortId port) {
  if (!one_in(4)) {
    return any_of<Ipv4>({kHostA, kHostB, Ipv4{192, 168, 3, 2}, Ipv4{192, 168, 4, 2}, kVlanHost,
                         Ipv4{192, 168, static_cast<std::uint8_t>(port.value() + 1),
                              static_cast<std::uint8_t>(2 + below(6))}});
  }
  return any_of<Ipv4>({kRouterA, Ipv4{127, 0, 0, 1}, Ipv4{224, 1, 1, 1}, Ipv4{0, 0, 0, 0},
                       Ipv4{172, 16, 5, 5}, Ipv4{10, 31, 0, 7}, Ipv4{10, 32, 0, 7},
                       Ipv4{192, 168, 1, 255}, Ipv4{250, 0, 0, 1}, kSilentHost,
                       Ipv4{192, 168, 1, static_cast<std::uint8_t>(below(256))}});
}

std::vector<std::uint8_t> ExplainedFrames::options() {
  using Octets = std::vector<std::uint8_t>;
  return any_of<Octets>({Octets{1, 1, 1, 0}, Octets{148, 4, 0, 0}, Octets{7, 7, 4, 0, 0, 0, 0, 0},
                         Octets{7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                         Octets{68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0},
                         Octets{68, 8, 5, 0, 0, 0, 0, 0}, Octets{131, 7, 4, 10, 30, 0, 1, 0},
                         Octets{137, 7, 8, 10, 30, 0, 1, 0}, Octets{7, 2, 4, 0},
                         Octets{134, 40, 0, 0}, Octets{7, 7, 5, 0, 0, 0, 0, 0}});
}

Frame ExplainedFrames::ipv4(PortId port) {
  Ipv4Fields fields;
  fields.destination_mac = destination_mac(port);
  fields.source_mac = port == kPortA ? kMacA : kMacB;
  fields.source = source(port);
  fields.destination = destination();
  fields.ttl = any_of<std::uint8_t>({0, 1, 2, 64, 64, 64, 64, 255});
  fields.tos = one_in(3) ? static_cast<std::uint8_t>(below(256)) : std::uint8_t{0};
  fields.protocol = any_of<std::uint8_t>({1, 1, 2, 6, 17, 17, 17, 47, 103, 136});
  fields.id = static_cast<std::uint16_t>(below(4));
  if (one_in(3)) {
    fields.flags_offset = any_of<std::uint16_t>(
        {0x4000, 0x4000, 0x4000, 0x2000, 0x2001, 0x0001, 0x0002, 0x6000, 0x1fff, 0x8000});
  }
  if (one_in(8)) {
    fields.options = options();
  }
  const std::size_t bytes = any_of<std::size_t>({0, 8, 26, 26, 56, 200, 470, 590, 700, 1400, 1480});
  if (fields.protocol == 1 && bytes >= 8) {
    fields.payload = echo_request(1, bytes - 8);
    if (one_in(3)) {
      fields.payload[0] = static_cast<std::uint8_t>(below(20));
    }
  } else {
    fields.payload.assign(bytes, 0x5a);
  }
  return make_ipv4(fields);
}

// With right checksums: what the router answers.
Frame ExplainedFrames::to_router(PortId port) {
  control::ExplainedPacket<Ipv4> packet{
      .destination_mac = destination_mac(port),
      .source_mac = port == kPortA ? kMacA : kMacB,
      .source = source(port),
      .destination = any_of<Ipv4>({kRouterA, kRouterB, destination()})};
  packet.protocol = any_of<std::uint8_t>({1, 1, 6, 17, 99});
  packet.source_port = static_cast<std::uint16_t>(below(4));
  packet.destination_port = static_cast<std::uint16_t>(below(4));
  packet.tos = one_in(4) ? static_cast<std::uint8_t>(below(256)) : std::uint8_t{0};
  packet.ttl = any_of<std::uint8_t>({1, 64, 64});
  packet.dont_fragment = one_in(3);
  packet.length = any_of<std::uint16_t>({40, 84, 84, 300, 580, 700, 1500});
  return control::make_frame(packet, {});
}

Frame ExplainedFrames::arp(PortId port) {
  const auto operation = any_of<std::uint16_t>({1, 1, 2, 3});
  const Ipv4 target = one_in(2) ? destination() : kRouterA;
  const Mac sender{{0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(below(20))}};
  return make_arp(operation, sender, source(port), one_in(2) ? bed().mac(port) : Mac{}, target,
                  one_in(2) ? kBroadcastMac : destination_mac(port));
}

void ExplainedFrames::mangle(Frame& frame) {
  flip(frame, 42);
  // Later checks are reached only with a right checksum.
  if (one_in(2)) {
    mend_checksum(frame);
  }
}

Frame RandomFrames::in_vlan(Frame frame) {
  if (!one_in(4)) {
    return frame;
  }
  switch (below(8)) {
    case 0:
      return tagged(std::move(frame), {{0x8100, 0}});
    case 1:
      return tagged(std::move(frame), {{0x8100, 99}});
    case 2:
      return tagged(std::move(frame), {{0x88a8, 20}});
    case 3:
      return tagged(std::move(frame), {{0x8100, 10}, {0x8100, 7}});
    case 4:
      return tagged(std::move(frame), {{0x8100, 0xe000}, {0x8100, 10}});
    default:
      return tagged(std::move(frame), {{0x8100, static_cast<std::uint16_t>(10 | below(8) << 13U)}});
  }
}

}  // namespace ringroad::test
