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
    const auto place = routes.insert(Routes::key(prefix, batch.metric), (*paths)[path]);
    if (!place) {
      take_back(routes, batch.table, batch.metric, batch.entries.first(i));
      choose_now();
      changes_.clear();  // they cancel each other out
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
              .entries = {&entry, 1}});
}

template <class Address>
Status Rib<Address>::erase(const Batch& batch) {
  Routes* const routes = find(batch.table);
  const auto is_missing = [&](const auto& entry) {
    return routes == nullptr || !routes->contains(Routes::key(entry.prefix, batch.metric));
  };
  const auto missing = std::ranges::find_if(batch.entries, is_missing);
  if (missing != batch.entries.end()) {
    return fail(fmt::format("there is no route {} metric {} in table {}",
                            missing->prefix.to_string(), batch.metric, to_string(batch.table)));
  }
  if (routes != nullptr) {
    take_back(*routes, batch.table, batch.metric, batch.entries);
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
      Route erased{selector.prefix, table, key.metric, *paths_[value.path].path};
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
void Rib<Address>::take_back(Routes& routes, Table table, std::uint32_t metric,
                             std::span<const typename Batch::Entry> entries) {
  for (const auto& entry : entries) {
    // One that is there twice is gone the second time.
    if (const auto place = routes.find(Routes::key(entry.prefix, metric))) {
      remove(routes, table, *place);
    }
  }
}

template <class Address>
void Rib<Address>::remove(Routes& routes, Table table, const Place& place) {
  const auto [key, value] = *place.at;
  drop(value.path);
  changed(table, key.prefix(), routes.erase(place),
          value.best ? std::optional{paths_[value.path].next_hop} : std::nullopt);
}

template <class Address>
void Rib<Address>::changed(Table table, Prefix prefix, const Place& place,
                           std::optional<NextHopId> erased_best) {
  const auto* const asked = std::ranges::find(kForwarding, table);
  if (asked == kForwarding.end()) {
    return;
  }
  const auto order = static_cast<std::size_t>(asked - kForwarding.begin());
  const auto is_empty = [](const Routes& routes) { return routes.empty(); };
  if (erased_best && !std::ranges::all_of(std::span{forwarding_}.subspan(order + 1), is_empty)) {
    // A later table may have its turn, once the batch's other routes do not hide it any more.
    choose_later(prefix, erased_best);
  } else {
    const Known known{order, place};
    choose(prefix, &known, erased_best);
  }
  choose_hidden(prefix, order);
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
template <class Address>
void Rib<Address>::choose_hidden(Prefix prefix, std::size_t order) {
  for (const Routes& routes : std::span{forwarding_}.subspan(order + 1)) {
    if (routes.empty() || prefix.length() == Address::kBits) {
      continue;
    }
    std::optional<Prefix> last;
    routes.from(Routes::key(prefix), [&](const Key& key, Value) {
      const Prefix under = key.prefix();
      const bool inside = prefix.contains(under);
      if (inside && under != prefix && under != last) {
        choose_later(under);
      }
      last = under;
      return inside;
    });
  }
}

// Marks the route of the prefix that the trie is to hold. `known`: where its routes are in one of
// the tables. `before`: what the trie holds now, where that is not marked any more.
template <class Address>
void Rib<Address>::choose(Prefix prefix, const Known* known, std::optional<NextHopId> before) {
  std::optional<NextHopId> now;
  bool decided = false;
  for (std::size_t i = 0; i < forwarding_.size(); ++i) {
    Value* chosen = nullptr;
    const auto mark = [&](const Key&, Value& value) {
      if (value.best) {
        before = paths_[value.path].next_hop;
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
  if (before != now) {
    changes_.push_back({prefix, now.value_or(kNoRoute)});
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
  if (changes_.capacity() > kChangesKept) {
    changes_.shrink_to_fit();
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
void Rib<Address>::reconsider() {
  std::vector<bool> turned(paths_.size());
  bool any = false;
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    Interned& interned = paths_[i];
    if (interned.path != nullptr && listener_.usability) {
      const Usability was = std::exchange(interned.usability, listener_.usability(*interned.path));
      turned[i] = was != interned.usability;
      any = any || turned[i];
    }
  }
  for (std::size_t i = 0; any && i < forwarding_.size(); ++i) {
    forwarding_.at(i).from({}, [&](const Key& key, Value value) {
      if (turned[value.path]) {
        choose(key.prefix());
        choose_hidden(key.prefix(), i);
      }
      return true;
    });
  }
  publish();
}

template <class Address>
auto Rib<Address>::view(Table table, const Key& key, Value value) const -> View {
  return {.prefix = key.prefix(),
          .table = table,
          .metric = key.metric,
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
  const Key first = after ? Routes::key(after->prefix, after->metric) : Key{};
  routes->from(first, [&](const Key& key, Value value) {
    const bool skip = after && key.is_of(after->prefix) && key.metric == after->metric;
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
