// SPDX-License-Identifier: BSD-3-Clause
#include "control/connection_words.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <string_view>

namespace ringroad::control {
namespace {

using filter::Connection;
using filter::Direction;
using filter::Tuple;

struct Protocol {
  std::string_view name;
  std::uint8_t number;
};
constexpr std::array kProtocols{Protocol{"tcp", IPPROTO_TCP}, Protocol{"udp", IPPROTO_UDP},
                                Protocol{"icmp", IPPROTO_ICMP}, Protocol{"icmpv6", IPPROTO_ICMPV6}};

std::optional<std::uint8_t> parse_any_protocol(std::string_view text) {
  if (const auto* const found = std::ranges::find(kProtocols, text, &Protocol::name);
      found != kProtocols.end()) {
    return found->number;
  }
  std::uint8_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{number}
                                                                  : std::nullopt;
}

std::string name_of_protocol(std::uint8_t number) {
  const auto* const found = std::ranges::find(kProtocols, number, &Protocol::number);
  return found == kProtocols.end() ? std::to_string(number) : std::string{found->name};
}

std::optional<filter::TcpState> parse_tcp_state(std::string_view text) {
  for (std::size_t i = 1; i < filter::kTcpStates; ++i) {
    if (const auto state = static_cast<filter::TcpState>(i); filter::to_string(state) == text) {
      return state;
    }
  }
  return std::nullopt;
}

std::optional<ConnectionFilter::Network> read_network(Options& options, const char* key) {
  using Network = ConnectionFilter::Network;
  if (options.has_ipv6(key)) {
    return Network{.prefix = read_prefix<Ipv6>(options, key), .is_ipv6 = true};
  }
  if (!options.has(key)) {
    return std::nullopt;
  }
  constexpr auto kMore = static_cast<std::uint8_t>(Ipv6::kBits - Ipv4::kBits);
  const Prefix4 prefix = read_prefix<Ipv4>(options, key);
  return Network{.prefix = {filter::widened(prefix.address()),
                            static_cast<std::uint8_t>(kMore + prefix.length())}};
}

std::optional<std::uint32_t> read_number(Options& options, const char* key, std::uint32_t most) {
  return options.has(key) ? std::optional{options.number(key, most)} : std::nullopt;
}

std::string address_of(Ipv6 address, bool is_ipv6) {
  return is_ipv6 ? address.to_string() : filter::narrowed(address).to_string();
}

Json describe(const Connection& connection, Direction direction) {
  const Tuple& tuple = connection.tuple(direction);
  Json row{{"src", address_of(tuple.source, tuple.is_ipv6)},
           {"dst", address_of(tuple.destination, tuple.is_ipv6)}};
  if (filter::has_ports(tuple.protocol)) {
    row["sport"] = tuple.source_port;
    row["dport"] = tuple.destination_port;
  } else if (filter::is_icmp(tuple)) {
    row["type"] = tuple.destination_port >> 8U;
    row["code"] = tuple.destination_port & 0xffU;
    row["id"] = tuple.source_port;
  }
  const Connection::Count& count = connection.counts.at(filter::index_of(direction));
  row["packets"] = count.packets;
  row["bytes"] = count.bytes;
  return row;
}

Json nat_of(const Connection& connection) {
  const bool source = connection.has(filter::connection_status::kSourceNat);
  const bool destination = connection.has(filter::connection_status::kDestinationNat);
  return source && destination ? Json("snat,dnat")
         : source              ? Json("snat")
         : destination         ? Json("dnat")
                               : Json();
}

}  // namespace

bool ConnectionFilter::matches(const Connection& connection) const {
  const Tuple& tuple = connection.tuple(Direction::kOriginal);
  const auto is = [](const auto& wanted, const auto& value) { return !wanted || *wanted == value; };
  const bool asks_for_ports = source_port || destination_port;
  return (family == 0 || (family == 6) == tuple.is_ipv6) && is(protocol, tuple.protocol) &&
         (!source || source->contains(tuple.source, tuple.is_ipv6)) &&
         (!destination || destination->contains(tuple.destination, tuple.is_ipv6)) &&
         (!asks_for_ports || filter::has_ports(tuple.protocol)) &&
         is(source_port, tuple.source_port) && is(destination_port, tuple.destination_port) &&
         (!state || (tuple.protocol == IPPROTO_TCP && connection.tcp.state == *state)) &&
         is(mark, connection.mark);
}

ConnectionFilter read_connection_filter(Options& options) {
  constexpr std::uint32_t kPortMax = std::numeric_limits<std::uint16_t>::max();
  ConnectionFilter filter;
  filter.family = options.family();
  if (options.has("proto")) {
    filter.protocol = options.parsed<std::uint8_t>(
        "proto", parse_any_protocol, "a protocol: tcp, udp, icmp, icmpv6 or a number of 0 to 255");
  }
  filter.source = read_network(options, "src");
  filter.destination = read_network(options, "dst");
  filter.source_port = read_number(options, "sport", kPortMax);
  filter.destination_port = read_number(options, "dport", kPortMax);
  if (options.has("state")) {
    filter.state = options.parsed<filter::TcpState>(
        "state", parse_tcp_state,
        "a state of TCP connections: SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, "
        "LAST_ACK, TIME_WAIT, CLOSE or SYN_SENT2");
  }
  filter.mark = read_number(options, "mark", std::numeric_limits<std::uint32_t>::max());
  return filter;
}

Json describe(const ListedConnection& listed) {
  namespace status = filter::connection_status;
  const Connection& connection = listed.connection;
  const bool is_tcp = connection.protocol() == IPPROTO_TCP;
  const auto& counts = connection.counts;
  return {{"proto", name_of_protocol(connection.protocol())},
          {"state", is_tcp ? Json(filter::to_string(connection.tcp.state)) : Json()},
          {"timeout_seconds", std::max(listed.remaining, Nanoseconds{}) / std::chrono::seconds{1}},
          {"orig", describe(connection, Direction::kOriginal)},
          {"reply", describe(connection, Direction::kReply)},
          {"mark", connection.mark},
          {"packets", counts[0].packets + counts[1].packets},
          {"bytes", counts[0].bytes + counts[1].bytes},
          {"nat", nat_of(connection)},
          {"assured", connection.has(status::kAssured)},
          {"replied", connection.has(status::kSeenReply)},
          {"worker", listed.worker},
          {"id", listed.number}};
}

}  // namespace ringroad::control
