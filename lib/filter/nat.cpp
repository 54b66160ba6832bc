// SPDX-License-Identifier: BSD-3-Clause
#include "filter/nat.hpp"

#include <algorithm>

#include "filter/multiply.hpp"

namespace ringroad::filter {
namespace {

using namespace connection_status;

// How many ports are tried in a row, and below which number of tries the search ends (Linux's
// nf_nat_l4proto_unique_tuple).
constexpr std::uint32_t kAttemptsMost = 128;
constexpr std::uint32_t kAttemptsLeast = 16;

// The number that may be chosen at this end: a port, or the identifier of an ICMP query.
std::uint16_t& number_of(Tuple& tuple, Manip manip) {
  return manip == Manip::kSource || is_icmp(tuple) ? tuple.source_port : tuple.destination_port;
}

bool has_number(const Tuple& tuple) { return has_ports(tuple.protocol) || is_icmp(tuple); }

bool is_in(const NatRange& range, Ipv6 address) {
  return !range.has_addresses || (address >= range.first && address <= range.last);
}

bool is_in(const NatRange& range, std::uint16_t port) {
  return !range.has_ports || (port >= range.first_port && port <= range.last_port);
}

// One address of the range, the same for the same source and, unless persistent, destination.
Ipv6 pick(const NatRange& range, const Tuple& tuple, const Connections& connections) {
  if (range.first == range.last) {
    return range.first;
  }
  Tuple key;
  key.source = tuple.source;
  key.is_ipv6 = tuple.is_ipv6;
  if (!range.persistent) {
    key.destination = tuple.destination;
  }
  const std::uint64_t hash = connections.hash(key);
  // Ranges are counted in their low half; what differs above is the same for all.
  const std::uint64_t span = range.last.high() == range.first.high()
                                 ? range.last.low() - range.first.low()
                                 : ~std::uint64_t{0};
  const auto offset = span == ~std::uint64_t{0} ? hash : scaled(hash, span + 1);
  return {range.first.high(), range.first.low() + offset};
}

class Search {
 public:
  Search(const Connections& connections, const Connection& connection, Manip manip,
         const NatRange& range, Dice& dice)
      : connections_{connections},
        connection_{connection},
        manip_{manip},
        range_{range},
        dice_{dice} {}

  // Linux's get_unique_tuple.
  [[nodiscard]] std::optional<Tuple> run(const Tuple& current) {
    if (manip_ == Manip::kSource && !is_random() && is_in(range_, current.source) &&
        is_in(range_, current.source_port) && is_free(current)) {
      return current;
    }
    Tuple tuple = current;
    if (range_.has_addresses) {
      (manip_ == Manip::kSource ? tuple.source : tuple.destination) =
          pick(range_, current, connections_);
    }
    if (!is_random()) {
      const bool is_fixed = range_.has_ports && range_.first_port == range_.last_port;
      if (is_in(range_, number_of(tuple, manip_)) &&
          ((range_.has_ports && is_fixed) || is_free(tuple))) {
        return tuple;
      }
    }
    return choose_number(tuple);
  }

 private:
  // Neither keeps a port that is free (NF_NAT_RANGE_PROTO_RANDOM_ALL).
  [[nodiscard]] bool is_random() const { return range_.random || range_.fully_random; }
  [[nodiscard]] bool is_free(const Tuple& tuple) const {
    const auto back = inverse(tuple);
    return back && !connections_.is_taken(*back, &connection_);
  }

  // A port that was below 512, or below 1024, stays so (RFC 4787 REQ-3).
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> numbers(const Tuple& tuple) const {
    if (range_.has_ports) {
      return {range_.first_port, std::uint32_t{range_.last_port} - range_.first_port + 1};
    }
    if (is_icmp(tuple)) {
      return {0, 65536};
    }
    if (tuple.source_port < 512) {
      return {1, 511};
    }
    return tuple.source_port < 1024 ? std::pair{600U, 424U} : std::pair{1024U, 64512U};
  }

  [[nodiscard]] std::optional<Tuple> choose_number(Tuple tuple) {
    if (!has_number(tuple) ||
        (manip_ == Manip::kDestination && !range_.has_ports && !is_icmp(tuple))) {
      // Nothing but the address can change. The source may still make the tuple free, otherwise
      // the connection is not confirmed.
      return tuple;
    }
    const auto [first, count] = numbers(tuple);
    std::uint32_t offset = is_random() || manip_ == Manip::kSource ? dice_.roll() % count : 0;
    for (std::uint32_t attempts = std::min(count, kAttemptsMost);;) {
      for (std::uint32_t i = 0; i < attempts; ++i) {
        number_of(tuple, manip_) = static_cast<std::uint16_t>(first + (offset + i) % count);
        if (is_free(tuple)) {
          return tuple;
        }
      }
      if (attempts >= count || attempts < kAttemptsLeast) {
        return std::nullopt;
      }
      attempts /= 2;
      offset = dice_.roll() % count;
    }
  }

  const Connections& connections_;
  const Connection& connection_;
  Manip manip_;
  const NatRange& range_;
  Dice& dice_;
};

}  // namespace

bool set_up(Connections& connections, Connection& connection, Manip manip, const NatRange& range,
            Dice& dice) {
  const auto current = inverse(connection.tuple(Direction::kReply));
  if (!current) {
    return false;
  }
  const auto chosen = Search{connections, connection, manip, range, dice}.run(*current);
  if (!chosen) {
    return false;
  }
  if (*chosen != *current) {
    const auto reply = inverse(*chosen);
    if (!reply || !connections.set_reply(connection, *reply) ||
        (manip == Manip::kDestination && !connections.claim(connection, Direction::kOriginal))) {
      return false;
    }
    connection.status |= manip == Manip::kSource ? kSourceNat : kDestinationNat;
  }
  connection.status |= manip == Manip::kSource ? kSourceNatDone : kDestinationNatDone;
  return true;
}

}  // namespace ringroad::filter
