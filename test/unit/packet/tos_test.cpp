// SPDX-License-Identifier: BSD-3-Clause
#include "packet/tos.hpp"

#include <catch2/catch.hpp>

#include "sched/bands.hpp"

// With <netinet/ip.h>, a using-directive would make `ip` ambiguous.
namespace ringroad {

TEST_CASE("every TOS has the priority and the band that Linux gives it") {
  // Linux applies rt_tos2priority (include/net/route.h), which reads ip_tos2prio, then prio2band of
  // sch_generic.
  constexpr std::array<std::uint8_t, 16> kPriority{0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4};
  constexpr std::array<std::uint8_t, 16> kBand{1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
  CHECK(sched::Discipline{}.priomap == kBand);
  for (unsigned tos = 0; tos < 256; ++tos) {
    CHECK(priority_of_tos(static_cast<std::uint8_t>(tos)) == kPriority[(tos & 0x1eU) >> 1U]);
  }
}

TEST_CASE("the well-known values are in the bands that operators expect of Linux") {
  const auto band = [](std::uint8_t tos) {
    return sched::Discipline{}.priomap[priority_of_tos(tos)];
  };
  CHECK(band(0x00) == 1);
  CHECK(band(0x02) == 1);
  CHECK(band(0x04) == 1);
  CHECK(band(0x08) == 2);
  CHECK(band(0x10) == 0);
  CHECK(band(0x18) == 1);
  CHECK(band(0x1c) == 1);
  CHECK(band(0xb8) == 1);
  CHECK(band(0x88) == 2);
  CHECK(band(0xc0) == 1);
}

}  // namespace ringroad
