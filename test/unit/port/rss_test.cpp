// SPDX-License-Identifier: BSD-3-Clause
#include "port/rss.hpp"

#include <rte_thash.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <random>

using namespace ringroad::port;

namespace {

struct Flow {
  std::uint32_t source;
  std::uint32_t destination;
  std::uint16_t source_port;
  std::uint16_t destination_port;
};

std::uint32_t hash(const Flow& flow) {
  std::array<std::uint32_t, 3> words{
      flow.source, flow.destination,
      std::uint32_t{flow.source_port} << 16U | flow.destination_port};
  return rte_softrss(words.data(), words.size(), kSymmetricKey.data());
}

Flow back(const Flow& flow) {
  return {flow.destination, flow.source, flow.destination_port, flow.source_port};
}

// Returns the smallest and the largest share of a table's 128 entries, relative to an even share.
std::pair<double, double> spread(const std::function<Flow(unsigned)>& flow) {
  constexpr unsigned kFlows = 128 * 512;
  std::array<unsigned, 128> hits{};
  for (unsigned i = 0; i < kFlows; ++i) {
    ++hits.at(hash(flow(i)) % hits.size());
  }
  const auto [least, most] = std::ranges::minmax(hits);
  return {least / 512.0, most / 512.0};
}

}  // namespace

TEST_CASE("both directions of a flow have one hash") {
  std::mt19937 random{1};
  for (int i = 0; i < 1000; ++i) {
    const Flow flow{static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random()),
                    static_cast<std::uint16_t>(random()), static_cast<std::uint16_t>(random())};
    REQUIRE(hash(flow) == hash(back(flow)));
  }
}

TEST_CASE("flows are spread over the table") {
  std::mt19937 random{2};
  const auto [least, most] = spread([&](unsigned) {
    return Flow{static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random()),
                static_cast<std::uint16_t>(random()), static_cast<std::uint16_t>(random())};
  });
  CHECK(least > 0.75);
  CHECK(most < 1.25);
  // Hosts of one subnet to one server, from consecutive ports.
  const auto [least_of_subnet, most_of_subnet] = spread([](unsigned i) {
    return Flow{0x0a000000U + i % 250 + 1, 0xc0a80102U, static_cast<std::uint16_t>(1024 + i / 250),
                443};
  });
  CHECK(least_of_subnet > 0.5);
  CHECK(most_of_subnet < 1.5);
}

TEST_CASE("a device gets a key of the length that it tells, or none") {
  const auto [told, given] =
      GENERATE(table<std::uint8_t, std::uint8_t>({{std::uint8_t{0}, std::uint8_t{0}},
                                                  {std::uint8_t{16}, std::uint8_t{0}},
                                                  {std::uint8_t{40}, std::uint8_t{40}},
                                                  {std::uint8_t{52}, std::uint8_t{52}},
                                                  {std::uint8_t{64}, std::uint8_t{64}},
                                                  {std::uint8_t{65}, std::uint8_t{0}}}));
  rte_eth_rss_conf conf{};
  use_symmetric_key(told, conf);
  CHECK(conf.rss_key_len == given);
  CHECK((conf.rss_key != nullptr) == (given != 0));
}
