// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Connections as requests select them and as answers describe them, in conntrack(8)'s words. Only
// verbs use this header.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "control/json.hpp"
#include "control/options.hpp"
#include "filter/connection.hpp"

namespace ringroad::control {

// Which connections are asked for, by their first direction, as with conntrack's -s and -d.
struct ConnectionFilter {
  struct Network {
    Prefix6 prefix;  // of IPv4, the address is the low 32 bits
    bool is_ipv6 = false;

    [[nodiscard]] bool contains(Ipv6 address, bool ipv6) const {
      return ipv6 == is_ipv6 && prefix.contains(address);
    }
    friend bool operator==(const Network&, const Network&) = default;
  };
  std::uint32_t family = 0;  // 4 or 6; 0: both
  std::optional<std::uint8_t> protocol{};
  std::optional<Network> source{};
  std::optional<Network> destination{};
  std::optional<std::uint32_t> source_port{};
  std::optional<std::uint32_t> destination_port{};
  std::optional<filter::TcpState> state{};
  std::optional<std::uint32_t> mark{};

  [[nodiscard]] bool matches(const filter::Connection& connection) const;
  friend bool operator==(const ConnectionFilter&, const ConnectionFilter&) = default;
};
// Reads the options `family`, `proto`, `src`, `dst`, `sport`, `dport`, `state` and `mark`.
[[nodiscard]] ConnectionFilter read_connection_filter(Options& options);

// A connection as it was when its worker copied it.
struct ListedConnection {
  filter::Connection connection;
  Nanoseconds remaining{};  // until it expires
  std::uint32_t number = 0;
  std::size_t worker = 0;
};
[[nodiscard]] Json describe(const ListedConnection& listed);

}  // namespace ringroad::control
