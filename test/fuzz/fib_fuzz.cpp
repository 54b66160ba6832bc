// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer over the trie: bytes are changes of a table and lookups, which the plain search answers
// too. The first says of which family; an input is one table's life.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "fib/reference.hpp"
#include "fib/trie.hpp"
#include "fib/trie_fixture.hpp"
#include "input.hpp"

namespace ringroad::fib {
namespace {

void require(bool right, const std::string& what) {
  if (!right) {
    std::fprintf(stderr, "%s\n", what.c_str());
    std::abort();
  }
}

template <class Address>
class Life {
 public:
  explicit Life(test::Input input) : input_{input} {}

  void run() {
    while (!input_.empty()) {
      step(input_.byte());
    }
    check(known_.size());
    // And back to nothing.
    for (const auto& [prefix, next_hop] : reference_.routes()) {
      require(trie_.find(prefix) == next_hop, prefix.to_string() + " is lost");
      require(trie_.erase(prefix), prefix.to_string() + " cannot be erased");
    }
    reference_ = {};
    check(known_.size());
  }

 private:
  void step(std::uint8_t kind) {
    switch (kind % 8) {
      case 0: {
        const Prefix<Address> erased = prefix();
        require(trie_.erase(erased) == reference_.erase(erased),
                "wrong about " + erased.to_string() + " being there");
        break;
      }
      case 1:
        batch(kind / 8);
        break;
      case 2:
        reclaimer_.release_all();
        break;
      case 3:
        check(16);
        break;
      default: {
        const Prefix<Address> inserted = prefix();
        const NextHopId is = next_hop(1);
        trie_.insert(inserted, is);
        reference_.insert(inserted, is);
        require(trie_.find(inserted) == is, inserted.to_string() + " is not found");
      }
    }
  }
  void batch(std::size_t count) {
    std::vector<RouteChange<Address>> changes;
    for (; count > 0; --count) {
      const Prefix<Address> changed = prefix();
      changes.push_back({changed, next_hop(0)});
    }
    trie_.apply(changes);
    reference_.apply(changes);
  }
  // Shares bits with one before: which, how many, of what length, and the bits that are its own.
  Prefix<Address> prefix() {
    Address near{};
    if (const std::uint8_t which = input_.byte(); which < known_.size()) {
      near = known_[known_.size() - 1 - which].address();
    }
    const unsigned shared = input_.byte() % (Address::kBits + 1);
    // Few are short: those are slow to write.
    const std::uint8_t size = input_.byte();
    const auto length =
        static_cast<std::uint8_t>(size < 240 ? 10 + size % (Address::kBits - 9) : size % 10);
    known_.emplace_back(spliced(near, own_bits(shared), shared), length);
    return known_.back();
  }
  // The octets from the first that is not shared on.
  Address own_bits(unsigned shared) {
    if constexpr (Address::kBits == 32) {
      return Address{input_.word() >> shared / 8 * 8 % 32};
    } else {
      const std::uint64_t bits = std::uint64_t{input_.word()} << 32;
      return shared < 64 ? Address{bits >> shared / 8 * 8, 0}
                         : Address{0, bits >> shared / 8 * 8 % 64};
    }
  }
  NextHopId next_hop(std::uint32_t least) {
    const std::uint8_t small = input_.byte();
    const std::uint32_t value = small < 250 ? small : input_.word() & 0x7fffffffU;
    return NextHopId{std::max(value, least)};
  }
  // Around the last few prefixes named, or all.
  void check(std::size_t last) {
    require(trie_.size() == reference_.size(), "the sizes differ");
    Random random{known_.size()};
    std::vector<Address> addresses;
    for (const Prefix<Address> each : std::span{known_}.last(std::min(last, known_.size()))) {
      add_probes(random, each, addresses);
    }
    const std::string error = first_error<Address>(trie_, reference_, addresses);
    require(error.empty(), error);
  }

  test::Input input_;
  HeldReclaimer reclaimer_;
  Trie<Address> trie_{reclaimer_};
  Reference<Address> reference_;
  std::vector<Prefix<Address>> known_;
};

}  // namespace
}  // namespace ringroad::fib

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringroad;
  test::Input input{{data, size}};
  if (input.byte() % 2 == 0) {
    fib::Life<Ipv4>{input}.run();
  } else {
    fib::Life<Ipv6>{input}.run();
  }
  return 0;
}
