// SPDX-License-Identifier: BSD-3-Clause
#include "filter/connections.hpp"

#include <bit>
#include <utility>

namespace ringroad::filter {
namespace {

using namespace connection_status;

// Places that are looked at for each new connection: what has expired is collected before the table
// is half through with its next round.
constexpr std::uint32_t kCollectedForEach = 2;
constexpr std::uint32_t kEvictionRange = 8;  // chains: Linux's NF_CT_EVICTION_RANGE
// A packet does not wait longer for the control thread.
constexpr Milliseconds32 kUndecidedMost = 1000;

}  // namespace

void Connections::Counters::add(const Counters& more) {
  found += more.found;
  invalid += more.invalid;
  inserted += more.inserted;
  expired += more.expired;
  refused += more.refused;
  early_drops += more.early_drops;
  insert_failed += more.insert_failed;
}

Connections::Connections(std::uint32_t most, std::uint64_t seed)
    : most_{std::max(most, 1U)},
      mask_{std::bit_ceil(std::uint64_t{most_} * 2) - 1},
      seed_{seed},
      heads_{mask_ + 1},
      connections_{most_} {
  heads_.grow(mask_ + 1);
  connections_.grow(most_);  // the pages come when they are used
  free_.reserve(most_);
}

void Connections::begin(Nanoseconds now) {
  now_ = static_cast<Milliseconds32>(now / std::chrono::milliseconds{1});
  for (std::uint32_t i = 0; i < fresh_count_; ++i) {
    Connection* const connection = at(fresh_[i]);
    if (connection == nullptr || connection->has(kConfirmed)) {
      continue;
    }
    connection->status &= static_cast<std::uint16_t>(~kFresh);
    remember(fresh_[i]);
  }
  fresh_count_ = 0;
  while (undecided_count_ > 0 && now_ - undecided_[undecided_first_].since > kUndecidedMost) {
    forget_undecided();
  }
}

void Connections::remember(ConnectionId id) {
  if (undecided_count_ == kUndecidedPlaces) {
    forget_undecided();
  }
  undecided_[(undecided_first_ + undecided_count_++) % kUndecidedPlaces] = {id, now_};
}

void Connections::forget_undecided() {
  Connection* const connection = at(undecided_[undecided_first_].id);
  undecided_first_ = (undecided_first_ + 1) % kUndecidedPlaces;
  --undecided_count_;
  if (connection != nullptr && (!connection->has(kConfirmed) || connection->is_retired())) {
    remove(*connection);
  }
}

std::optional<Connections::Found> Connections::find(const Tuple& tuple, std::uint64_t hash) {
  for (std::uint32_t node = heads_[hash & mask_]; node != 0;) {
    Connection& connection = connections_[number_of(node)];
    const Direction direction = direction_of(node);
    node = connection.next[index_of(direction)];
    if (connection.tuple(direction) != tuple) {
      continue;
    }
    if (connection.has(kConfirmed)) [[likely]] {
      if (!has_expired(connection)) [[likely]] {
        return Found{&connection, direction};
      }
      ++counters_.expired;
      remove(connection);
      return std::nullopt;
    }
    if (connection.has(kFresh) && direction == Direction::kOriginal) {
      return Found{&connection, direction};
    }
  }
  return below_ == nullptr ? std::nullopt : find_below(tuple, hash);
}

std::optional<Connections::Found> Connections::find_below(const Tuple& tuple, std::uint64_t hash) {
  const auto [original, direction] = below_->find_confirmed(tuple, hash);
  Connection* const copy = original == nullptr || has_expired(*original) ? nullptr : allot();
  if (copy == nullptr) {
    return std::nullopt;
  }
  const auto generation = static_cast<std::uint16_t>(copy->generation + 1);
  *copy = *original;
  copy->generation = generation;
  copy->outcome = 0;
  copy->claims = 0;
  link(*copy, Direction::kOriginal);
  link(*copy, Direction::kReply);
  ++size_;
  return Found{copy, direction};
}

bool Connections::is_taken(const Tuple& tuple, const Connection* but) const {
  const std::uint64_t hash = this->hash(tuple);
  const bool is_own = but != nullptr && but->tuple(Direction::kReply) == tuple;
  if (owners_ != nullptr && !is_own && owners_->is_claimed(hash)) {
    return true;
  }
  // One that was dropped on its way, for its TTL perhaps, is still undecided and takes nothing.
  return has_other(tuple, hash, but, kConfirmed | kFresh | kSourceNatDone) ||
         (below_ != nullptr && below_->is_taken(tuple));
}

bool Connections::has_other(const Tuple& tuple, std::uint64_t hash, const Connection* but,
                            std::uint16_t bits) const {
  for (std::uint32_t node = heads_[hash & mask_]; node != 0;) {
    const Connection& connection = connections_[number_of(node)];
    const Direction direction = direction_of(node);
    if (&connection != but && (connection.status & bits) != 0 &&
        connection.tuple(direction) == tuple && !has_expired(connection)) {
      return true;
    }
    node = connection.next[index_of(direction)];
  }
  return false;
}

Connection* Connections::create(const Tuple& original, const Tuple& reply) {
  collect(kCollectedForEach);
  if (fresh_count_ == fresh_.size()) {
    return nullptr;
  }
  Connection* connection = allot();
  if (connection == nullptr && undecided_count_ > 0) {
    forget_undecided();
    connection = allot();
  }
  if (connection == nullptr && evict(hash(original))) {
    connection = allot();
  }
  if (connection == nullptr) {
    ++counters_.refused;
    return nullptr;
  }
  const auto generation = static_cast<std::uint16_t>(connection->generation + 1);
  *connection = Connection{};
  connection->generation = generation;
  connection->in_use = 1;
  connection->tuples = {original, reply};
  connection->status = kFresh;
  connection->deadline = now_ + 2 * kUndecidedMost;
  link(*connection, Direction::kOriginal);
  link(*connection, Direction::kReply);
  fresh_[fresh_count_++] = id(*connection);
  ++size_;
  return connection;
}

Connection* Connections::allot() {
  if (!free_.empty()) {
    Connection* const connection = &connections_[free_.back()];
    free_.pop_back();
    return connection;
  }
  if (used_ == most_) {
    return nullptr;
  }
  return &connections_[used_++];
}

bool Connections::set_reply(Connection& connection, const Tuple& reply) {
  if (owners_ != nullptr && !owners_->claim(hash(reply), owner_)) {
    return false;
  }
  unlink(connection, Direction::kReply);
  release(connection, Direction::kReply);
  connection.tuples[index_of(Direction::kReply)] = reply;
  if (owners_ != nullptr) {
    set_claim(connection, Direction::kReply, true);
  }
  link(connection, Direction::kReply);
  return true;
}

void Connections::set_claim(Connection& connection, Direction direction, bool is_claimed) {
  const unsigned bit = bit_of(direction);
  connection.claims = (is_claimed ? connection.claims | bit : connection.claims & ~bit) & 3U;
}

bool Connections::claim(Connection& connection, Direction direction) {
  if (owners_ == nullptr || (connection.claims & bit_of(direction)) != 0) {
    return true;
  }
  if (!owners_->claim(hash(connection.tuple(direction)), owner_)) {
    return false;
  }
  set_claim(connection, direction, true);
  return true;
}

bool Connections::claim_or_remove(Connection& connection, Direction direction) {
  if (claim(connection, direction)) {
    return true;
  }
  ++counters_.insert_failed;
  remove(connection);
  return false;
}

void Connections::release(Connection& connection, Direction direction) {
  if ((connection.claims & bit_of(direction)) != 0) {
    owners_->release(hash(connection.tuple(direction)), owner_);
    set_claim(connection, direction, false);
  }
}

bool Connections::confirm(Connection& connection) {
  for (const Direction direction : {Direction::kOriginal, Direction::kReply}) {
    const Tuple& tuple = connection.tuple(direction);
    if (has_other(tuple, hash(tuple), &connection, kConfirmed)) {
      ++counters_.insert_failed;
      remove(connection);
      return false;
    }
  }
  connection.status |= kConfirmed;
  connection.status &= static_cast<std::uint16_t>(~kDying);  // another packet of it was rejected
  ++counters_.inserted;
  return true;
}

void Connections::remove(Connection& connection) {
  if (!connection.is_retired()) {
    leave(connection);
  }
  connection.in_use = 0;
  ++connection.generation;
  free_.push_back(id(connection).number);
}

void Connections::retire(Connection& connection) {
  leave(connection);
  connection.status |= kDying;
  remember(id(connection));
}

void Connections::leave(Connection& connection) {
  for (const Direction direction : {Direction::kOriginal, Direction::kReply}) {
    unlink(connection, direction);
    release(connection, direction);
  }
  --size_;
}

Connection* Connections::at(ConnectionId id) {
  if (id.number >= used_) {
    return nullptr;
  }
  Connection& connection = connections_[id.number];
  return connection.in_use != 0 && connection.generation == id.generation ? &connection : nullptr;
}

void Connections::link(Connection& connection, Direction direction) {
  std::uint32_t& head = heads_[hash(connection.tuple(direction)) & mask_];
  connection.next[index_of(direction)] =
      std::exchange(head, node_of(id(connection).number, direction));
}

void Connections::unlink(Connection& connection, Direction direction) {
  const std::uint32_t node = node_of(id(connection).number, direction);
  std::uint32_t* place = &heads_[hash(connection.tuple(direction)) & mask_];
  while (*place != node) {
    place = &connections_[number_of(*place)].next[index_of(direction_of(*place))];
  }
  *place = connection.next[index_of(direction)];
}

// Looks for expired connections, each time at other places.
void Connections::collect(std::uint32_t places) {
  for (std::uint32_t i = 0; i < std::min(places, used_); ++i) {
    collected_ = collected_ + 1 < used_ ? collected_ + 1 : 0;
    Connection& connection = connections_[collected_];
    if (connection.in_use != 0 && connection.has(kConfirmed) && !connection.is_retired() &&
        has_expired(connection)) {
      ++counters_.expired;
      remove(connection);
    }
  }
}

// Removes a connection that is not assured, from one of the chains nearby (Linux's early_drop).
bool Connections::evict(std::uint64_t hash) {
  for (std::uint32_t i = 0; i < kEvictionRange; ++i) {
    for (std::uint32_t node = heads_[(hash + i) & mask_]; node != 0;) {
      Connection& connection = connections_[number_of(node)];
      if (has_expired(connection) || (connection.has(kConfirmed) && !connection.has(kAssured))) {
        ++(has_expired(connection) ? counters_.expired : counters_.early_drops);
        remove(connection);
        return true;
      }
      node = connection.next[index_of(direction_of(node))];
    }
  }
  return false;
}

}  // namespace ringroad::filter
