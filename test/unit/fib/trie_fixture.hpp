// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Functions shared by the tests of the trie, for either family.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/reclaim.hpp"
#include "fib/reference.hpp"
#include "fib/trie.hpp"

namespace ringroad::fib {

// The factor by which tests make fewer repetitions if a sanitizer makes them slow.
#if defined(__SANITIZE_THREAD__)
inline constexpr std::size_t kSlower = 50;
#elif defined(RINGROAD_SANITIZED)
inline constexpr std::size_t kSlower = 10;
#else
inline constexpr std::size_t kSlower = 1;
#endif

// Releases memory only on demand; until then a reader could be reading it.
class HeldReclaimer : public Reclaimer {
 public:
  void retire(std::function<void()> release) override { held_.push_back(std::move(release)); }
  void release_all() {
    for (const auto& release : std::exchange(held_, {})) {
      release();
    }
  }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  std::vector<std::function<void()>> held_;
};

template <class Address>
[[nodiscard]] Prefix<Address> prefix(std::string_view text) {
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): value() throws, which fails the test
  return Prefix<Address>::parse(text).value();
}

using Random = std::mt19937_64;

[[nodiscard]] inline std::uint32_t below(Random& random, std::size_t limit) {
  return static_cast<std::uint32_t>(random() % limit);
}
template <class T>
[[nodiscard]] const T& any_of(Random& random, const std::vector<T>& of) {
  return of[below(random, of.size())];
}

template <class Address>
[[nodiscard]] Address random_address(Random& random) {
  if constexpr (Address::kBits == 32) {
    return Address{static_cast<std::uint32_t>(random())};
  } else {
    const std::uint64_t high = random();
    return {high, random()};
  }
}

// Returns the first `length` bits of one address and the other bits of another.
[[nodiscard]] inline Ipv4 spliced(Ipv4 first, Ipv4 then, unsigned length) {
  return Ipv4{first.masked(length).value() | (then.value() & ~prefix_mask(length))};
}
[[nodiscard]] inline Ipv6 spliced(Ipv6 first, Ipv6 then, unsigned length) {
  const Ipv6 begin = first.masked(length);
  const Ipv6 cut = then.masked(length);
  return {begin.high() | (then.high() ^ cut.high()), begin.low() | (then.low() ^ cut.low())};
}

// These wrap around.
[[nodiscard]] inline Ipv4 next(Ipv4 address) { return Ipv4{address.value() + 1}; }
[[nodiscard]] inline Ipv6 next(Ipv6 address) {
  return {address.high() + (address.low() == ~std::uint64_t{0} ? 1 : 0), address.low() + 1};
}
[[nodiscard]] inline Ipv4 previous(Ipv4 address) { return Ipv4{address.value() - 1}; }
[[nodiscard]] inline Ipv6 previous(Ipv6 address) {
  return {address.high() - (address.low() == 0 ? 1 : 0), address.low() - 1};
}

// Returns a length at the edge of a stride, or one in common use.
template <class Address>
[[nodiscard]] std::uint8_t edge_length(Random& random) {
  static constexpr std::array<std::uint8_t, 18> kEdges{15, 16, 17, 23, 24, 25, 31, 32,  33,
                                                       47, 48, 49, 63, 64, 65, 96, 127, 128};
  constexpr std::size_t kCount = Address::kBits == 32 ? 8 : kEdges.size();
  return kEdges.at(below(random, kCount));
}

// Most prefixes share their first bits, or all but one octet, with a known prefix, so that prefixes
// nest deeply and blocks are full.
template <class Address>
[[nodiscard]] Prefix<Address> random_prefix(Random& random,
                                            const std::vector<Prefix<Address>>& known) {
  // Few prefixes are short, because short ones are slow to write.
  const std::uint32_t shape = below(random, 64);
  const auto length = shape == 0 ? static_cast<std::uint8_t>(below(random, 10))
                      : shape < 32
                          ? edge_length<Address>(random)
                          : static_cast<std::uint8_t>(10 + below(random, Address::kBits - 9));
  auto address = random_address<Address>(random);
  if (!known.empty() && below(random, 8) != 0) {
    const Prefix<Address> near = any_of(random, known);
    if (below(random, 2) == 0) {
      address = spliced(near.address(), address, below(random, near.length() + 1U));
    } else {
      const unsigned octet = 8 * below(random, Address::kBits / 8);
      address = spliced(spliced(near.address(), address, octet), near.address(), octet + 8);
    }
  }
  return {address, length};
}

