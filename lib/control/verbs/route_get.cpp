// SPDX-License-Identifier: BSD-3-Clause
// Reports how a packet of a flow would be forwarded, and why.
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "control/json.hpp"
#include "control/route_json.hpp"
#include "control/verb.hpp"
#include "ip4/decide.hpp"
#include "ip6/decide.hpp"

namespace ringroad::control {
namespace {

// The flow of a request. Fields that the request did not give are empty or zero.
template <class Address>
struct FlowQuestion {
  Address destination;
  std::optional<Address> source;  // none: the router's own address
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

// Returns the hash that workers would compute for the flow's packets.
std::uint32_t hash_of(const Router& router, const FlowQuestion<Ipv4>& question) {
  std::array<std::uint8_t, sizeof(rte_ipv4_hdr) + 4> packet{};
  rte_ipv4_hdr header{};
  header.version_ihl = RTE_IPV4_VHL_DEF;
  header.next_proto_id = question.protocol;
  header.src_addr = rte_cpu_to_be_32(question.source.value_or(Ipv4{}).value());
  header.dst_addr = rte_cpu_to_be_32(question.destination.value());
  const std::array ports{rte_cpu_to_be_16(question.source_port),
                         rte_cpu_to_be_16(question.destination_port)};
  std::memcpy(packet.data(), &header, sizeof header);
  std::memcpy(packet.data() + sizeof header, ports.data(), sizeof ports);
  return router.world().tables().flow_hash.of(packet);
}

std::uint32_t hash_of(const Router& router, const FlowQuestion<Ipv6>& question) {
  std::array<std::uint8_t, sizeof(rte_ipv6_hdr) + 4> packet{};
  rte_ipv6_hdr header{};
  header.vtc_flow = rte_cpu_to_be_32(6U << 28U);
  header.proto = question.protocol;
  question.source.value_or(Ipv6{}).write(header.src_addr);
  question.destination.write(header.dst_addr);
  const std::array ports{rte_cpu_to_be_16(question.source_port),
                         rte_cpu_to_be_16(question.destination_port)};
  header.payload_len = rte_cpu_to_be_16(sizeof ports);
  std::memcpy(packet.data(), &header, sizeof header);
  std::memcpy(packet.data() + sizeof header, ports.data(), sizeof ports);
  return router.world().tables().flow_hash.of_ipv6(std::span<const std::uint8_t>{packet});
}

// Whether a packet to the address, of minimum length and from a source of any scope, is sent on.
bool is_sent_on(const neigh::Adjacency& way, Ipv4 /*address*/) {
  return ip4::decide({}, way).fate == Verdict::Fate::kForward;
}
bool is_sent_on(const neigh::Adjacency& way, Ipv6 address) {
  return ip6::decide({.source = address}, way).fate == Verdict::Fate::kForward;
}

template <class Address>
Json answer_of(const Router& router, const FlowQuestion<Address>& question) {
  const Address address = question.destination;
  const routing::Routing<Address>& routing = router.routing_of<Address>();
  const RouteReporter<Address> reporter{router};
  const auto match = routing.rib().lookup(address);
  const auto covering = routing.rib().covering(address);
  Json answer{{"type", "unreachable"}, {"prefix", nullptr}};
  if (match) {
    answer = reporter.report(*match);
  }
  answer["address"] = address.to_string();
  answer["runners_up"] = runners_up(reporter, covering, match);
  if (!match) {
    return answer;
  }
  FlowQuestion<Address> flow = question;
  std::uint32_t hash = hash_of(router, flow);
  const neigh::Adjacency* adjacency = &routing.resolve(address, hash);
  const auto neighbor_of = [&] {
    return adjacency->kind == neigh::AdjacencyKind::kGlean ? address
                                                           : adjacency->next_hop_of<Address>();
  };
  const bool forwards = is_sent_on(*adjacency, address);
  for (const char* const key : {"via", "port", "mac", "neighbor_state", "mtu"}) {
    answer[key] = nullptr;
  }
  if (forwards) {
    if (!flow.source) {
      flow.source = match->path.source ? match->path.source
                                       : router.world().source(adjacency->port, neighbor_of());
      hash = hash_of(router, flow);
      adjacency = &routing.resolve(address, hash);
    }
    const Address neighbor = neighbor_of();
    const bool via = !match->path.next_hops.empty() && match->path.next_hops.front().via;
    const bool by_ipv6 = std::is_same_v<Address, Ipv4> && adjacency->leads_to_ipv6();
    const auto gateway =
        by_ipv6 ? GatewayOf<Address>{adjacency->next_hop6} : GatewayOf<Address>{neighbor};
    answer["via"] = via ? Json(gateway.to_string()) : Json();
    answer["port"] = router.world().port(adjacency->port).name;
    answer["mtu"] = adjacency->mtu.load(std::memory_order_relaxed);
    if (!match->path.source) {
      answer["source"] = or_null(router.world().source(adjacency->port, neighbor));
    }
    const auto report_neighbor = [&](const auto& table, auto host) {
      if (const auto id = table.find({adjacency->port, host})) {
        const auto& entry = table.entry(*id);
        answer["neighbor_state"] = neigh::to_string(entry.state);
        answer["mac"] = neigh::has_mac(entry.state) ? Json(entry.mac.to_string()) : Json();
      }
    };
    if (const Ipv6* const other = as_foreign(gateway)) {
      report_neighbor(router.neighbors6().table(), *other);
    } else {
      report_neighbor(router.neighbors_of<Address>().table(), neighbor);
    }
  }
  answer["flow"] = {{"source", or_null(flow.source)},
                    {"protocol", flow.protocol},
                    {"source_port", flow.source_port},
                    {"destination_port", flow.destination_port},
                    {"hash", hash}};
  answer["steps"] = way_of(router, FlowWay<Address>{address, hash, match->path});
  return answer;
}

template <class Address>
Reply route_to(Router& router, Options& options) {
  const std::string text = options.text("address");
  if (const auto slash = text.find('/'); slash != std::string::npos) {
    options.complain(
        fmt::format("'{}': a destination has no mask, only routes do; ask for {}, and the longest "
                    "prefix that covers it answers",
                    text, text.substr(0, slash)));
  }
  FlowQuestion<Address> question{
      .destination = options.parsed_text<Address>(text, Address::parse, kAddress<Address>),
      .source = {}};
  if (options.has("from")) {
    question.source = read_address<Address>(options, "from");
  }
  if (options.has("proto")) {
    question.protocol = options.parsed<std::uint8_t>("proto", parse_protocol, "tcp, udp or icmp");
    constexpr std::uint8_t kIcmp = 1;
    constexpr std::uint8_t kIcmpV6 = 58;
    const bool is_icmp = question.protocol == kIcmp;
    question.protocol = is_icmp && std::is_same_v<Address, Ipv6> ? kIcmpV6 : question.protocol;
  }
  for (const auto& [key, port] :
       {std::pair{"sport", &question.source_port}, {"dport", &question.destination_port}}) {
    if (options.has(key)) {
      *port = static_cast<std::uint16_t>(options.number(key, 0xffff));
    }
  }
  const bool has_ports = question.protocol == 6 || question.protocol == 17;
  if ((options.has("sport") || options.has("dport")) && !has_ports) {
    options.complain("ports are those of 'proto udp' or 'proto tcp'");
  }
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  return at_once(answer_of(router, question));
}

Reply route_get(Router& router, Options& options) {
  return options.is_ipv6("address") ? route_to<Ipv6>(router, options)
                                    : route_to<Ipv4>(router, options);
}

const Verb kRouteGet{"route get", route_get};

}  // namespace

}  // namespace ringroad::control
