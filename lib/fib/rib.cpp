// SPDX-License-Identifier: BSD-3-Clause
#include "fib/rib.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace ringroad::fib {
namespace {

// Memory for this many changes is kept from one call to the next.
constexpr std::size_t kChangesKept = 4096;

template <class Address>
bool matches(const RouteSelector<Address>& selector, std::uint32_t metric,
             const Path<Address>& path) {
  const auto has_via = [&](const auto& hop) { return hop.via == selector.via; };
  return (!selector.metric || *selector.metric == metric) &&
         (!selector.protocol || *selector.protocol == path.protocol) &&
         (!selector.via || std::ranges::any_of(path.next_hops, has_via));
}

template <class Address>
std::string describe(const RouteSelector<Address>& selector) {
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

template <class Address>
Rib<Address>::Rib(Listener listener) : listener_{std::move(listener)} {}

template <class Address>
auto Rib<Address>::find(Table table) const -> const Routes* {
  const auto* const asked = std::ranges::find(kForwarding, table);
  if (asked != kForwarding.end()) {
    return &forwarding_.at(static_cast<std::size_t>(asked - kForwarding.begin()));
  }
  const auto named = named_.find(table);
  return named == named_.end() ? nullptr : &named->second;
}

template <class Address>
auto Rib<Address>::find(Table table) -> Routes* {
  return const_cast<Routes*>(std::as_const(*this).find(table));
}

template <class Address>
auto Rib<Address>::find_or_make(Table table) -> Routes& {
  Routes* const routes = find(table);
  return routes != nullptr ? *routes : named_[table];
}

template <class Address>
Result<std::uint32_t> Rib<Address>::intern(const Path& path) {
  if (const auto known = path_numbers_.find(path); known != path_numbers_.end()) {
    ++paths_[known->second].routes;
    return known->second;
  }
  const auto next_hop = listener_.acquire(path);
  if (!next_hop) {
    return std::unexpected{next_hop.error()};
  }
  if (free_paths_.empty()) {
    free_paths_.push_back(static_cast<std::uint32_t>(paths_.size()));
    paths_.emplace_back();
  }
  const std::uint32_t number = free_paths_.back();
  free_paths_.pop_back();
  const auto place = path_numbers_.emplace(path, number).first;
  paths_[number] = {
      .path = &place->first,
      .next_hop = *next_hop,
      .routes = 1,
      .usability = listener_.usability ? listener_.usability(path) : Usability::kUsable};
  return number;
}

template <class Address>
Result<std::vector<std::uint32_t>> Rib<Address>::intern(std::span<const Path> paths) {
  std::vector<std::uint32_t> numbers;
  for (const Path& path : paths) {
    const auto number = intern(path);
    if (!number) {
      drop_all(numbers);
      return std::unexpected{number.error()};
    }
    numbers.push_back(*number);
  }
  return numbers;
}

template <class Address>
void Rib<Address>::drop(std::uint32_t path) {
  if (--paths_[path].routes == 0) {
    unused_paths_.push_back(path);
  }
}

template <class Address>
void Rib<Address>::drop_all(std::span<const std::uint32_t> paths) {
  std::ranges::for_each(paths, [this](std::uint32_t path) { drop(path); });
  publish();
}

template <class Address>
Status Rib<Address>::add(const Batch& batch) {
  const auto paths = intern(batch.paths);
  if (!paths) {
    return std::unexpected{paths.error()};
  }
  Routes& routes = find_or_make(batch.table);
  changes_.reserve(batch.entries.size());
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const auto& [prefix, path] = batch.entries[i];
    const auto place = routes.insert(Routes::key(prefix, batch.metric, batch.rank), (*paths)[path]);
    if (!place) {
      take_back(routes, batch, batch.entries.first(i));
      choose_now();
      cancel_out();
      drop_all(*paths);
      return fail(fmt::format("{} metric {} exists already in table {}; delete it first",
                              prefix.to_string(), batch.metric, to_string(batch.table)));
    }
    ++paths_[(*paths)[path]].routes;
    changed(batch.table, prefix, *place);
  }
  drop_all(*paths);
  return {};
}

template <class Address>
Status Rib<Address>::add(const Route& route) {
  const typename Batch::Entry entry{route.prefix, 0};
  return add({.table = route.table,
              .metric = route.metric,
              .paths = {&route.path, 1},
              .entries = {&entry, 1},
              .rank = route.rank});
}

template <class Address>
Status Rib<Address>::erase(const Batch& batch) {
  Routes* const routes = find(batch.table);
  std::vector<std::optional<std::uint32_t>> paths;
  for (const Path& path : batch.paths) {
    const auto known = path_numbers_.find(path);
    paths.push_back(known == path_numbers_.end() ? std::nullopt : std::optional{known->second});
  }
  const auto is_missing = [&](const auto& entry) {
    const auto place = routes == nullptr
                           ? std::nullopt
                           : routes->find(Routes::key(entry.prefix, batch.metric, batch.rank));
    return !place || std::uint32_t{place->at->second.path} != paths[entry.path];
  };
  const auto missing = std::ranges::find_if(batch.entries, is_missing);
  if (missing != batch.entries.end()) {
    return fail(fmt::format("there is no route {} metric {} in table {}",
                            missing->prefix.to_string(), batch.metric, to_string(batch.table)));
  }
  if (routes != nullptr) {
    take_back(*routes, batch, batch.entries);
  }
  publish();
  return {};
}

template <class Address>
Result<Route<Address>> Rib<Address>::erase(const RouteSelector<Address>& selector) {
  const std::array only{selector.table.value_or(Table::kMain)};
  for (const Table table : selector.table ? std::span<const Table>{only} : kForwarding) {
    Routes* const routes = find(table);
    if (routes == nullptr) {
      continue;
    }
    const auto place = routes->find_if(selector.prefix, [&](const Key& key, Value value) {
      return matches(selector, key.metric, *paths_[value.path].path);
    });
    if (place) {
      const auto& [key, value] = *place->at;
      Route erased{selector.prefix, table, key.metric, *paths_[value.path].path, key.rank};
      remove(*routes, table, *place);
      publish();
      return erased;
    }
  }
  return fail(fmt::format(
      "there is no route {} in {}", describe(selector),
      selector.table ? fmt::format("table {}", to_string(*selector.table)) : "any table"));
}

template <class Address>
Status Rib<Address>::commit(std::span<const Edit> edits) {
  // Everything that may be refused comes first.
  std::vector<std::optional<std::uint32_t>> paths(edits.size());
  std::vector<std::uint32_t> held;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (!edits[i].path) {
      continue;
    }
    const auto path = intern(*edits[i].path);
    if (!path) {
      drop_all(held);
      return std::unexpected{path.error()};
    }
    paths[i] = *path;
    held.push_back(*path);
  }
  for (std::size_t i = 0; i < edits.size(); ++i) {
    carry_out(edits[i], paths[i]);
  }
  drop_all(held);
  return {};
}

