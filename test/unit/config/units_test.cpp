// SPDX-License-Identifier: BSD-3-Clause
#include "config/units.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace ringroad::config {

TEST_CASE("sizes take binary and decimal units or plain bytes") {
  CHECK(parse_size("0").value() == Bytes{0});
  CHECK(parse_size("1518").value() == Bytes{1518});
  CHECK(parse_size("1518B").value() == Bytes{1518});
  CHECK(parse_size("64KiB").value() == Bytes{65536});
  CHECK(parse_size("64KB").value() == Bytes{64'000});
  CHECK(parse_size("64kB").value() == Bytes{64'000});
  CHECK(parse_size("512MiB").value() == Bytes{512ULL << 20U});
  CHECK(parse_size("2GiB").value() == Bytes{2ULL << 30U});
  CHECK(parse_size("1.5KiB").value() == Bytes{1536});
  for (const char* wrong : {"", "KiB", "-1", "+1", "64 KiB", "64K", "0x10", "1e3", "1.", ".5KiB",
                            "1.3B", "1,5KiB", "0.0000001TiB"}) {
    INFO(wrong);
    CHECK_FALSE(parse_size(wrong));
  }
}

TEST_CASE("rates and times need a unit, and the error says what to write") {
  CHECK(parse_rate("1Gbit").value() == BitsPerSecond{1'000'000'000});
  CHECK(parse_rate("2.5Gbit").value() == BitsPerSecond{2'500'000'000});
  CHECK(parse_rate("64kbit").value() == BitsPerSecond{64'000});
  CHECK(parse_rate("300bit").value() == BitsPerSecond{300});
  CHECK(parse_rate("100").error().what ==
        "100 has no unit; write 100Mbit or the like (as 64kbit, 100Mbit or 1Gbit)");
  CHECK(parse_time("30s").value() == std::chrono::seconds{30});
  CHECK(parse_time("500ms").value() == std::chrono::milliseconds{500});
  CHECK(parse_time("2m").value() == std::chrono::minutes{2});
  CHECK(parse_time("1.5h").value() == std::chrono::minutes{90});
  CHECK(parse_time("5d").value() == std::chrono::hours{120});
  CHECK(parse_time("0").value() == Nanoseconds{0});
  CHECK(parse_time("30").error().what ==
        "30 has no unit; write 30s or the like (as 500ms, 30s or 2m)");
}

TEST_CASE("what does not fit 63 bits is too large, not something else") {
  CHECK(parse_size("9223372036854775807").value() == Bytes{9223372036854775807ULL});
  CHECK(parse_size("9223372036854775808").error().what == "9223372036854775808 is too large");
  CHECK(parse_size("8388607.999999TiB").error().what ==
        "8388607.999999TiB is not a size; write it as 64KiB, 512MiB or 2GiB");
  CHECK(parse_size("16777216TiB").error().what == "16777216TiB is too large");
  CHECK(parse_time("999999999999999999999999s").error().what ==
        "999999999999999999999999s is too large");
}

TEST_CASE("quantities print in the largest whole unit") {
  CHECK(to_string(Bytes{212992}) == "208KiB");
  CHECK(to_string(Bytes{1518}) == "1518");
  CHECK(to_string(Bytes{0}) == "0");
  CHECK(to_string(BitsPerSecond{2'500'000'000}) == "2500Mbit");
  CHECK(to_string(Nanoseconds{std::chrono::seconds{90}}) == "90s");
  CHECK(to_string(Nanoseconds{std::chrono::seconds{120}}) == "2m");
  CHECK(to_string(Nanoseconds{0}) == "0s");
}

TEST_CASE("what is printed parses back to the same quantity") {
  std::mt19937_64 random{1};
  for (int round = 0; round < 10'000; ++round) {
    const std::uint64_t odd = (random() >> (1 + random() % 63)) | 1U;
    for (const std::uint64_t factor : {1ULL, 1000ULL, 1024ULL, 60'000'000'000ULL}) {
      const std::uint64_t count = odd % 1'000'000 * factor;
      CHECK(parse_size(to_string(Bytes{count})).value() == Bytes{count});
      CHECK(parse_rate(to_string(BitsPerSecond{count})).value() == BitsPerSecond{count});
      const Nanoseconds time{static_cast<Nanoseconds::rep>(count)};
      CHECK(parse_time(to_string(time)).value() == time);
    }
  }
}

}  // namespace ringroad::config
