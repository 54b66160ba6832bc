// SPDX-License-Identifier: BSD-3-Clause
#include "stats/drop_reason.hpp"

#include <catch2/catch.hpp>
#include <cstddef>
#include <set>
#include <string_view>

namespace ringroad::stats {
namespace {

DropReason reason(std::size_t number) { return static_cast<DropReason>(number); }

TEST_CASE("every drop reason has a name of its own in snake case") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    const std::string_view each = name(reason(i));
    INFO(i << " " << each);
    REQUIRE_FALSE(each.empty());
    CHECK(each.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
          std::string_view::npos);
    CHECK((each.front() >= 'a' && each.front() <= 'z'));
    CHECK(each.back() != '_');
    CHECK(each.find("__") == std::string_view::npos);
    CHECK(names.insert(each).second);
  }
}

TEST_CASE("every drop reason says what it means") {
  std::set<std::string_view> meanings;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    const std::string_view each = meaning(reason(i));
    INFO(name(reason(i)));
    CHECK(each.size() > 5);
    CHECK(meanings.insert(each).second);
  }
}

TEST_CASE("names stay with their reasons") {
  CHECK(kDropReasons >= 30);
  CHECK(name(DropReason::kFrameTruncated) == "frame_truncated");
  CHECK(name(DropReason::kTtlExceeded) == "ttl_exceeded");
  CHECK(name(reason(kDropReasons - 1)) == "hook");
  CHECK(DropReason::kHook == reason(kDropReasons - 1));
}

}  // namespace
}  // namespace ringroad::stats