// Sets of next hops, each of which leads to another format of blocks (block.hpp): a narrow block's
// leaves are below 255; if one in four is not, the block is wide.
inline constexpr unsigned kPalettes = 7;
[[nodiscard]] inline NextHopId random_next_hop(Random& random, unsigned palette) {
  const auto small = [&] { return NextHopId{1 + below(random, 254)}; };
  const auto large = [&] {
    static constexpr std::array<std::uint32_t, 8> kLarge{
        255, 256, 65'535, 65'536, 1U << 24, 1U << 29, 1U << 30, (1U << 31) - 1};
    return NextHopId{kLarge.at(below(random, kLarge.size()))};
  };
  switch (palette % kPalettes) {
    case 0:
      return NextHopId{1 + below(random, 3)};
    case 1:
      return small();
    case 2:
      return NextHopId{254 + below(random, 3)};
    case 3:
      return below(random, 12) == 0 ? large() : small();
    case 4:
      return below(random, 4) == 0 ? large() : small();
    case 5:
      return large();
    default:
      return NextHopId{1 + below(random, (1U << 31) - 1)};
  }
}

// Adds the first and the last address of the prefix, the ones next to them outside, and one inside.
template <class Address>
void add_probes(Random& random, Prefix<Address> prefix, std::vector<Address>& addresses) {
  const Address within =
      spliced(prefix.address(), random_address<Address>(random), prefix.length());
  addresses.insert(addresses.end(), {prefix.address(), prefix.last(), previous(prefix.address()),
                                     next(prefix.last()), within});
}
template <class Address>
[[nodiscard]] std::vector<Address> probes(Random& random,
                                          const std::vector<Prefix<Address>>& prefixes) {
  std::vector<Address> addresses;
  for (const Prefix<Address> each : prefixes) {
    add_probes(random, each, addresses);
  }
  return addresses;
}

template <class Address>
[[nodiscard]] std::vector<BulkKey<Address>> bulk_keys(std::span<const Address> addresses) {
  std::vector<BulkKey<Address>> keys;
  keys.reserve(addresses.size());
  std::ranges::transform(addresses, std::back_inserter(keys),
                         [](Address address) { return bulk_key(address); });
  return keys;
}

inline constexpr NextHopId kUntouched{0x55555555};

// Looks each address up alone, and in bulk with every version. Returns a description of the first
// wrong answer, or an empty text.
template <class Address>
[[nodiscard]] std::string first_error(const Trie<Address>& trie, std::span<const Address> addresses,
                                      const std::vector<NextHopId>& right) {
  const auto compare = [&](std::string_view way, const auto& answers) {
    const auto [here, there] = std::ranges::mismatch(answers, right);
    return here == answers.end()
               ? std::string{}
               : addresses[static_cast<std::size_t>(there - right.begin())].to_string() + ": " +
                     std::string{way} + " answers " + std::to_string(here->value()) + ", not " +
                     std::to_string(there->value());
  };
  std::vector<NextHopId> answers(addresses.size(), kUntouched);
  std::ranges::transform(addresses, answers.begin(),
                         [&](Address address) { return trie.lookup(address); });
  std::string error = compare("single lookup", answers);
  const auto keys = bulk_keys(addresses);
  const auto bulk = [&](std::string_view name, auto... way) {
    std::ranges::fill(answers, kUntouched);
    trie.lookup(keys, answers, way...);
    error = error.empty() ? compare(name, answers) : error;
  };
  bulk("bulk lookup");
  for (const LookupWay way : lookup_ways()) {
    bulk(to_string(way), way);
  }
  return error;
}

template <class Address>
[[nodiscard]] std::string first_error(const Trie<Address>& trie,
                                      const Reference<Address>& reference,
                                      std::span<const Address> addresses) {
  if (addresses.size() > reference.size()) {
    return first_error(trie, addresses, reference.lookup(addresses));
  }
  std::vector<NextHopId> right;
  right.reserve(addresses.size());
  std::ranges::transform(addresses, std::back_inserter(right),
                         [&](Address address) { return reference.lookup(address); });
  return first_error(trie, addresses, right);
}

}  // namespace ringroad::fib
