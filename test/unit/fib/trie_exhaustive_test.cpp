// SPDX-License-Identifier: BSD-3-Clause
// Tests every sequence of changes of a few nested prefixes, up to a length.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "fib/trie.hpp"
#include "fib/trie_fixture.hpp"

namespace ringroad::fib {
namespace {

// One next hop that fits into a byte of a block, and one that does not.
constexpr std::array kNextHops{NextHopId{7}, NextHopId{300}};
constexpr std::size_t kChoices = kNextHops.size() + 1;  // or no next hop

template <class Address>
class Universe {
 public:
  explicit Universe(std::initializer_list<std::string_view> prefixes) {
    std::ranges::transform(prefixes, std::back_inserter(prefixes_), prefix<Address>);
    std::ranges::sort(prefixes_, std::greater{}, &Prefix<Address>::length);
    // The first and the last address of each prefix, and the ones next to them: between these the
    // answer does not change.
    for (const Prefix<Address> each : prefixes_) {
      addresses_.insert(addresses_.end(),
                        {each.address(), each.last(), previous(each.address()), next(each.last())});
    }
    std::ranges::sort(addresses_);
    addresses_.erase(std::ranges::unique(addresses_).begin(), addresses_.end());
    keys_ = bulk_keys<Address>(addresses_);
    answers_.resize(keys_.size());
    table_.resize(prefixes_.size());
  }

  // Starts from the empty table, and makes the changes one by one and as one batch. Returns the
  // number of sequences.
  std::size_t check_sequences(unsigned length) {
    const std::size_t kinds = prefixes_.size() * kChoices;
    std::size_t sequences = 1;
    for (unsigned i = 0; i < length; ++i) {
      sequences *= kinds;
    }
    for (std::size_t sequence = 0; sequence < sequences; ++sequence) {
      changes_.clear();
      std::size_t rest = sequence;
      for (unsigned i = 0; i < length; ++i, rest /= kinds) {
        stage(rest % kinds);
      }
      for (const auto& [prefix, next_hop] : changes_) {
        if (next_hop == kNoRoute) {
          trie_.erase(prefix);
        } else {
          trie_.insert(prefix, next_hop);
        }
      }
      check(sequence);
      clear();
      trie_.apply(changes_);
      check(sequence);
      clear();
      std::ranges::fill(table_, kNoRoute);
      reclaimer_.release_all();
    }
    return sequences;
  }

 private:
  void stage(std::size_t kind) {
    const std::size_t which = kind / kChoices;
    const std::size_t choice = kind % kChoices;
    const NextHopId next_hop = choice < kNextHops.size() ? kNextHops.at(choice) : kNoRoute;
    table_[which] = next_hop;
    changes_.push_back({prefixes_[which], next_hop});
  }
  void clear() {
    for (std::size_t i = 0; i < prefixes_.size(); ++i) {
      if (trie_.erase(prefixes_[i]) != (table_[i] != kNoRoute)) {
        FAIL("wrong about " << prefixes_[i].to_string() << " being there");
      }
    }
  }
  void check(std::size_t sequence) {
    trie_.lookup(keys_, answers_);
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
      // The longest prefixes come first.
      NextHopId right = kNoRoute;
      for (std::size_t j = 0; j < prefixes_.size() && right == kNoRoute; ++j) {
        right = prefixes_[j].contains(addresses_[i]) ? table_[j] : kNoRoute;
      }
      if (answers_[i] != right || trie_.lookup(addresses_[i]) != right) {
        FAIL(addresses_[i].to_string() << " in sequence " << sequence);
      }
    }
  }

  HeldReclaimer reclaimer_;
  Trie<Address> trie_{reclaimer_};
  std::vector<Prefix<Address>> prefixes_;
  std::vector<NextHopId> table_;  // of each prefix
  std::vector<Address> addresses_;
  std::vector<BulkKey<Address>> keys_;
  std::vector<NextHopId> answers_;
  std::vector<RouteChange<Address>> changes_;
};

template <class Address>
void check_universe(std::initializer_list<std::string_view> prefixes, unsigned longest) {
  Universe<Address> universe{prefixes};
  std::size_t sequences = 0;
  for (unsigned length = 1; length <= longest; ++length) {
    sequences += universe.check_sequences(length);
  }
  CHECK(sequences > 1000);
}

void check_universes(unsigned longest) {
  // Prefixes at the edges of the root and of blocks; prefixes that fill a block or half of it; and
  // prefixes within one block.
  check_universe<Ipv4>(
      {"default", "10.0.0.0/15", "10.1.0.0/16", "10.1.128.0/17", "10.1.255.0/24", "10.1.255.255"},
      longest);
  check_universe<Ipv4>({"10.1.0.0/17", "10.1.128.0/17", "10.1.2.0/23", "10.1.2.0/24", "10.1.2.0/25",
                        "10.1.2.128/25"},
                       longest);
  check_universe<Ipv4>(
      {"10.1.2.0/24", "10.1.2.64/26", "10.1.2.64/27", "10.1.2.127", "10.1.3.0", "10.1.3.64/26"},
      longest);
  check_universe<Ipv6>({"default", "2001::/16", "2001:8000::/17", "2001:ffff::/32",
                        "2001:ffff:ffff::/48", "2001:ffff:ffff:ffff::/64"},
                       longest);
  check_universe<Ipv6>({"2001:d00::/24", "2001:d80::/25", "2001:db8::/32", "2001:db8::/33",
                        "2001:db8:8000::/33", "2001:db8:8000::"},
                       longest);
  check_universe<Ipv6>({"2001:db8::/63", "2001:db8::/64", "2001:db8::8000:0:0:0/65",
                        "2001:db8::8000:0:0:0/127", "2001:db8::8000:0:0:1", "2001:db8:0:1::/64"},
                       longest);
}

TEST_CASE("every short sequence of changes leaves the right answers") {
  check_universes(kSlower == 1 ? 4 : 3);
}

TEST_CASE("every sequence of six changes leaves the right answers", "[.long]") {
  check_universes(6);
}

}  // namespace
}  // namespace ringroad::fib
