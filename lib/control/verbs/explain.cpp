// SPDX-License-Identifier: BSD-3-Clause
// Explains what the router would do with a packet: one that words describe, or a whole frame.
#include "control/explain.hpp"

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "control/explain_packet.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

constexpr std::size_t kExplainedMost = 65535;

// Colons, spaces and an offset like tcpdump's are none of its business: hexadecimal digits only.
std::vector<std::uint8_t> frame_of_hex(Options& options) {
  const std::string text = options.text("frame");
  const bool is_hex = std::ranges::all_of(text, absl::ascii_isxdigit);
  if (!is_hex || text.empty() || text.size() % 2 != 0 || text.size() > 2 * kExplainedMost) {
    options.complain(
        "the frame is not an even number of hexadecimal digits, from its destination MAC address "
        "on");
    return {};
  }
  const std::string octets = absl::HexStringToBytes(text);
  return {octets.begin(), octets.end()};
}

template <class Address>
std::vector<std::uint8_t> frame_of_words(const Router& router, Options& options,
                                         const interface::InterfaceView& from) {
  using Packet = ExplainedPacket<Address>;
  Packet packet;
  packet.destination_mac = from.mac;
  packet.source = options.parsed<Address>("source", Address::parse, kAddress<Address>);
  packet.destination = options.parsed<Address>("destination", Address::parse, kAddress<Address>);
  if (options.has("proto")) {
    packet.protocol = options.parsed<std::uint8_t>("proto", parse_protocol, "tcp, udp or icmp");
    packet.protocol = packet.protocol == IPPROTO_ICMP ? Packet::kIcmp : packet.protocol;
  }
  for (const auto& [key, port] : {std::pair{"sport", &packet.source_port},
                                  {"dport", &packet.destination_port},
                                  {"length", &packet.length}}) {
    if (options.has(key)) {
      *port = static_cast<std::uint16_t>(options.number(key, 0xffff));
    }
  }
  for (const auto& [key, octet] : {std::pair{"tos", &packet.tos}, {"ttl", &packet.ttl}}) {
    if (options.has(key)) {
      *octet = static_cast<std::uint8_t>(options.number(key, 0xff));
    }
  }
  if (options.has("mac")) {
    packet.destination_mac =
        options.parsed<Mac>("mac", Mac::parse, "a MAC address (02:00:00:00:00:09)");
  }
  if (options.has("flow_label")) {
    packet.flow_label = options.number("flow_label", 0xfffff);
  }
  packet.dont_fragment = options.flag("df");
  if (packet.kIsIpv6 && packet.dont_fragment) {
    options.complain("'df' is IPv4's: no router fragments IPv6");
  }
  if (!packet.kIsIpv6 && options.has("flow_label")) {
    options.complain("a flow label is IPv6's");
  }
  if ((options.has("sport") || options.has("dport")) && packet.protocol == Packet::kIcmp) {
    options.complain("ports are those of 'proto udp' or 'proto tcp'");
  }
  const std::uint16_t shortest = shortest_length<Address>(packet.protocol);
  if (packet.length < shortest) {
    options.complain(fmt::format("a packet of that protocol has {} bytes or more, not {}", shortest,
                                 packet.length));
    return {};
  }
  const auto& table = router.neighbors_of<Address>().table();
  if (const auto id = table.find({from.id, packet.source});
      id && neigh::has_mac(table.entry(*id).state)) {
    packet.source_mac = table.entry(*id).mac;
  }
  return make_frame(packet, from.tags);
}

Reply explain_packet(Router& router, Options& options) {
  const interface::InterfaceView* const from = port_of(router, options, "from");
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  std::vector<std::uint8_t> frame;
  if (options.has("frame")) {
    options.only({"from", "frame"});
    frame = frame_of_hex(options);
  } else {
    options.only({"from", "source", "destination", "proto", "sport", "dport", "tos", "ttl",
                  "length", "mac", "df", "flow_label"});
    frame = options.is_ipv6("destination") ? frame_of_words<Ipv6>(router, options, *from)
                                           : frame_of_words<Ipv4>(router, options, *from);
  }
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  auto answer = explain(router, from->egress, frame);
  return answer ? at_once(std::move(*answer)) : refused(answer.error());
}

const Verb kExplain{"explain", explain_packet};

}  // namespace

}  // namespace ringroad::control
