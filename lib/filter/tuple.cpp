// SPDX-License-Identifier: BSD-3-Clause
#include "filter/tuple.hpp"

#include <algorithm>

#include "filter/multiply.hpp"

namespace ringroad::filter {

std::uint64_t hash_of_addresses(const Tuple& tuple, std::uint64_t seed) {
  const auto [a, b] = std::minmax(tuple.source, tuple.destination);
  return mixed(mixed(a.low() ^ seed, a.high() ^ kHashFirst) ^ kHashSecond,
               mixed(b.low() ^ kHashSecond, b.high() ^ seed) ^ seed);
}

}  // namespace ringroad::filter
