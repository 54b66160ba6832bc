// SPDX-License-Identifier: BSD-3-Clause
#include "fib/rib.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace ringroad::fib {
namespace {

constexpr std::array kForwarding{Table::kLocal, Table::kMain, Table::kDefault};

// Changes for which memory is kept from one call to the next.
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
  // All that may be refused comes first.
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
  std::optional<NextHopId> before;  // what the trie holds, where that is not marked any more
  std::uint32_t old_path = 0;       // of that
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
    // One that is there twice is gone the second time.
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
    // A later table may have its turn, once the batch's other routes do not hide it any more.
    choose_later(prefix, before);
  } else {
    const Known known{order, place};
    choose(prefix, &known, before);
  }
}

template <class Address>
void Rib<Address>::choose_later(Prefix prefix, std::optional<NextHopId> before) {
  later_.emplace_back(prefix, before);
}

template <class Address>
void Rib<Address>::choose_now() {
  // Of one prefix those that know what the trie holds come first.
  std::ranges::sort(later_, std::greater{});
  std::optional<Prefix> last;
  for (const auto& [prefix, before] : std::exchange(later_, {})) {
    if (prefix != last) {
      choose(prefix, nullptr, before);
    }
    last = prefix;
  }
}

// Chooses anew where the prefix hides routes of tables that are asked later, or no longer does.
// False where these are so many that sweeps see to them.
template <class Address>
bool Rib<Address>::choose_hidden(Prefix prefix, std::size_t order) {
  constexpr std::size_t kHiddenAtOnce = 4096;
  bool all = true;
  for (std::size_t i = order + 1; i < forwarding_.size(); ++i) {
    const Routes& routes = forwarding_.at(i);
    if (routes.empty() || prefix.length() == Address::kBits) {
      continue;
    }
    std::optional<Prefix> last;
    std::size_t count = 0;
    routes.from(Routes::key(prefix), [&](const Key& key, Value) {
      const Prefix under = key.prefix();
      const bool inside = prefix.contains(under) && ++count <= kHiddenAtOnce;
      if (inside && under != prefix && under != last) {
        choose_later(under);
      }
      last = under;
      return inside;
    });
    if (count > kHiddenAtOnce) {
      queued_.push_back({.order = i, .within = prefix, .all = true});
      all = false;
    }
  }
  return all;
}

// Marks the route of the prefix that the trie is to hold. `known`: where its routes are in one of
// the tables. `before`: what the trie holds now, where that is not marked any more. A prefix that
// gets no answer any more stays as it is where losses come later.
template <class Address>
void Rib<Address>::choose(Prefix prefix, const Known* known, std::optional<NextHopId> before,
                          Losses losses) {
  std::optional<NextHopId> now;
  Value* held = nullptr;
  bool decided = false;
  for (std::size_t i = 0; i < forwarding_.size(); ++i) {
    Value* chosen = nullptr;
    const auto mark = [&](const Key&, Value& value) {
      if (value.best) {
        before = paths_[value.path].next_hop;
        held = &value;
      }
      value.best = false;
      if (!dead(value) && (chosen == nullptr || usability(value) < usability(*chosen))) {
        chosen = &value;
      }
      return true;
    };
    if (known != nullptr && known->order == i) {
      forwarding_[i].around(known->place, prefix, mark);
    } else {
      forwarding_[i].at(prefix, mark);
    }
    if (chosen != nullptr && !std::exchange(decided, true) && !is_hidden(i, prefix)) {
      chosen->best = true;
      now = paths_[chosen->path].next_hop;
    }
  }
  if (!now && held != nullptr && losses == Losses::kLater) {
    held->best = true;
    return;
  }
  if (now && !before) {
    before = departing(prefix);
  }
  if (before != now) {
    changes_.push_back({prefix, now.value_or(kNoRoute)});
    befores_.push_back(before.value_or(kNoRoute));
  }
}

// Lies under a prefix of a table that is asked before.
template <class Address>
bool Rib<Address>::is_hidden(std::size_t order, Prefix prefix) const {
  const auto is_dead = [this](const Key&, Value value) { return dead(value); };
  return !std::ranges::all_of(std::span{forwarding_}.first(order), [&](const Routes& routes) {
    return !routes.reaches_into(first_octet(prefix.address())) ||
           routes.covering(prefix.address(), prefix.length(), is_dead);
  });
}

// Of a batch that was taken back: nothing is left but what was due before it.
template <class Address>
void Rib<Address>::cancel_out() {
  std::map<Prefix, Change> left;
  std::map<Prefix, NextHopId> first;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    first.try_emplace(changes_[i].prefix, befores_[i]);
    left.insert_or_assign(changes_[i].prefix, changes_[i]);
  }
  changes_.clear();
  for (const auto& [prefix, change] : left) {
    if (change.next_hop != first.at(prefix)) {
      changes_.push_back(change);
    }
  }
}

template <class Address>
void Rib<Address>::publish() {
  choose_now();
  // New answers before those that go: what takes a prefix's place is there when it goes.
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
    // Used again meanwhile, or in the list twice.
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
    // A table that has any route for the address has the best one of the longest such prefix: no
    // table before it has one, so nothing hides it.
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
