// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/table.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace ringroad::neigh {
namespace {

using Kind = Event::Kind;

constexpr std::uint32_t kReservedMax = 1U << 20U;

// The address as one word for the hash. The two halves of an IPv6 address are multiplied, so that a
// sender who does not know the factor cannot make them cancel out.
std::uint64_t word_of(Ipv4 address, std::uint64_t /*factor*/) { return address.value(); }
std::uint64_t word_of(Ipv6 address, std::uint64_t factor) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{address.high() ^ factor} * (factor | 1U);
  return address.low() ^ static_cast<std::uint64_t>(product >> 64) ^
         static_cast<std::uint64_t>(product);
}

}  // namespace

// Multiplies and folds: which keys collide depends on both secrets.
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
  // Growing a hash of 65,536 entries takes milliseconds, which would delay the control thread.
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

// Linux's arp_process() and neigh_update() combined.
template <class Address>
void Table<Address>::learn(const Advertisement& advertisement, Nanoseconds now, Events& events) {
  recycle();
  auto id = look_up(advertisement.key);
  // An answer without a request does not confirm the neighbor.
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
bool Table<Address>::suspect(NeighborId id, Nanoseconds now, Events& events) {
  recycle();
  if (entry(id).state != State::kReachable) {
    return false;
  }
  enter(id, State::kStale, now, now);
  events.push_back({Kind::kStateChanged, id});
  return true;
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

// Limits the entries that packets create, but not those that the operator creates.
template <class Address>
std::optional<NeighborId> Table<Address>::create(Key key, Nanoseconds now, Events& events) {
  if (must_collect(collectable(), next_forced_gc_, now)) {
    collect_by_force(now, events);
  }
  if (collectable() >= limits_.gc_thresh[2]) {
    ++counters_.table_fulls;
    return std::nullopt;
  }
  return allocate(key, now);
}

// The new entry is in no queue yet: the caller must put it into its first state.
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
  ++counts_.at(static_cast<std::size_t>(entry.state));
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
  }
  --counts_.at(static_cast<std::size_t>(leaving.entry.state));
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
  }
  --counts_.at(static_cast<std::size_t>(entry.state));
  ++counts_.at(static_cast<std::size_t>(state));
  if (state != entry.state) {
    entry.state = state;
    entry.updated = now;
    entry.probes = 0;
  }
  old_position = position;
  if (Queue* const queue = queue_of(state)) {
    queue->emplace(position, id);
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

template class Table<Ipv4>;
template class Table<Ipv6>;

}  // namespace ringroad::neigh
