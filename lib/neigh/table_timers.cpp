// SPDX-License-Identifier: BSD-3-Clause
// The timers of the neighbor states (RFC 4861 7.3.3; Linux's neigh_timer_handler).
#include <algorithm>

#include "neigh/table.hpp"

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Event::Kind;

// Requests are never sent at shorter intervals, whatever `retransmit` says, as in Linux since 5.7
// (HZ/2 before).
constexpr Nanoseconds kShortestRetransmit = milliseconds{10};
// RFC 4861 6.3.4 wants a new random value "every few hours"; Linux draws one every 300 s.
constexpr Nanoseconds kRedrawInterval = seconds{300};

}  // namespace

template <class Address>
void Table<Address>::tick(Nanoseconds now, Events& events, std::size_t most) {
  recycle();
  for (; most > 0 && !timers_.empty() && timers_.begin()->first <= now; --most) {
    run_timer(timers_.begin()->second, now, events);
  }
  if (!index_.empty() && now >= next_periodic_gc_) {
    start_collection(now);
  }
  if (collect_from_) {
    collect_periodically(*collect_from_, now, events, most);
  }
}

template <class Address>
std::optional<Nanoseconds> Table<Address>::next_deadline() const {
  if (index_.empty()) {
    return std::nullopt;
  }
  const Nanoseconds gc = collect_from_ ? Nanoseconds{} : next_periodic_gc_;
  return timers_.empty() ? gc : std::min(gc, timers_.begin()->first);
}

// RFC 4861 6.3.2: the time is random, so that routers that start together do not probe together.
template <class Address>
Nanoseconds Table<Address>::reachable_time(InterfaceId id, Nanoseconds now) {
  Port& its = port(id);
  if (now >= its.redraw_at) {
    const auto base = its.parameters.base_reachable.count();
    its.reachable_time = Nanoseconds{
        std::uniform_int_distribution<Nanoseconds::rep>{base / 2, base / 2 + base}(random_)};
    its.redraw_at = now + kRedrawInterval;
  }
  return its.reachable_time;
}

// Sends another probe, or gives up.
template <class Address>
void Table<Address>::probe(NeighborId id, Nanoseconds now, Events& events) {
  Entry& entry = slot(id).entry;
  const Parameters& its = parameters(entry.key.port);
  const bool broadcast = entry.state == State::kIncomplete;
  if (entry.probes >= (broadcast ? its.multicast_probes : its.unicast_probes)) {
    enter(id, State::kFailed, now, now);
    ++counters_.res_failed;
    events.push_back({Kind::kFailed, id});
    return;
  }
  ++entry.probes;
  enter(id, entry.state, now + std::max(its.retransmit, kShortestRetransmit), now);
  events.push_back({broadcast ? Kind::kSolicitBroadcast : Kind::kSolicitUnicast, id});
}

// Linux's neigh_timer_handler(). If an entry's timer is late, its next deadline counts from now.
template <class Address>
void Table<Address>::run_timer(NeighborId id, Nanoseconds now, Events& events) {
  const Entry& entry = slot(id).entry;
  if (entry.state == State::kReachable) {
    const Nanoseconds delay = parameters(entry.key.port).delay_first_probe;
    if (now <= entry.used + delay) {
      enter(id, State::kDelay, now + delay, now);
    } else {
      enter(id, State::kStale, now, now);
    }
    events.push_back({Kind::kStateChanged, id});
    return;
  }
  if (entry.state == State::kDelay) {
    enter(id, State::kProbe, now, now);
    events.push_back({Kind::kStateChanged, id});
  }
  probe(id, now, events);
}

template class Table<Ipv4>;
template class Table<Ipv6>;

}  // namespace ringroad::neigh
