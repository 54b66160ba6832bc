// SPDX-License-Identifier: BSD-3-Clause
#include "filter/tuple.hpp"

#include <algorithm>

#include "filter/multiply.hpp"

namespace ringroad::filter {
namespace {

constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15U;
constexpr std::uint64_t kSecond = 0xbf58476d1ce4e5b9U;

}  // namespace

std::uint64_t hash_of(const Tuple& tuple, std::uint64_t seed) {
  const std::uint64_t rest = std::uint64_t{tuple.source_port} << 32U |
                             std::uint64_t{tuple.destination_port} << 16U | tuple.protocol;
  std::uint64_t hash = mixed(tuple.source.low() ^ seed, tuple.destination.low() ^ kFirst ^ seed);
  if (tuple.is_ipv6) {
    hash ^= mixed(tuple.source.high() ^ kSecond, tuple.destination.high() ^ seed ^ kFirst);
  }
  return mixed(hash ^ kSecond, rest ^ seed);
}

std::uint64_t hash_of_addresses(const Tuple& tuple, std::uint64_t seed) {
  const auto [a, b] = std::minmax(tuple.source, tuple.destination);
  return mixed(mixed(a.low() ^ seed, a.high() ^ kFirst) ^ kSecond,
               mixed(b.low() ^ kSecond, b.high() ^ seed) ^ seed);
}

}  // namespace ringroad::filter
