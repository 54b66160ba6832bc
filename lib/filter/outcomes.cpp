// SPDX-License-Identifier: BSD-3-Clause
#include "filter/outcomes.hpp"

#include <algorithm>

#include "filter/multiply.hpp"

namespace ringroad::filter {
namespace {

std::uint64_t hash_of(const Outcomes::Side& side) {
  std::uint64_t hash = mixed(std::uint64_t{side.ingress} << 16U | side.egress | kHashSecond,
                             kHashFirst + std::uint64_t{side.is_translated});
  for (const CountedEffect effect : std::span{side.effects}.first(side.ends.back())) {
    hash = mixed(hash ^ kHashFirst, kHashSecond ^ effect.word());
  }
  return hash;
}

// The place of what `is_it` accepts, or of nothing, in a table of which at most half is used.
template <class IsIt>
std::uint16_t& place_of(std::vector<std::uint16_t>& table, std::uint64_t hash, IsIt&& is_it) {
  for (std::size_t i = hash;; ++i) {
    std::uint16_t& place = table[i % table.size()];
    if (place == 0 || is_it(place)) {
      return place;
    }
  }
}

}  // namespace

Outcomes::Outcomes()
    : sides_by_hash_(std::size_t{2} * kSidesMost), pairs_by_hash_(std::size_t{2} * kPairsMost) {
  sides_.reserve(kSidesMost);
  pairs_.reserve(kPairsMost);
}

void Outcomes::restart(std::uint64_t serial, Connections& connections) {
  // An identifier is given once, until there are no more: then connections have to forget theirs.
  constexpr OutcomeId kFirstMost = 0xffff - kPairsMost;
  const std::size_t first = first_ + pairs_.size();
  if (first > kFirstMost) {
    connections.forget_outcomes();
  }
  first_ = first > kFirstMost ? OutcomeId{1} : static_cast<OutcomeId>(first);
  serial_ = serial;
  sides_.resize(2);  // kUnknown and kEvaluated
  std::ranges::fill(sides_by_hash_, 0);
  std::ranges::fill(pairs_by_hash_, 0);
  pairs_.clear();
  static_cast<void>(pair_id({kEvaluated, kEvaluated}));
}

std::uint16_t Outcomes::side_number(const Side& side) {
  if (!side.passes) {
    return kEvaluated;
  }
  std::uint16_t& place = place_of(sides_by_hash_, hash_of(side),
                                  [&](std::uint16_t number) { return sides_[number] == side; });
  if (place == 0 && sides_.size() < kSidesMost) {
    place = static_cast<std::uint16_t>(sides_.size());
    sides_.push_back(side);
  }
  return place == 0 ? kEvaluated : place;
}

OutcomeId Outcomes::pair_id(const Pair& pair) {
  std::uint16_t& place = place_of(pairs_by_hash_, mixed(pair[0] + 1U, (pair[1] + 1U) << 20U),
                                  [&](std::uint16_t number) { return pairs_[number - 1] == pair; });
  if (place == 0 && pairs_.size() < kPairsMost) {
    pairs_.push_back(pair);
    place = static_cast<std::uint16_t>(pairs_.size());
  }
  // If there is no place, that of the first pair: the rules are evaluated for each packet.
  return static_cast<OutcomeId>(first_ + std::max<std::uint16_t>(place, 1) - 1);
}

void Outcomes::learn(Connection& connection, Direction direction, const Side& side) {
  const auto number = static_cast<std::uint16_t>(connection.outcome - first_);
  Pair pair = number < pairs_.size() ? pairs_[number] : Pair{};
  pair[index_of(direction)] = side_number(side);
  connection.outcome = pair_id(pair);
}

}  // namespace ringroad::filter
