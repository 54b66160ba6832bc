// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_text.hpp"

#include <fmt/format.h>

#include "ip4/icmp.hpp"

namespace ringroad::control {

std::string match_text(const Router& router, Ipv4 destination) {
  const auto match = router.routing().rib().lookup(destination);
  if (!match) {
    return fmt::format("{} matches no route", destination.to_string());
  }
  return fmt::format("{} matches {} ({}, table {}, metric {})", destination.to_string(),
                     match->prefix.to_string(), fib::to_string(match->path.protocol),
                     router.configuration().table_names().to_string(match->table), match->metric);
}

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

namespace {

template <class Address>
std::string state_text(const std::string& where, const neigh::Table<Address>& table,
                       neigh::Key<Address> key) {
  const auto id = table.find(key);
  if (!id) {
    return where + " is not known yet";
  }
  const neigh::Entry<Address>& entry = table.entry(*id);
  if (neigh::has_mac(entry.state)) {
    return fmt::format("{} is {} at {}", where, neigh::to_string(entry.state),
                       entry.mac.to_string());
  }
  return fmt::format("{} is {}: it {} {}{}", where, neigh::to_string(entry.state),
                     entry.state == neigh::State::kFailed ? "did not answer" : "has not answered",
                     asked(key.address), entry.state == neigh::State::kFailed ? "" : " yet");
}

}  // namespace

std::string neighbor_text(const Router& router, InterfaceId port, EitherAddress address) {
  const std::string where =
      fmt::format("{} on {}", address.to_string(), router.world().port(port).name);
  if (const Ipv6* const six = address.as<Ipv6>()) {
    return state_text<Ipv6>(where, router.neighbors6().table(), {port, *six});
  }
  return state_text<Ipv4>(where, router.neighbors().table(), {port, *address.as<Ipv4>()});
}

std::string hooks_text(const Router& router, HookPoint point) {
  static constexpr std::array<std::string_view, kHookPoints> kNames{
      "PRE_ROUTING", "INPUT", "FORWARD", "OUTPUT", "POST_ROUTING"};
  const std::string_view name = kNames.at(static_cast<std::size_t>(point));
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

std::string answer_text(const WatchRecord& record) {
  const std::string message = icmp_text(record.value, record.other);
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

}  // namespace ringroad::control
