// SPDX-License-Identifier: BSD-3-Clause
// The RIB chooses best routes anew for very many prefixes, one slice at a time.
#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "fib/rib.hpp"

namespace ringroad::fib {
namespace {

// Choosing for a prefix costs as much as examining this many routes.
constexpr std::size_t kChoice = 16;

}  // namespace

template <class Address>
void Rib<Address>::reconsider(std::size_t work) {
  for (Interned& interned : paths_) {
    if (interned.path != nullptr && listener_.usability) {
      const Usability was = std::exchange(interned.usability, listener_.usability(*interned.path));
      if (was != interned.usability) {
        interned.turned = pass_ + 1;
        turned_ = true;
      }
    }
  }
  advance(work);
}

template <class Address>
bool Rib<Address>::advance(std::size_t work) {
  if (sweeps_.empty() && !begin_pass()) {
    return false;
  }
  while (work > 0) {
    if (sweep_ < sweeps_.size()) {
      work -= std::min(work, sweep(sweeps_[sweep_], work));
    } else if (!losses_ && !queued_.empty()) {
      // The gains of changes that arrived in the meantime also come before any losses.
      sweeps_.insert(sweeps_.end(), queued_.begin(), queued_.end());
      queued_.clear();
      std::ranges::copy(std::exchange(queued_departures_, {}), std::back_inserter(departures_));
    } else if (!losses_) {
      losses_ = true;
      sweep_ = 0;
      // Shorter prefixes of later tables are withdrawn before longer ones of earlier tables.
      std::ranges::stable_sort(sweeps_, std::greater{}, &Sweep::order);
    } else {
      end_pass();
      if (!begin_pass()) {
        break;
      }
    }
  }
  publish();
  return !sweeps_.empty();
}

template <class Address>
std::optional<NextHopId> Rib<Address>::departing(Prefix prefix) const {
  for (const auto* const list : {&queued_departures_, &departures_}) {
    const auto last =
        std::find_if(list->rbegin(), list->rend(),
                     [prefix](const Departure& departure) { return departure.prefix == prefix; });
    if (last != list->rend()) {
      return paths_[last->path].next_hop;
    }
  }
  return std::nullopt;
}

template <class Address>
bool Rib<Address>::begin_pass() {
  if (std::exchange(turned_, false)) {
    ++pass_;
    for (std::size_t i = 0; i < forwarding_.size(); ++i) {
      if (!forwarding_.at(i).empty()) {
        sweeps_.push_back({.order = i, .within = {}, .all = false});
      }
    }
  }
  return !sweeps_.empty() || !queued_.empty();
}

template <class Address>
void Rib<Address>::end_pass() {
  for (const auto& [prefix, path] : std::exchange(departures_, {})) {
    choose_later(prefix, paths_[path].next_hop);
    drop(path);
  }
  sweeps_.clear();
  losses_ = false;
  sweep_ = 0;
}

// Returns the cost of the work done. Selects the next sweep when this one is complete.
template <class Address>
std::size_t Rib<Address>::sweep(const Sweep& sweep, std::size_t work) {
  std::size_t cost = 0;
  bool over = true;
  const auto look = [&](const Key& key, Value value) {
    const Prefix prefix = key.prefix();
    if (!sweep.within.contains(prefix)) {
      return false;
    }
    if (cost >= work) {
      over = false;
      return false;
    }
    reached_ = key;
    ++cost;
    if (sweep.all || paths_[value.path].turned >= pass_) {
      cost += kChoice;
      choose(prefix, nullptr, std::nullopt, losses_ ? Losses::kNow : Losses::kLater);
      if (!sweep.all && !losses_) {
        static_cast<void>(choose_hidden(prefix, sweep.order));
      }
    }
    return true;
  };
  const Routes& routes = forwarding_.at(sweep.order);
  if (losses_) {
    routes.after(reached_, Routes::key(sweep.within), look);
  } else {
    routes.before(reached_, sweep.within, look);
  }
  if (over) {
    ++sweep_;
    reached_.reset();
  }
  return cost;
}

template class Rib<Ipv4>;
template class Rib<Ipv6>;

}  // namespace ringroad::fib
