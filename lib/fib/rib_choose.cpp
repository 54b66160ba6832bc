// SPDX-License-Identifier: BSD-3-Clause
// Chooses the best route of a prefix, and determines which routes an earlier table hides.
#include <algorithm>
#include <functional>
#include <utility>

#include "fib/rib.hpp"

namespace ringroad::fib {

template <class Address>
void Rib<Address>::choose_later(Prefix prefix, std::optional<NextHopId> before) {
  later_.emplace_back(prefix, before);
}

template <class Address>
void Rib<Address>::choose_now() {
  // Among the entries of one prefix, those that know the trie's entry come first.
  std::ranges::sort(later_, std::greater{});
  std::optional<Prefix> last;
  for (const auto& [prefix, before] : std::exchange(later_, {})) {
    if (prefix != last) {
      choose(prefix, nullptr, before);
    }
    last = prefix;
  }
}

// Chooses anew for prefixes of later tables if the given prefix starts or stops hiding them.
// Returns false if there are too many of them, so that sweeps must handle them.
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

// Marks the route of the prefix that the trie should hold. `known`: the position of the prefix's
// routes in one of the tables. `before`: the trie's entry, if its route is no longer marked best.
// If the prefix loses its answer and losses are handled later, its entry stays unchanged.
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

// Returns whether the prefix lies under a prefix of an earlier table.
template <class Address>
bool Rib<Address>::is_hidden(std::size_t order, Prefix prefix) const {
  const auto is_dead = [this](const Key&, Value value) { return dead(value); };
  return !std::ranges::all_of(std::span{forwarding_}.first(order), [&](const Routes& routes) {
    return !routes.reaches_into(first_octet(prefix.address())) ||
           routes.covering(prefix.address(), prefix.length(), is_dead);
  });
}

// Called after a batch was undone: only the changes that were pending before it remain.
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

template class Rib<Ipv4>;
template class Rib<Ipv6>;

}  // namespace ringroad::fib
