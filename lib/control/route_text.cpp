// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_text.hpp"

#include <fmt/format.h>

#include "control/firewall_text.hpp"
#include "ip4/icmp.hpp"
#include "ip6/icmp.hpp"
#include "ip6/options.hpp"

namespace ringroad::control {

template <class Address>
std::string match_text(const Router& router, Address destination) {
  const auto match = router.routing_of<Address>().rib().lookup(destination);
  if (!match) {
    return fmt::format("{} matches no route", destination.to_string());
  }
  return fmt::format("{} matches {} ({}, table {}, metric {})", destination.to_string(),
                     match->prefix.to_string(), fib::to_string(match->path.protocol),
                     router.configuration().table_names().to_string(match->table), match->metric);
}

template <class Address>
std::string way_text(const Router& router, const neigh::Adjacency& way) {
  using neigh::AdjacencyKind;
  switch (way.kind) {
    case AdjacencyKind::kUnicast:
    case AdjacencyKind::kUnresolved:
      return fmt::format("next hop {} on {}",
                         way.leads_to_ipv6() ? way.next_hop6.to_string() : way.next_hop.to_string(),
                         router.world().port(way.port).name);
    case AdjacencyKind::kGlean:
      return fmt::format("on the link of {}", router.world().port(way.port).name);
    case AdjacencyKind::kLocal:
      return "an address of this router";
    case AdjacencyKind::kBroadcast:
      return "a broadcast address";
    case AdjacencyKind::kMulticast:
      return "a multicast group";
    case AdjacencyKind::kLinkLocal:
      return "a link-local address";
    case AdjacencyKind::kMartian:
      return "an address that no packet may be sent to";
    case AdjacencyKind::kNoRoute:
      return "no route";
    case AdjacencyKind::kBlackhole:
      return "a blackhole route";
    case AdjacencyKind::kUnreachable:
      return "an unreachable route";
    case AdjacencyKind::kProhibit:
      return "a prohibit route";
  }
  return "?";
}

template <class Address>
std::string neighbor_text(const Router& router, neigh::Key<Address> key) {
  const std::string where =
      fmt::format("{} on {}", key.address.to_string(), router.world().port(key.port).name);
  const auto& table = router.neighbors_of<Address>().table();
  const auto id = table.find(key);
  if (!id) {
    return where + " is not known yet";
  }
  const neigh::Entry<Address>& entry = table.entry(*id);
  if (neigh::has_mac(entry.state)) {
    return fmt::format("{} is {} at {}", where, neigh::to_string(entry.state),
                       entry.mac.to_string());
  }
  return fmt::format("{} is {}: it {}", where, neigh::to_string(entry.state),
                     entry.state == neigh::State::kFailed
                         ? fmt::format("did not answer {}", kAsked<Address>)
                         : fmt::format("has not answered {} yet", kAsked<Address>));
}

std::string hooks_text(const Router& router, HookPoint point) {
  const std::string_view name = hook_name(point);
  const HookChain* const chain = router.world().tables().hooks.at(point);
  return chain == nullptr ? fmt::format("no hooks at {}", name)
                          : fmt::format("{} hooks at {}", chain->size(), name);
}

std::string icmp_text(std::uint32_t type, std::uint32_t code) {
  static constexpr std::array<std::string_view, 14> kUnreachable{"network unreachable",
                                                                 "host unreachable",
                                                                 "protocol unreachable",
                                                                 "port unreachable",
                                                                 "fragmentation needed",
                                                                 "source route failed",
                                                                 "",
                                                                 "",
                                                                 "",
                                                                 "",
                                                                 "",
                                                                 "",
                                                                 "",
                                                                 "administratively prohibited"};
  std::string_view name = "a message";
  switch (static_cast<ip4::IcmpType>(type)) {
    case ip4::IcmpType::kUnreachable:
      name = code < kUnreachable.size() && !kUnreachable.at(code).empty() ? kUnreachable.at(code)
                                                                          : "unreachable";
      break;
    case ip4::IcmpType::kRedirect:
      name = "redirect";
      break;
    case ip4::IcmpType::kTimeExceeded:
      name = code == 0 ? "time exceeded" : "reassembly time exceeded";
      break;
    case ip4::IcmpType::kParameterProblem:
      name = "parameter problem";
      break;
    case ip4::IcmpType::kEchoReply:
      name = "echo reply";
      break;
    case ip4::IcmpType::kTimestampReply:
      name = "timestamp reply";
      break;
    case ip4::IcmpType::kSourceQuench:
    case ip4::IcmpType::kEchoRequest:
    case ip4::IcmpType::kTimestamp:
      break;
  }
  return fmt::format("ICMP {} (type {}, code {})", name, type, code);
}

std::string icmp6_text(std::uint32_t type, std::uint32_t code) {
  using enum ip6::Icmp6Type;
  static constexpr std::array<std::string_view, 7> kReasons{"no route",
                                                            "administratively prohibited",
                                                            "beyond the scope of its source",
                                                            "address unreachable",
                                                            "port unreachable",
                                                            "source address failed policy",
                                                            "reject route"};
  std::string_view name = "message";
  switch (static_cast<ip6::Icmp6Type>(type)) {
    case kUnreachable:
      name = code < kReasons.size() ? kReasons.at(code) : "unreachable";
      break;
    case kPacketTooBig:
      name = "packet too big";
      break;
    case kTimeExceeded:
      name = code == 0 ? "hop limit exceeded" : "reassembly time exceeded";
      break;
    case kParameterProblem:
      name = code == ip6::kUnknownNextHeader ? "unknown next header"
             : code == ip6::kUnknownOption   ? "unknown option"
                                             : "erroneous header field";
      break;
    case kEchoRequest:
      name = "echo request";
      break;
    case kEchoReply:
      name = "echo reply";
      break;
    case kMldQuery:
      name = "multicast listener query";
      break;
    case kMldReport:
    case kMldv2Report:
      name = "multicast listener report";
      break;
    case kMldDone:
      name = "multicast listener done";
      break;
    case kRouterSolicitation:
      name = "router solicitation";
      break;
    case kRouterAdvertisement:
      name = "router advertisement";
      break;
    case kNeighborSolicitation:
      name = "neighbor solicitation";
      break;
    case kNeighborAdvertisement:
      name = "neighbor advertisement";
      break;
    case kRedirect:
      name = "redirect";
      break;
  }
  return fmt::format("ICMPv6 {} (type {}, code {})", name, type, code);
}

std::string answer_text(const WatchRecord& record, bool is_ipv6) {
  const std::string message =
      is_ipv6 ? icmp6_text(record.value, record.other) : icmp_text(record.value, record.other);
  const auto silence = static_cast<Silence>(record.detail);
  return silence == Silence::kNone
             ? fmt::format("its sender is told: {}", message)
             : fmt::format("its sender is not told, {}: {}", message, silence_text(silence));
}

std::string_view silence_text(Silence silence) {
  switch (silence) {
    case Silence::kNone:
      return "";
    case Silence::kSentToMany:
      return "the frame was sent to many";
    case Silence::kLaterFragment:
      return "it is not the first fragment of its datagram";
    case Silence::kSender:
      return "its source is not the address of one host";
    case Silence::kIcmpError:
      return "it is an ICMP error itself, or of a type that may be one";
    case Silence::kNoWayBack:
      return "there is no route back to its source";
    case Silence::kLimited:
      return "too many were sent: icmp.rate and icmp.per_destination limit them";
    case Silence::kNoRoom:
      return "its options, the MTU of the way back or the buffers leave no room for one";
  }
  return "";
}

#define RINGROAD_OF_FAMILY(Address)                                               \
  template std::string match_text(const Router&, Address);                        \
  template std::string way_text<Address>(const Router&, const neigh::Adjacency&); \
  template std::string neighbor_text(const Router&, neigh::Key<Address>);
RINGROAD_OF_FAMILY(Ipv4)
RINGROAD_OF_FAMILY(Ipv6)
#undef RINGROAD_OF_FAMILY

}  // namespace ringroad::control
