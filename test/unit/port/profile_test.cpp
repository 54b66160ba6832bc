// SPDX-License-Identifier: BSD-3-Clause
#include "port/profile.hpp"

#include <catch2/catch.hpp>

using namespace ringroad::port;

TEST_CASE("every family is found by its PMD's name and by its vdevs' names") {
  using Names = std::pair<std::string_view, std::string_view>;
  const auto [driver, family] = GENERATE(
      Names{"net_ixgbe", "ixgbe"}, Names{"net_e1000_igb", "igb"}, Names{"net_e1000_em", "em"},
      Names{"net_af_packet0", "af_packet"}, Names{"net_af_xdp1", "af_xdp"},
      Names{"net_tap12", "tap"}, Names{"net_memif0", "memif"}, Names{"net_vmxnet3", "vmxnet3"},
      Names{"net_virtio_user0", "virtio_user"}, Names{"net_pcap0", "pcap"},
      Names{"net_null0", "null"}, Names{"net_ring", "ring"}, Names{"net_mlx5", "general"},
      Names{"net_tapestry0", "general"});
  CHECK(profile_of(driver).family == family);
}

TEST_CASE("a device's arguments are read and completed, never overruled") {
  CHECK(argument("iface=lan0,qpairs=4", "qpairs") == "4");
  CHECK(argument("iface=lan0,qpairs=4", "iface") == "lan0");
  CHECK(argument("xiface=lan0", "iface").empty());
  CHECK(argument("", "iface").empty());
  CHECK(with_argument("iface=lan0", "qpairs", "2") == "iface=lan0,qpairs=2");
  CHECK(with_argument("qpairs=8", "qpairs", "2") == "qpairs=8");
  CHECK(with_argument("", "no-rx", "1") == "no-rx=1");
  CHECK(profile_of("net_af_packet0").arguments("iface=a", 3) == "iface=a,qpairs=3");
}

TEST_CASE("an interface that does not exist is refused by its name") {
  CHECK(profile_of("net_af_packet0").check("iface=lo"));
  const auto absent = profile_of("net_af_packet0").check("iface=no-such-if0");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().what.find("no-such-if0") != std::string::npos);
  CHECK_FALSE(profile_of("net_af_xdp0").check(""));
}

TEST_CASE("ixgbe asks for nothing that would take it off its vector paths") {
  Tuning tuning;
  profile_of("net_ixgbe").tune({}, tuning);
  CHECK(tuning.rx.rx_free_thresh >= 32);
  CHECK(tuning.rx_descriptors % tuning.rx.rx_free_thresh == 0);
  CHECK(tuning.tx.tx_rs_thresh >= 32);
  CHECK(tuning.tx.tx_rs_thresh <= 64);
  CHECK(tuning.tx_descriptors % tuning.tx.tx_rs_thresh == 0);
  CHECK((tuning.tx_offloads & ~std::uint64_t{RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE}) == 0);
}
