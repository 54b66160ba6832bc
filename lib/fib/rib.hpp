#pragma once
// Every route the router knows; the trie holds the best of each prefix.
//
// One writer, which is also the only reader: the control thread. Where several routes have one
// prefix, the local table beats main (Linux's ip rules 0 and 32766), then the lowest metric wins
// (RFC 1812 5.2.4.3). Two routes never tie: prefix, table and metric name one.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/ipv4.hpp"

namespace ringroad::fib {

// In the order they are consulted.
enum class Table : std::uint8_t { kLocal, kMain };
enum class Protocol : std::uint8_t { kKernel, kConnected, kStatic };
enum class RouteType : std::uint8_t {
  kUnicast,
  kLocal,      // an address of the router's own
  kBroadcast,  // of a connected subnet, or 255.255.255.255
  kMulticast,
  kMartian,  // never a destination on a wire
  kBlackhole,
  kUnreachable,
  kProhibit,
};

[[nodiscard]] std::string_view to_string(Table table);
[[nodiscard]] std::string_view to_string(Protocol protocol);
[[nodiscard]] std::string_view to_string(RouteType type);
// "local" or "main", or their numbers 255 and 254.
[[nodiscard]] std::optional<Table> parse_table(std::string_view text);

struct RouteNextHop {
  std::optional<Ipv4> via;  // none: the destination itself is on the link
  PortId port{};
  std::uint16_t weight = 1;

  friend bool operator==(const RouteNextHop&, const RouteNextHop&) = default;
};

struct Route {
  Prefix4 prefix;
  Table table = Table::kMain;
  Protocol protocol = Protocol::kStatic;
  RouteType type = RouteType::kUnicast;
  std::uint32_t metric = 0;
  std::vector<RouteNextHop> next_hops;  // empty unless kUnicast

  friend bool operator==(const Route&, const Route&) = default;
};

// Names one or several routes; what is none matches all.
struct RouteSelector {
  Prefix4 prefix;
  std::optional<Table> table;
  std::optional<std::uint32_t> metric;
  std::optional<Ipv4> via;
  std::optional<Protocol> protocol;
};

class Rib {
 public:
  // Told after each change of a prefix's best route; null: the prefix has none any more. The
  // pointer is good during the call.
  using BestChanged = std::function<void(Prefix4 prefix, const Route* best)>;

  explicit Rib(BestChanged best_changed);

  // Fails where table, prefix and metric are taken, as `ip route add` does with "File exists".
  Status add(Route route);
  // Removes the first match in the order of tables and metrics, as `ip route del`; the error says
  // that there is none.
  Result<Route> erase(const RouteSelector& selector);

  // The best route of exactly this prefix; good until the next change.
  [[nodiscard]] const Route* best(Prefix4 prefix) const;
  // The best route of the longest prefix that covers the address; good until the next change.
  [[nodiscard]] const Route* lookup(Ipv4 address) const;
  // The best routes of every covering prefix, longest first: the match, then the runners-up.
  [[nodiscard]] std::vector<const Route*> covering(Ipv4 address) const;

  // In the order of prefixes, then of preference.
  void for_each(const std::function<void(const Route&)>& visit) const;
  [[nodiscard]] std::size_t size() const { return routes_.size(); }

 private:
  struct Key {
    Prefix4 prefix;
    Table table;
    std::uint32_t metric;
  };
  // By prefix, then by preference: the first route of a prefix is its best.
  struct Before {
    using is_transparent = void;
    bool operator()(const Route& a, const Route& b) const;
    bool operator()(const Route& a, const Key& b) const;
    bool operator()(const Key& a, const Route& b) const;
  };
  using Routes = std::set<Route, Before>;

  [[nodiscard]] Routes::const_iterator first_of(Prefix4 prefix) const;
  // The longest of the prefixes no longer than `length` that cover the address.
  [[nodiscard]] const Route* longest(Ipv4 address, std::uint8_t length) const;

  BestChanged best_changed_;
  Routes routes_;
};

}  // namespace ringroad::fib
