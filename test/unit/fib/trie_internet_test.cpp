// SPDX-License-Identifier: BSD-3-Clause
// Tests the trie with a table of the Internet's prefixes, which is beside the source tree if it
// exists.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "fib/reference.hpp"
#include "fib/trie.hpp"
#include "fib/trie_fixture.hpp"

namespace ringroad::fib {
namespace {

// Returns the prefixes of one family.
template <class Address>
std::vector<Prefix<Address>> read_prefixes(const std::filesystem::path& path) {
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  const std::unique_ptr<gzFile_s, Close> file{gzopen(path.c_str(), "rb")};
  REQUIRE(file);
  std::vector<Prefix<Address>> prefixes;
  std::array<char, 256> line{};
  while (gzgets(file.get(), line.data(), line.size()) != nullptr) {
    const std::string_view text{line.data()};
    if (const auto prefix =
            Prefix<Address>::parse(text.substr(0, text.find_first_of(" \t\r\n#")))) {
      prefixes.push_back(*prefix);
    }
  }
  return prefixes;
}

// Four in five routes have one of four next hops, as with uplinks; the others have one of 400, most
// of which do not fit into a byte.
NextHopId draw_next_hop(Random& random) {
  return NextHopId{below(random, 5) != 0 ? 1 + below(random, 4) : 100 + below(random, 400)};
}

template <class Address>
class Table {
 public:
  explicit Table(std::vector<Prefix<Address>> prefixes) : prefixes_{std::move(prefixes)} {
    std::vector<RouteChange<Address>> changes;
    changes.reserve(prefixes_.size());
    for (const Prefix<Address> each : prefixes_) {
      changes.push_back({each, draw_next_hop(random_)});
    }
    trie_.apply(changes);
    reference_.apply(changes);
  }

  // Looks up addresses inside prefixes, at their edges, and anywhere.
  void check(std::size_t count) {
    REQUIRE(trie_.size() == reference_.size());
    std::vector<Address> addresses;
    while (addresses.size() < count) {
      add_probes(random_, any_of(random_, prefixes_), addresses);
      for (unsigned i = 0; i < 5; ++i) {
        const Address near = any_of(random_, prefixes_).address();
        addresses.push_back(spliced(near, random_address<Address>(random_), below(random_, 33)));
      }
    }
    REQUIRE(first_error<Address>(trie_, reference_, addresses) == "");
  }

  // A third each are withdrawals, announcements and changes, made one by one or in batches.
  void change(std::size_t count) {
    std::vector<RouteChange<Address>> batch;
    for (std::size_t i = 0; i < count; ++i) {
      const Prefix<Address> prefix =
          below(random_, 3) == 0 ? random_prefix(random_, prefixes_) : any_of(random_, prefixes_);
      const NextHopId next_hop = below(random_, 3) == 0 ? kNoRoute : draw_next_hop(random_);
      batch.push_back({prefix, next_hop});
      if (batch.size() == 1000) {
        reference_.apply(batch);
        apply(batch, i / 1000 % 2 == 0);
        batch.clear();
        reclaimer_.release_all();
      }
    }
    trie_.apply(batch);
    reference_.apply(batch);
  }

  // Erases all routes.
  void erase_all() {
    for (const RouteChange<Address>& each : reference_.routes()) {
      REQUIRE(trie_.erase(each.prefix));
      reclaimer_.release_all();  // otherwise they would fill the arena
    }
    CHECK(trie_.size() == 0);
    for (unsigned i = 0; i < 100'000; ++i) {
      if (trie_.lookup(any_of(random_, prefixes_).address()) != kNoRoute) {
        FAIL("there is a route left");
      }
    }
  }

  [[nodiscard]] Bytes memory() const { return trie_.memory(); }

 private:
  void apply(const std::vector<RouteChange<Address>>& changes, bool one_by_one) {
    if (!one_by_one) {
      trie_.apply(changes);
      return;
    }
    for (const auto& [prefix, next_hop] : changes) {
      if (next_hop == kNoRoute) {
        trie_.erase(prefix);
      } else {
        trie_.insert(prefix, next_hop);
      }
    }
  }

  Random random_{11};
  HeldReclaimer reclaimer_;
  Trie<Address> trie_{reclaimer_};
  Reference<Address> reference_;
  std::vector<Prefix<Address>> prefixes_;
};

#ifndef __SANITIZE_THREAD__  // the test would take minutes
TEMPLATE_TEST_CASE("an Internet table matches a plain search, before and after it changed", "",
                   Ipv4, Ipv6) {
  const std::filesystem::path path = INTERNET_PREFIXES;
  if (!std::filesystem::exists(path)) {
    WARN("SKIPPED: there is no " << path);
    return;
  }
  auto prefixes = read_prefixes<TestType>(path);
  REQUIRE(prefixes.size() > (TestType::kBits == 32 ? 800'000 : 100'000));
  Table<TestType> table{std::move(prefixes)};
  CHECK(table.memory() < Bytes{16U << 20});
  table.check(2'000'000 / kSlower);
  table.change(200'000);
  table.check(2'000'000 / kSlower);
  table.erase_all();
}
#endif

}  // namespace
}  // namespace ringroad::fib
