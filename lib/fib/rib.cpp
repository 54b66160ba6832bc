#include "fib/rib.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

namespace ringroad::fib {
namespace {

template <class A, class B>
bool before(const A& a, const B& b) {
  return std::tie(a.prefix, a.table, a.metric) < std::tie(b.prefix, b.table, b.metric);
}

bool matches(const RouteSelector& selector, const Route& route) {
  const auto has_via = [&](const RouteNextHop& hop) { return hop.via == selector.via; };
  return (!selector.table || *selector.table == route.table) &&
         (!selector.metric || *selector.metric == route.metric) &&
         (!selector.protocol || *selector.protocol == route.protocol) &&
         (!selector.via || std::ranges::any_of(route.next_hops, has_via));
}

std::string describe(const RouteSelector& selector) {
  std::string text = selector.prefix.to_string();
  if (selector.via) {
    text += fmt::format(" via {}", selector.via->to_string());
  }
  if (selector.protocol) {
    text += fmt::format(" proto {}", to_string(*selector.protocol));
  }
  if (selector.metric) {
    text += fmt::format(" metric {}", *selector.metric);
  }
  return text;
}

}  // namespace

std::string_view to_string(Table table) { return table == Table::kLocal ? "local" : "main"; }

std::string_view to_string(Protocol protocol) {
  constexpr std::array<std::string_view, 3> kNames{"kernel", "connected", "static"};
  return kNames.at(static_cast<std::size_t>(protocol));
}

std::string_view to_string(RouteType type) {
  constexpr std::array<std::string_view, 8> kNames{"unicast",     "local",   "broadcast",
                                                   "multicast",   "martian", "blackhole",
                                                   "unreachable", "prohibit"};
  return kNames.at(static_cast<std::size_t>(type));
}

std::optional<Table> parse_table(std::string_view text) {
  if (text == "local" || text == "255") {
    return Table::kLocal;
  }
  if (text == "main" || text == "254") {
    return Table::kMain;
  }
  return std::nullopt;
}

bool Rib::Before::operator()(const Route& a, const Route& b) const { return before(a, b); }
bool Rib::Before::operator()(const Route& a, const Key& b) const { return before(a, b); }
bool Rib::Before::operator()(const Key& a, const Route& b) const { return before(a, b); }

Rib::Rib(BestChanged best_changed) : best_changed_{std::move(best_changed)} {}

Status Rib::add(Route route) {
  const auto [added, is_new] = routes_.insert(std::move(route));
  if (!is_new) {
    return fail(fmt::format("{} metric {} exists already in table {}; delete it first",
                            added->prefix.to_string(), added->metric, to_string(added->table)));
  }
  if (added == routes_.begin() || std::prev(added)->prefix != added->prefix) {
    best_changed_(added->prefix, &*added);
  }
  return {};
}

Result<Route> Rib::erase(const RouteSelector& selector) {
  const auto best = first_of(selector.prefix);
  auto match = best;
  while (match != routes_.end() && match->prefix == selector.prefix && !matches(selector, *match)) {
    ++match;
  }
  if (match == routes_.end() || match->prefix != selector.prefix) {
    return fail(fmt::format(
        "there is no route {} in {}", describe(selector),
        selector.table ? fmt::format("table {}", to_string(*selector.table)) : "any table"));
  }
  const bool was_best = match == best;
  Route erased = std::move(routes_.extract(match).value());
  if (was_best) {
    best_changed_(erased.prefix, this->best(erased.prefix));
  }
  return erased;
}

const Route* Rib::best(Prefix4 prefix) const {
  const auto first = first_of(prefix);
  return first != routes_.end() && first->prefix == prefix ? &*first : nullptr;
}

const Route* Rib::lookup(Ipv4 address) const { return longest(address, 32); }

std::vector<const Route*> Rib::covering(Ipv4 address) const {
  std::vector<const Route*> routes;
  const Route* route = longest(address, 32);
  while (route != nullptr) {
    routes.push_back(route);
    const std::uint8_t length = route->prefix.length();
    route = length == 0 ? nullptr : longest(address, static_cast<std::uint8_t>(length - 1));
  }
  return routes;
}

void Rib::for_each(const std::function<void(const Route&)>& visit) const {
  std::ranges::for_each(routes_, visit);
}

Rib::Routes::const_iterator Rib::first_of(Prefix4 prefix) const {
  return routes_.lower_bound(Key{prefix, Table::kLocal, 0});
}

// The greatest prefix not after the address's own either covers the address, and then nothing
// longer does, or shares its first n bits with it: whatever covers the address covers that prefix
// too, and is no longer than n.
const Route* Rib::longest(Ipv4 address, std::uint8_t length) const {
  while (true) {
    const Key last{{address, length}, Table::kMain, std::numeric_limits<std::uint32_t>::max()};
    auto route = routes_.upper_bound(last);
    if (route == routes_.begin()) {
      return nullptr;
    }
    --route;
    if (route->prefix.contains(address)) {
      return best(route->prefix);
    }
    length = static_cast<std::uint8_t>(
        std::countl_zero(address.value() ^ route->prefix.address().value()));
  }
}

}  // namespace ringroad::fib
