// SPDX-License-Identifier: BSD-3-Clause
// The queries that the RIB answers.
#include <algorithm>

#include "fib/rib.hpp"

namespace ringroad::fib {

template <class Address>
auto Rib<Address>::view(Table table, const Key& key, Value value) const -> View {
  return {.prefix = key.prefix(),
          .table = table,
          .metric = key.metric,
          .rank = key.rank,
          .best = value.best,
          .usability = usability(value),
          .path = *paths_[value.path].path};
}

template <class Address>
auto Rib<Address>::best(Prefix prefix) const -> std::optional<View> {
  for (const View& route : at(prefix)) {
    if (route.best) {
      return route;
    }
  }
  return std::nullopt;
}

template <class Address>
auto Rib<Address>::lookup(Address address) const -> std::optional<View> {
  std::optional<View> found;
  for (std::size_t i = 0; i < forwarding_.size() && !found; ++i) {
    // The first table with a live route for the address has the best route at its longest such
    // prefix: no earlier table covers the address, so nothing hides that route.
    const auto take = [&](const Key& key, Value value) {
      if (value.best) {
        found.emplace(view(kForwarding.at(i), key, value));
      }
      return !found;
    };
    static_cast<void>(forwarding_.at(i).covering(address, Address::kBits, take));
  }
  return found;
}

template <class Address>
auto Rib<Address>::covering(Address address) const -> std::vector<View> {
  std::vector<View> found;
  for (std::size_t i = 0; i < forwarding_.size(); ++i) {
    const auto add = [&](const Key& key, Value value) {
      found.push_back(view(kForwarding.at(i), key, value));
      return true;
    };
    static_cast<void>(forwarding_.at(i).covering(address, Address::kBits, add));
  }
  return found;
}

template <class Address>
auto Rib<Address>::at(Prefix prefix) const -> std::vector<View> {
  std::vector<View> found;
  for (const Table table : tables()) {
    find(table)->at(prefix, [&](const Key& key, Value value) {
      found.push_back(view(table, key, value));
      return true;
    });
  }
  return found;
}

template <class Address>
auto Rib<Address>::find(Table table, Prefix prefix, std::uint32_t metric, Rank rank) const
    -> std::optional<View> {
  std::optional<View> found;
  if (const Routes* const routes = find(table); routes != nullptr) {
    routes->at(prefix, [&](const Key& key, Value value) {
      if (key.metric == metric && key.rank == rank) {
        found.emplace(view(table, key, value));
      }
      return !found;
    });
  }
  return found;
}

template <class Address>
bool Rib<Address>::any_path(const std::function<bool(const Path&)>& is) const {
  return std::ranges::any_of(path_numbers_, [&](const auto& known) { return is(known.first); });
}

template <class Address>
std::vector<Table> Rib<Address>::tables() const {
  std::vector<Table> tables;
  const auto add = [&](Table table, const Routes& routes) {
    if (!routes.empty()) {
      tables.push_back(table);
    }
  };
  for (std::size_t i = 0; i < forwarding_.size(); ++i) {
    add(kForwarding.at(i), forwarding_.at(i));
  }
  for (const auto& [table, routes] : named_) {
    add(table, routes);
  }
  return tables;
}

template <class Address>
void Rib<Address>::for_each(Table table, const std::function<bool(const View&)>& visit,
                            std::optional<Position> after) const {
  const Routes* const routes = find(table);
  if (routes == nullptr) {
    return;
  }
  const Key first = after ? Routes::key(after->prefix, after->metric, after->rank) : Key{};
  routes->from(first, [&](const Key& key, Value value) {
    const bool skip =
        after && key.is_of(after->prefix) && key.metric == after->metric && key.rank == after->rank;
    return skip || visit(view(table, key, value));
  });
}

template <class Address>
std::size_t Rib<Address>::size() const {
  std::size_t routes = 0;
  for (const Table table : tables()) {
    routes += size(table);
  }
  return routes;
}

template <class Address>
std::size_t Rib<Address>::size(Table table) const {
  const Routes* const routes = find(table);
  return routes == nullptr ? 0 : routes->size();
}

template class Rib<Ipv4>;
template class Rib<Ipv6>;

}  // namespace ringroad::fib
