// SPDX-License-Identifier: BSD-3-Clause
// Reports how a packet of a flow would be forwarded, and why.
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "control/json.hpp"
#include "control/route_json.hpp"
#include "control/verb.hpp"
#include "ip4/decide.hpp"

namespace ringroad::control {
namespace {

// The flow of a request. Fields that the request did not give are empty or zero.
struct FlowQuestion {
  Ipv4 destination;
  std::optional<Ipv4> source;  // none: the router's own address
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

// Returns the hash that workers would compute for the flow's packets.
std::uint32_t hash_of(const Router& router, const FlowQuestion& question) {
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

Json answer_of(const Router& router, const FlowQuestion& question) {
  const Ipv4 address = question.destination;
  const routing::Routing4& routing = router.routing();
  const RouteReporter reporter{router};
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
  FlowQuestion flow = question;
  std::uint32_t hash = hash_of(router, flow);
  const neigh::Adjacency* adjacency = &routing.resolve(address, hash);
  const auto neighbor_of = [&] {
    return adjacency->kind == neigh::AdjacencyKind::kGlean ? address : adjacency->next_hop;
  };
  // Decides as for a packet of minimum length.
  const bool forwards = ip4::decide({}, *adjacency).fate == Verdict::Fate::kForward;
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
    const Ipv4 neighbor = neighbor_of();
    const bool via = !match->path.next_hops.empty() && match->path.next_hops.front().via;
    answer["via"] = via ? Json(neighbor.to_string()) : Json();
    answer["port"] = router.world().port(adjacency->port).name;
    answer["mtu"] = adjacency->mtu.load(std::memory_order_relaxed);
    if (!match->path.source) {
      answer["source"] = or_null(router.world().source(adjacency->port, neighbor));
    }
    if (const auto id = router.neighbors().table().find({adjacency->port, neighbor})) {
      const neigh::Entry4& entry = router.neighbors().table().entry(*id);
      answer["neighbor_state"] = neigh::to_string(entry.state);
      answer["mac"] = neigh::has_mac(entry.state) ? Json(entry.mac.to_string()) : Json();
    }
  }
  answer["flow"] = {{"source", or_null(flow.source)},
                    {"protocol", flow.protocol},
                    {"source_port", flow.source_port},
                    {"destination_port", flow.destination_port},
                    {"hash", hash}};
  answer["steps"] = way_of(router, {address, hash, match->path});
  return answer;
}

Reply route_get(Router& router, Options& options) {
  const std::string text = options.text("address");
  if (const auto slash = text.find('/'); slash != std::string::npos) {
    options.complain(
        fmt::format("'{}': a destination has no mask, only routes do; ask for {}, and the longest "
                    "prefix that covers it answers",
                    text, text.substr(0, slash)));
  }
  FlowQuestion question{.destination = options.parsed_text<Ipv4>(text, Ipv4::parse, kAddress),
                        .source = {}};
  if (options.has("from")) {
    question.source = options.parsed<Ipv4>("from", Ipv4::parse, kAddress);
  }
  if (options.has("proto")) {
    question.protocol = options.parsed<std::uint8_t>("proto", parse_protocol, "tcp, udp or icmp");
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

const Verb kRouteGet{"route get", route_get};

}  // namespace

}  // namespace ringroad::control
