// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The description of a route. Numbers and names are those of rtnetlink(7) and ip-route(8) where
// Linux has them.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enums.hpp"
#include "base/gateway.hpp"
#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/prefix.hpp"

namespace ringroad::fib {

// Forwarding looks up local, then main, then default, as Linux's ip rules 0, 32766 and 32767 do.
// Tables with other numbers from 1 to 252 are stored and shown; rules do not use them yet.
enum class Table : std::uint8_t { kDefault = 253, kMain = 254, kLocal = 255 };

// The origin of a route. Any number is valid: numbers without a name in Linux belong to other
// daemons.
enum class Protocol : std::uint8_t {
  kKernel = 2,
  kStatic = 4,
  kConnected = 5,  // unused in rtnetlink: Linux calls these routes "kernel" too
  kRa = 9,         // of a router's advertisement
  kZebra = 11,
  kBird = 12,
  kBabel = 42,
  kBgp = 186,
  kIsis = 187,
  kOspf = 188,
  kRip = 189,
};

// The name, or the number if there is no name.
[[nodiscard]] std::string to_string(Table table);
[[nodiscard]] std::string to_string(Protocol protocol);
// A predefined name, or a number from 1 to 255.
[[nodiscard]] std::optional<Table> parse_table(std::string_view text);

// The names that the configuration gives to tables.
class TableNames {
 public:
  void add(Table table, std::string name) { names_.emplace_back(table, std::move(name)); }
  [[nodiscard]] std::string to_string(Table table) const;
  [[nodiscard]] std::optional<Table> parse(std::string_view text) const;

 private:
  std::vector<std::pair<Table, std::string>> names_;
};

template <class Address>
struct RouteNextHop {
  std::optional<GatewayOf<Address>> via;  // if empty, the destination itself is on the link
  std::optional<InterfaceId> port;        // if empty, `via` is a recursive next hop
  std::uint16_t weight = 1;
  bool on_link = false;  // `via` is a neighbor on `port` in any case (RTNH_F_ONLINK)

  friend auto operator<=>(const RouteNextHop&, const RouteNextHop&) = default;
};

// The properties of a route that many routes share, including its next hops.
template <class Address>
struct Path {
  Protocol protocol = Protocol::kStatic;
  RouteType type = RouteType::kUnicast;
  std::optional<Address> source{};                 // preferred source of the router's own packets
  std::vector<RouteNextHop<Address>> next_hops{};  // empty unless kUnicast

  friend auto operator<=>(const Path&, const Path&) = default;
};

// Orders routes of the same prefix, table and metric, the lowest first. Linux keeps such routes in
// the order in which they were added and uses the first usable one; examples are connected subnets
// that two ports share, or a static route beside them.
using Rank = std::uint16_t;
inline constexpr Rank kOrdinaryRank = 0x8000;

template <class Address>
struct Route {
  Prefix<Address> prefix;
  Table table = Table::kMain;
  std::uint32_t metric = 0;
  Path<Address> path;
  Rank rank = kOrdinaryRank;

  friend bool operator==(const Route&, const Route&) = default;
};

// Selects one or several routes; an empty field matches every route.
template <class Address>
struct RouteSelector {
  Prefix<Address> prefix;
  std::optional<Table> table;  // if empty, the tables used for forwarding
  std::optional<std::uint32_t> metric;
  std::optional<GatewayOf<Address>> via;
  std::optional<Protocol> protocol;
};

using RouteNextHop4 = RouteNextHop<Ipv4>;
using RouteNextHop6 = RouteNextHop<Ipv6>;
using Path4 = Path<Ipv4>;
using Path6 = Path<Ipv6>;
using Route4 = Route<Ipv4>;
using Route6 = Route<Ipv6>;
using RouteSelector4 = RouteSelector<Ipv4>;
using RouteSelector6 = RouteSelector<Ipv6>;

}  // namespace ringroad::fib
