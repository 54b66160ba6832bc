// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/table.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Event::Kind;

// As in Linux since 5.7, HZ/2 before: no request follows another sooner, whatever `retransmit`
// says.
constexpr Nanoseconds kShortestRetransmit = milliseconds{10};
// RFC 4861 6.3.4 wants a new random value "every few hours"; Linux draws one every 300 s.
constexpr Nanoseconds kRedrawInterval = seconds{300};
// Linux's "5 * HZ": above gc_thresh2 collection is forced no more often than this, and spares what
// changed more recently. Here periodic collection does too: the packet path reports use of what is
// STALE only, so of what has just become so nothing is known yet.
constexpr Nanoseconds kFresh = seconds{5};
constexpr std::uint32_t kReservedMax = 1U << 20U;

// The address in a word, for the hash; the two halves of an IPv6 address are multiplied, so that a
// sender who does not know the factor cannot make them cancel out.
std::uint64_t word_of(Ipv4 address, std::uint64_t /*factor*/) { return address.value(); }
std::uint64_t word_of(Ipv6 address, std::uint64_t factor) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{address.high() ^ factor} * (factor | 1U);
  return address.low() ^ static_cast<std::uint64_t>(product >> 64) ^
         static_cast<std::uint64_t>(product);
}

}  // namespace

