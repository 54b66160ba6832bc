// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer over the whole pipeline and the control side: bytes are frames on the wires, time that
// passes and what an operator does. Afterwards every packet is accounted for, every timer has run
// out, and every buffer is back. An input is one router's life.
#include <array>
#include <vector>

#include "eal.hpp"
#include "input.hpp"
#include "neigh/icmp6_frame.hpp"
#include "testbed.hpp"

namespace ringroad::test {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::size_t kOperationsMax = 128;

const Ipv6 kRouterA6{0x2001'0db8'0001'0000, 1};
const Ipv6 kRouterV6{0x2001'0db8'0010'0000, 1};

// Ports a and b, VLAN 10 of a, VLAN 7 within a's provider VLAN 300; b is narrow.
Testbed::Options network() {
  Testbed::Options options;
  config::Config& config = options.config;
  config.engine.memory.buffers = 2047;
  config.icmp.rate = 0;
  config.icmp.per_destination = {};
  config.ports[1].mtu = 600;
  config.ports[1].rp_filter = config::ReversePath::kLoose;
  config.ports.push_back(sub_interface("a.10", "a", 10, {Ipv4{10, 0, 10, 1}, 24}));
  config.ports.push_back(
      sub_interface("a.300", "a", 300, {Ipv4{10, 0, 30, 1}, 24}, config::VlanProtocol::k8021ad));
  config.ports.push_back(sub_interface("a.300.7", "a.300", 7, {Ipv4{10, 0, 7, 1}, 24}));
  config.ports[2].dad = true;
  // Port b is too narrow for IPv6.
  config.ports[0].addresses6 = {{.address = kRouterA6, .length = 64}};
  config.ports[2].addresses6 = {{.address = kRouterV6, .length = 64}};
  config.ports[4].ipv6 = true;
  config.nd.dad_transmits = 1;
  config::Route6 route6;
  route6.to = Prefix6{Ipv6{0x2001'0db9'0000'0000, 0}, 32};
  route6.next_hops = {{.via = Ipv6{0x2001'0db8'0010'0000, 9}}};
  config.routes6 = {route6};
  config.neighbors = {{kHostB, "b", kMacB}};
  for (const char* const prefix : {"20.0.0.0/8", "20.1.0.0/16"}) {
    config::Route route;
    route.to = *Prefix4::parse(prefix);
    route.next_hops = {{kHostB, 1}, {kHostA, 2}};
    config.routes.push_back(route);
  }
  return options;
}

class Life {
 public:
  explicit Life(Input input) : input_{input}, bed_{network()} {}

  void run() {
    for (std::size_t i = 0; i < kOperationsMax && !input_.empty(); ++i) {
      step();
    }
    bed_.run();
    // Reassembly's half minute and every probe.
    for (int i = 0; i < 40; ++i) {
      bed_.advance(std::chrono::seconds{1});
      drain();
    }
  }

 private:
  void step() {
    switch (input_.byte() % 11) {
      case 0:
        raw();
        break;
      case 8:
      case 9:
      case 10:
        ipv6();
        break;
      case 1:
      case 2:
      case 3:
        ipv4();
        break;
      case 4:
        again();
        break;
      case 5:
        arp();
        break;
      case 6:
        bed_.advance(std::chrono::milliseconds{1} * (input_.byte() * 40));
        drain();
        break;
      default:
        operate();
    }
  }

  void drain() {
    for (const PortId port : {kPortA, kPortB}) {
      bed_.discard(port);
    }
  }

  void receive(PortId port, Frame frame, std::uint8_t tags) {
    // Bits of `tags`: VLAN 10; 300; 7 within; a priority.
    constexpr std::array<Tag, 4> kTags{{{0x8100, 10}, {0x88a8, 300}, {0x8100, 7}, {0x8100, 0}}};
    std::vector<Tag> chosen;
    for (std::size_t i = 0; i < kTags.size(); ++i) {
      if ((tags >> i & 1) != 0) {
        chosen.push_back(kTags.at(i));
      }
    }
    if (!chosen.empty() && frame.size() >= 12) {
      frame = tagged(std::move(frame), chosen);
    }
    bed_.receive(port, frame);
    bed_.run();
    drain();
    last_ = std::move(frame);
    last_port_ = port;
  }

  PortId port(std::uint8_t choice) const { return (choice & 1) != 0 ? kPortB : kPortA; }
  Mac destination(std::uint8_t choice) const {
    constexpr Mac kGroup{{0x01, 0, 0x5e, 0, 0, 1}};
    switch (choice >> 1 & 3) {
      case 0:
      case 1:
        return bed_.mac(port(choice));
      case 2:
        return kBroadcastMac;
      default:
        return (choice & 8) != 0 ? kGroup : kMacB;
    }
  }
  Ipv4 address() {
    static constexpr std::array kAddresses{kHostA,
                                           kHostB,
                                           kRouterA,
                                           kRouterB,
                                           Ipv4{192, 168, 1, 9},
                                           Ipv4{192, 168, 2, 9},
                                           Ipv4{192, 168, 1, 255},
                                           Ipv4{10, 0, 10, 1},
                                           Ipv4{10, 0, 7, 9},
                                           Ipv4{20, 1, 2, 3},
                                           Ipv4{203, 0, 113, 1},
                                           Ipv4{224, 0, 0, 1},
                                           kLimitedBroadcast,
                                           Ipv4{127, 0, 0, 1},
                                           Ipv4{}};
    const std::uint8_t choice = input_.byte();
    if (choice < 240) {
      return kAddresses.at(choice % kAddresses.size());
    }
    return Ipv4{input_.word()};
  }

  // As it is, but that it begins with a MAC that is listened to.
  void raw() {
    const std::uint8_t choice = input_.byte();
    const auto bytes = input_.bytes(input_.byte());
    Frame frame(bytes.begin(), bytes.end());
    if ((choice & 0x80) == 0 && frame.size() >= 6) {
      std::ranges::copy(destination(choice).octets, frame.begin());
    }
    if (frame.empty()) {
      return;
    }
    receive(port(choice), std::move(frame), 0);
  }

  // Checksums right but where one is asked to be wrong: nothing past them would be reached else.
  void ipv4() {
    const std::uint8_t choice = input_.byte();
    const std::uint8_t oddity = input_.byte();
    Ipv4Fields fields;
    fields.destination_mac = destination(choice);
    fields.source = address();
    fields.destination = address();
    fields.protocol = std::array<std::uint8_t, 4>{1, 6, 17, input_.byte()}.at(choice >> 6);
    const auto options = input_.bytes((oddity & 3) == 3 ? input_.byte() % 41 : 0);
    fields.options.assign(options.begin(), options.end());
    if ((oddity & 4) != 0) {
      fields.ttl = input_.byte();
      fields.tos = input_.byte();
    }
    if ((oddity & 8) != 0) {
      fields.flags_offset = input_.half_word();
      fields.id = input_.byte();
    }
    if ((oddity & 16) != 0) {
      fields.total_length = input_.half_word();
    }
    if ((oddity & 32) != 0) {
      fields.version_ihl = input_.byte();
    }
    fields.bad_checksum = (oddity & 0xc0) == 0xc0;
    const std::uint8_t length = input_.byte();
    const auto payload = input_.bytes(length);
    fields.payload.assign(payload.begin(), payload.end());
    if ((choice & 16) != 0) {
      fields.payload.resize(std::size_t{length} * 6, 0x33);
    }
    if (fields.protocol == 1 && fields.payload.size() >= 8) {
      fields.payload[2] = 0;
      fields.payload[3] = 0;
      const std::uint16_t right = sum(fields.payload);
      fields.payload[2] = static_cast<std::uint8_t>(right >> 8);
      fields.payload[3] = static_cast<std::uint8_t>(right & 0xff);
    } else if (fields.protocol == 17 && fields.payload.size() >= 8) {
      fields.payload[4] = static_cast<std::uint8_t>(fields.payload.size() >> 8);
      fields.payload[5] = static_cast<std::uint8_t>(fields.payload.size() & 0xff);
      fields.payload[6] = 0;
      fields.payload[7] = 0;
    }
    Frame frame = make_ipv4(fields);
    if ((choice & 32) != 0) {
      frame.resize(frame.size() + input_.byte());  // padding
    }
    receive(port(choice), std::move(frame), static_cast<std::uint8_t>(input_.byte() >> 4));
  }

  Ipv6 address6() {
    static const std::array kAddresses{kRouterA6,
                                       kRouterV6,
                                       Ipv6{kRouterA6.high(), 2},
                                       Ipv6{kRouterV6.high(), 9},
                                       Ipv6{kRouterA6.high(), 0},
                                       Ipv6{0x2001'0db9'0000'0000, 7},
                                       Ipv6{0x2001'0dba'0000'0000, 7},
                                       Ipv6{0xfe80'0000'0000'0000, 7},
                                       interface::link_local_of(bed_.mac(kPortA)).address,
                                       kAllNodes,
                                       kAllRouters,
                                       kRouterA6.solicited_node(),
                                       Ipv6{0, 1},
                                       Ipv6{}};
    const std::uint8_t choice = input_.byte();
    return choice < 240 ? kAddresses.at(choice % kAddresses.size())
                        : Ipv6{kRouterA6.high(), input_.word()};
  }

  // Chains of extension headers come from the bytes of the payload.
  void ipv6() {
    const std::uint8_t choice = input_.byte();
    const std::uint8_t oddity = input_.byte();
    Frame frame;
    const auto put = [&](const auto& octets) {
      frame.insert(frame.end(), octets.begin(), octets.end());
    };
    put(destination(choice).octets);
    put(kMacA.octets);
    const Ipv6 source = address6();
    const Ipv6 target = address6();
    const std::uint8_t next_header =
        std::array<std::uint8_t, 8>{58, 58, 58, 44, 0, 60, 43, input_.byte()}.at(oddity & 7);
    const auto payload = input_.bytes(input_.byte());
    const auto length =
        static_cast<std::uint16_t>((oddity & 8) != 0 ? input_.byte() : payload.size());
    const std::uint8_t hop_limit =
        (oddity & 16) != 0 ? input_.byte() : static_cast<std::uint8_t>(255);
    put(std::array<std::uint8_t, 10>{
        0x86, 0xdd, 0x60, 0, 0, 0, static_cast<std::uint8_t>(length >> 8),
        static_cast<std::uint8_t>(length & 0xff), next_header, hop_limit});
    std::array<std::uint8_t, 16> octets{};
    source.write(octets.data());
    put(octets);
    target.write(octets.data());
    put(octets);
    put(payload);
    const std::size_t message = kEthernet + 40;
    if (next_header == 58 && payload.size() >= 8) {
      frame[message + 2] = 0;
      frame[message + 3] = 0;
      const std::uint16_t right = neigh::icmp6_checksum(
          source, target, std::span<const std::uint8_t>{frame}.subspan(message));
      frame[message + 2] = static_cast<std::uint8_t>(right >> 8);
      frame[message + 3] = static_cast<std::uint8_t>(right & 0xff);
    }
    receive(port(choice), std::move(frame), static_cast<std::uint8_t>(input_.byte() >> 4));
  }

  // The last packet once more, as another fragment of it.
  void again() {
    if (last_.size() < kEthernet + 20) {
      return;
    }
    Frame frame = last_;
    const std::uint16_t offset = input_.half_word();
    frame[kEthernet + 6] = static_cast<std::uint8_t>(offset >> 8);
    frame[kEthernet + 7] = static_cast<std::uint8_t>(offset & 0xff);
    frame[kEthernet + 10] = 0;
    frame[kEthernet + 11] = 0;
    mend_checksum(frame);
    receive(last_port_, std::move(frame), 0);
  }

  void arp() {
    const std::uint8_t choice = input_.byte();
    constexpr std::array kMacs{kMacA, kMacB, Mac{}, kBroadcastMac};
    Frame frame = make_arp(input_.byte() % 4, kMacs.at(choice >> 4 & 3), address(), Mac{},
                           address(), destination(choice));
    if ((choice & 0x80) != 0) {
      frame.at(input_.byte() % frame.size()) = input_.byte();
    }
    receive(port(choice), std::move(frame), static_cast<std::uint8_t>(input_.byte() >> 4));
  }

  void operate() {
    control::Router& router = *bed_.router;
    const std::uint8_t choice = input_.byte();
    // Two ports and two of the sub-interfaces.
    const auto number = static_cast<std::uint8_t>(choice >> 4 & 3);
    const InterfaceId any{
        static_cast<InterfaceId::rep>(number < 2 ? number : kPortsMax + number - 2)};
    const InterfaceAddress4 own{Ipv4{10, 9, number, 1}, 24};
    Status status;
    switch (choice & 0xf) {
      case 0:
        status = router.links().set_mtu(any, static_cast<std::uint16_t>(60 + input_.byte() * 8));
        break;
      case 1:
      case 2:
        status = router.links().set_link(any, (choice & 1) != 0);
        break;
      case 3:
        status = router.links().set_mac(any, Mac{{2, 0, 0, 0, 1, input_.byte()}});
        break;
      case 4:
        status = router.links().add_address(any, own);
        break;
      case 5:
        status = router.links().erase_address(any, own);
        break;
      case 6:
        status = router.links().erase_address(interface_of(kPortA), {kRouterA, 24});
        break;
      case 7:
        status = router.links().add_address(interface_of(kPortA), {kRouterA, 24});
        break;
      case 8: {
        config::Route route;
        route.to = Prefix4{address(), static_cast<std::uint8_t>(input_.byte() % 33)};
        route.next_hops = {{address(), 1}};
        status = router.configuration().add_route(route);
        break;
      }
      case 9: {
        const Prefix4 prefix{address(), static_cast<std::uint8_t>(input_.byte() % 33)};
        status = router.configuration().erase_route(fib::RouteSelector4{.prefix = prefix,
                                                                        .table = std::nullopt,
                                                                        .metric = std::nullopt,
                                                                        .via = std::nullopt,
                                                                        .protocol = std::nullopt});
        break;
      }
      case 10:
        status = router.configuration().add_neighbor(config::StaticNeighbor{address(), "a", kMacA});
        break;
      case 12:
        status = router.ipv6_links().add_address(
            any, {.address = Ipv6{0x2001'0db8'0077'0000, number}, .length = 64});
        break;
      case 13:
        status = router.ipv6_links().erase_address(
            any, {.address = Ipv6{0x2001'0db8'0077'0000, number}, .length = 64});
        break;
      case 11:
        status = router.configuration().erase_neighbor(neigh::Key4{any, address()});
        break;
      default:
        router.neighbors().flush(any);
        router.neighbors6().flush(any);
    }
    bed_.run();
    drain();
  }

  Input input_;
  Testbed bed_;
  Frame last_;
  PortId last_port_ = kPortA;
};

}  // namespace
}  // namespace ringroad::test

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  ringroad::test::start_eal();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ringroad::test::Life{ringroad::test::Input{{data, size}}}.run();
  return 0;
}
