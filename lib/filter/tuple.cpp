// SPDX-License-Identifier: BSD-3-Clause
#include "filter/tuple.hpp"

#include <algorithm>

#include "filter/multiply.hpp"

namespace ringroad::filter {
namespace {

constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15U;
constexpr std::uint64_t kSecond = 0xbf58476d1ce4e5b9U;

}  // namespace

std::uint64_t hash_of_addresses(const Tuple& tuple, std::uint64_t seed) {
  const auto [a, b] = std::minmax(tuple.source, tuple.destination);
  return mixed(mixed(a.low() ^ seed, a.high() ^ kFirst) ^ kSecond,
               mixed(b.low() ^ kSecond, b.high() ^ seed) ^ seed);
}

}  // namespace ringroad::filter