template <class Address>
void Rib<Address>::carry_out(const Edit& edit, std::optional<std::uint32_t> path) {
  Routes& routes = find_or_make(edit.table);
  const Key key = Routes::key(edit.prefix, edit.metric, edit.rank);
  const auto place = routes.find(key);
  std::optional<NextHopId> before;  // the trie's entry, if its route is no longer marked best
  std::uint32_t old_path = 0;       // the path of the replaced route
  if (place) {
    const Value old = place->at->second;
    old_path = old.path;
    if (path == std::uint32_t{old.path}) {
      return;
    }
    if (old.best) {
      before = paths_[old.path].next_hop;
    }
    drop(old.path);
  } else if (!path) {
    return;
  }
  if (!path) {
    routes.erase(*place);
  } else {
    ++paths_[*path].routes;
    if (place) {
      place->at->second = {.path = *path & 0x7fffffffU, .best = false};
    } else {
      routes.insert(key, *path);
    }
  }
  const auto* const asked = std::ranges::find(kForwarding, edit.table);
  if (asked != kForwarding.end()) {
    const auto order = static_cast<std::size_t>(asked - kForwarding.begin());
    if (!choose_hidden(edit.prefix, order) && before && !path) {
      ++paths_[old_path].routes;
      queued_departures_.push_back({edit.prefix, old_path});
    } else {
      choose_later(edit.prefix, before);
    }
  }
}

template <class Address>
void Rib<Address>::take_back(Routes& routes, const Batch& batch,
                             std::span<const typename Batch::Entry> entries) {
  for (const auto& entry : entries) {
    // A prefix that is in the batch twice was already removed.
    if (const auto place = routes.find(Routes::key(entry.prefix, batch.metric, batch.rank))) {
      remove(routes, batch.table, *place);
    }
  }
}

template <class Address>
void Rib<Address>::remove(Routes& routes, Table table, const Place& place) {
  const auto [key, value] = *place.at;
  drop(value.path);
  changed(table, key.prefix(), routes.erase(place),
          value.best ? std::optional<std::uint32_t>{value.path} : std::nullopt);
}

template <class Address>
void Rib<Address>::changed(Table table, Prefix prefix, const Place& place,
                           std::optional<std::uint32_t> erased_best) {
  const auto* const asked = std::ranges::find(kForwarding, table);
  if (asked == kForwarding.end()) {
    return;
  }
  const auto order = static_cast<std::size_t>(asked - kForwarding.begin());
  const auto is_empty = [](const Routes& routes) { return routes.empty(); };
  const auto before =
      erased_best ? std::optional{paths_[*erased_best].next_hop} : std::optional<NextHopId>{};
  if (!choose_hidden(prefix, order) && erased_best) {
    ++paths_[*erased_best].routes;
    queued_departures_.push_back({prefix, *erased_best});
  } else if (erased_best &&
             !std::ranges::all_of(std::span{forwarding_}.subspan(order + 1), is_empty)) {
    // A route of a later table may become the best one, as soon as the batch's other routes no
    // longer hide it.
    choose_later(prefix, before);
  } else {
    const Known known{order, place};
    choose(prefix, &known, before);
  }
}

template <class Address>
void Rib<Address>::publish() {
  choose_now();
  // New answers are applied before withdrawals, so that the replacement exists when a prefix is
  // withdrawn.
  const auto stays = [](const Change& change) { return change.next_hop != kNoRoute; };
  if (!std::ranges::is_partitioned(changes_, stays)) {
    static_cast<void>(std::ranges::stable_partition(changes_, stays));
  }
  if (!changes_.empty() && listener_.best_changed) {
    listener_.best_changed(changes_);
  }
  changes_.clear();
  befores_.clear();
  if (changes_.capacity() > kChangesKept) {
    changes_.shrink_to_fit();
    befores_.shrink_to_fit();
  }
  for (const std::uint32_t path : std::exchange(unused_paths_, {})) {
    Interned& interned = paths_[path];
    // The path is in use again, or is in the list twice.
    if (interned.routes > 0 || interned.path == nullptr) {
      continue;
    }
    if (listener_.release) {
      listener_.release(interned.next_hop);
    }
    path_numbers_.erase(path_numbers_.find(*interned.path));
    interned = {};
    free_paths_.push_back(path);
  }
}

template class Rib<Ipv4>;
template class Rib<Ipv6>;

}  // namespace ringroad::fib