// Multiply and fold: which keys collide depends on both secrets.
template <class Address>
std::size_t Table<Address>::KeyHash::operator()(const Key& key) const noexcept {
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t packed = std::uint64_t{key.port.value()} << 32 ^ word_of(key.address, factor);
  const Wide product = Wide{packed ^ mask} * factor;
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

template <class Address>
Table<Address>::Table(const Parameters& defaults, const Limits& limits, std::uint64_t seed)
    : defaults_{defaults},
      limits_{limits},
      random_{seed},
      index_{0, KeyHash{random_(), random_() | 1U}} {
  // To grow a hash of 65,536 takes milliseconds, which nothing is to wait for.
  index_.reserve(std::min(limits_.gc_thresh[2], kReservedMax));
}

template <class Address>
void Table<Address>::set_parameters(InterfaceId id, const Parameters& parameters) {
  port(id) = {parameters};
}

template <class Address>
std::optional<NeighborId> Table<Address>::resolve(Key key, Nanoseconds now, Events& events) {
  recycle();
  auto id = look_up(key);
  if (id && slot(*id).entry.state != State::kFailed) {
    use(*id, now, events);
    return id;
  }
  if (!id) {
    id = create(key, now, events);
    if (!id) {
      return std::nullopt;
    }
  }
  slot(*id).entry.used = now;
  enter(*id, State::kIncomplete, now, now);
  probe(*id, now, events);
  return id;
}

template <class Address>
void Table<Address>::mark_used(NeighborId id, Nanoseconds now, Events& events) {
  recycle();
  if (id.value() >= slots_.size() || find(entry(id).key) != id) {
    return;
  }
  use(id, now, events);
}

// Linux's arp_process() and neigh_update() in one.
template <class Address>
void Table<Address>::learn(const Advertisement& advertisement, Nanoseconds now, Events& events) {
  recycle();
  auto id = look_up(advertisement.key);
  // An answer to a question that was never asked confirms nothing.
  const bool confirms = id && advertisement.solicited;
  if (!id) {
    if (!advertisement.for_us) {
      return;
    }
    id = create(advertisement.key, now, events);
    if (!id) {
      return;
    }
  }
  Entry& entry = slot(*id).entry;
  if (entry.state == State::kPermanent) {
    return;
  }
  const State before = entry.state;
  const bool same_mac = has_mac(before) && entry.mac == advertisement.mac;
  const bool locked = has_mac(before) && !advertisement.overrides &&
                      now <= entry.updated + parameters(entry.key.port).locktime;
  if (same_mac ? !confirms : locked) {
    return;
  }
  if (!same_mac) {
    entry.mac = advertisement.mac;
    entry.updated = now;
  }
  if (confirms) {
    entry.confirmed = now;
    enter(*id, State::kReachable, now + reachable_time(entry.key.port, now), now);
  } else {
    entry.confirmed = Nanoseconds{};
    enter(*id, State::kStale, now, now);
  }
  if (!same_mac) {
    events.push_back({Kind::kResolved, *id});
  } else if (entry.state != before) {
    events.push_back({Kind::kStateChanged, *id});
  }
}

template <class Address>
NeighborId Table<Address>::set_permanent(Key key, Mac mac, Nanoseconds now, Events& events) {
  recycle();
  const auto found = find(key);
  const NeighborId id = found ? *found : allocate(key, now);
  Entry& entry = slot(id).entry;
  entry.mac = mac;
  entry.updated = now;
  enter(id, State::kPermanent, now, now);
  events.push_back({Kind::kResolved, id});
  return id;
}

template <class Address>
bool Table<Address>::erase(Key key, Events& events) {
  recycle();
  const auto id = find(key);
  if (id) {
    remove(*id, events);
  }
  return id.has_value();
}

template <class Address>
std::size_t Table<Address>::flush(std::optional<InterfaceId> port, Events& events) {
  recycle();
  std::size_t flushed = 0;
  for (const NeighborId id : page(std::nullopt, index_.size(), port)) {
    if (entry(id).state != State::kPermanent) {
      remove(id, events);
      ++flushed;
    }
  }
  return flushed;
}

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

template <class Address>
const Entry<Address>& Table<Address>::entry(NeighborId id) const {
  assert(id.value() < slots_.size());
  return slots_[id.value()].entry;
}

template <class Address>
std::optional<NeighborId> Table<Address>::find(Key key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? std::nullopt : std::optional{found->second};
}

template <class Address>
std::size_t Table<Address>::size() const {
  return index_.size();
}
template <class Address>
const Counters& Table<Address>::counters() const {
  return counters_;
}
template <class Address>
const Limits& Table<Address>::limits() const {
  return limits_;
}
template <class Address>
std::size_t Table<Address>::stale() const {
  return stale_.size();
}

template <class Address>
const Parameters& Table<Address>::parameters(InterfaceId id) const {
  return id.value() < ports_.size() ? ports_[id.value()].parameters : defaults_;
}

template <class Address>
void Table<Address>::for_each(const std::function<void(NeighborId, const Entry&)>& visit) const {
  for (const NeighborId id : page(std::nullopt, index_.size())) {
    visit(id, entry(id));
  }
}

template <class Address>
typename Table<Address>::Queue* Table<Address>::queue_of(State state) {
  switch (state) {
    case State::kIncomplete:
    case State::kReachable:
    case State::kDelay:
    case State::kProbe:
      return &timers_;
    case State::kStale:
      return &stale_;
    case State::kFailed:
      return &failed_;
    case State::kPermanent:
      break;
  }
  return nullptr;
}

template <class Address>
std::vector<NeighborId> Table<Address>::page(std::optional<Key> after, std::size_t most,
                                             std::optional<InterfaceId> port) const {
  auto next = after  ? ordered_.upper_bound(*after)
              : port ? ordered_.lower_bound(Key{*port, Address{}})
                     : ordered_.begin();
  std::vector<NeighborId> ids;
  for (; next != ordered_.end() && ids.size() < most && (!port || next->first.port == *port);
       ++next) {
    ids.push_back(next->second);
  }
  return ids;
}

// RFC 4861 6.3.2: spread, so that routers that start together do not probe together.
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

template <class Address>
typename Table<Address>::Port& Table<Address>::port(InterfaceId id) {
  if (id.value() >= ports_.size()) {
    ports_.resize(std::size_t{id.value()} + 1, Port{defaults_});
  }
  return ports_[id.value()];
}

template <class Address>
void Table<Address>::recycle() {
  free_.insert(free_.end(), removed_.begin(), removed_.end());
  removed_.clear();
}

template <class Address>
std::optional<NeighborId> Table<Address>::look_up(Key key) {
  const auto id = find(key);
  ++counters_.lookups;
  counters_.hits += id ? 1U : 0U;
  return id;
}

// What packets ask for is bounded; what the operator sets is not.
template <class Address>
std::optional<NeighborId> Table<Address>::create(Key key, Nanoseconds now, Events& events) {
  const std::size_t soft_limit = limits_.gc_thresh[1];
  const std::size_t hard_limit = limits_.gc_thresh[2];
  if (collectable() >= hard_limit || (collectable() >= soft_limit && now >= next_forced_gc_)) {
    collect_by_force(now, events);
  }
  if (collectable() >= hard_limit) {
    ++counters_.table_fulls;
    return std::nullopt;
  }
  return allocate(key, now);
}

// The new entry is in no queue yet: the caller has it enter its first state.
template <class Address>
NeighborId Table<Address>::allocate(Key key, Nanoseconds now) {
  if (index_.empty()) {
    next_periodic_gc_ = now + limits_.gc_interval;
  }
  NeighborId id{static_cast<NeighborId::rep>(slots_.size())};
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  slot(id) = {};
  Entry& entry = slot(id).entry;
  entry.key = key;
  entry.updated = now;
  entry.used = now;
  const std::size_t buckets = index_.bucket_count();
  index_.emplace(key, id);
  ordered_.emplace(key, id);
  counters_.hash_grows += index_.bucket_count() != buckets ? 1U : 0U;
  ++counters_.allocs;
  return id;
}

template <class Address>
void Table<Address>::remove(NeighborId id, Events& events) {
  const Slot& leaving = slot(id);
  if (Queue* const queue = queue_of(leaving.entry.state)) {
    queue->erase({leaving.position, id});
  } else {
    --permanent_count_;
  }
  index_.erase(leaving.entry.key);
  ordered_.erase(leaving.entry.key);
  removed_.push_back(id);
  ++counters_.destroys;
  events.push_back({Kind::kRemoved, id});
}

template <class Address>
void Table<Address>::enter(NeighborId id, State state, Nanoseconds position, Nanoseconds now) {
  auto& [entry, old_position] = slot(id);
  if (Queue* const queue = queue_of(entry.state)) {
    queue->erase({old_position, id});
  } else {
    --permanent_count_;
  }
  if (state != entry.state) {
    entry.state = state;
    entry.updated = now;
    entry.probes = 0;
  }
  old_position = position;
  if (Queue* const queue = queue_of(state)) {
    queue->emplace(position, id);
  } else {
    ++permanent_count_;
  }
}

template <class Address>
void Table<Address>::use(NeighborId id, Nanoseconds now, Events& events) {
  Entry& entry = slot(id).entry;
  entry.used = now;
  if (entry.state == State::kStale) {
    enter(id, State::kDelay, now + parameters(entry.key.port).delay_first_probe, now);
    events.push_back({Kind::kStateChanged, id});
  }
}

// Asks once more, or gives up.
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

// Linux's neigh_timer_handler(). An entry that is late is not hurried: what comes next is counted
// from now.
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

template <class Address>
void Table<Address>::start_collection(Nanoseconds now) {
  ++counters_.periodic_gc_runs;
  next_periodic_gc_ = now + limits_.gc_interval;
  if (index_.size() >= limits_.gc_thresh[0]) {
    collect_from_ = {Nanoseconds::min(), NeighborId{0}};
  }
}

template <class Address>
void Table<Address>::collect_periodically(Queue::value_type from, Nanoseconds now, Events& events,
                                          std::size_t most) {
  for (; most > 0 && !failed_.empty(); --most) {
    remove(failed_.begin()->second, events);
  }
  if (!failed_.empty()) {
    return;
  }
  auto next = stale_.lower_bound(from);
  for (; next != stale_.end() && next->first + kFresh <= now; --most) {
    if (most == 0) {
      collect_from_ = *next;
      return;
    }
    const NeighborId id = (next++)->second;
    const Entry& candidate = entry(id);
    const Nanoseconds last_needed = std::max(candidate.used, candidate.confirmed);
    if (last_needed + parameters(candidate.key.port).gc_stale <= now) {
      remove(id, events);
    }
  }
  collect_from_ = std::nullopt;
}

// Makes room for one entry below gc_thresh2, oldest first. What has a timer is spared, however old,
// as in Linux: forwarding to known neighbors must not suffer from a scan.
template <class Address>
void Table<Address>::collect_by_force(Nanoseconds now, Events& events) {
  ++counters_.forced_gc_runs;
  next_forced_gc_ = now + kFresh;
  const std::size_t target = std::min(limits_.gc_thresh[1], limits_.gc_thresh[2]);
  while (collectable() >= target && !failed_.empty()) {
    remove(failed_.begin()->second, events);
  }
  while (collectable() >= target && !stale_.empty() && stale_.begin()->first + kFresh <= now) {
    remove(stale_.begin()->second, events);
  }
}

template class Table<Ipv4>;
template class Table<Ipv6>;

}  // namespace ringroad::neigh
