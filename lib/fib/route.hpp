// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a route is. Numbers and names are those of rtnetlink(7) and ip-route(8) where Linux has
// them.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enums.hpp"
#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/prefix.hpp"

namespace ringroad::fib {

// Forwarding asks local, then main, then default, as Linux's ip rules 0, 32766 and 32767 do. Any
// other number from 1 to 252 is a table that is kept and shown, for rules to send packets to.
enum class Table : std::uint8_t { kDefault = 253, kMain = 254, kLocal = 255 };

// Who brought a route. Any number is one: what Linux does not name is its daemon's own.
enum class Protocol : std::uint8_t {
  kKernel = 2,
  kStatic = 4,
  kConnected = 5,  // free in rtnetlink: Linux says "kernel" of these too
  kZebra = 11,
  kBird = 12,
  kBabel = 42,
  kBgp = 186,
  kIsis = 187,
  kOspf = 188,
  kRip = 189,
};

// The name, or the number where it has none.
[[nodiscard]] std::string to_string(Table table);
[[nodiscard]] std::string to_string(Protocol protocol);
// A name that every router has, or a number from 1 to 255.
[[nodiscard]] std::optional<Table> parse_table(std::string_view text);

// Tables by the names that the configuration gives them.
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
  std::optional<Address> via;       // none: the destination itself is on the link
  std::optional<InterfaceId> port;  // none: `via` is reached through another route
  std::uint16_t weight = 1;
  bool on_link = false;  // `via` is a neighbor on `port`, whatever its subnets (RTNH_F_ONLINK)

  friend auto operator<=>(const RouteNextHop&, const RouteNextHop&) = default;
};

// All that a route says but where it leads to. Many routes share one.
template <class Address>
struct Path {
  Protocol protocol = Protocol::kStatic;
  RouteType type = RouteType::kUnicast;
  std::optional<Address> source{};                 // preferred for the router's own packets
  std::vector<RouteNextHop<Address>> next_hops{};  // empty unless kUnicast

  friend auto operator<=>(const Path&, const Path&) = default;
};

// The place of a route among those of one prefix, table and metric, the lowest first. Linux keeps
// such routes in the order in which they came, and takes the first that leads anywhere: connected
// subnets that two ports share, a static route beside them.
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

// Names one or several routes; what is none matches all.
template <class Address>
struct RouteSelector {
  Prefix<Address> prefix;
  std::optional<Table> table;  // none: those that forwarding asks
  std::optional<std::uint32_t> metric;
  std::optional<Address> via;
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
