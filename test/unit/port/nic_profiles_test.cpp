// SPDX-License-Identifier: BSD-3-Clause
// Compares the profiles of Intel's ports with the capabilities that their drivers report in DPDK
// 22.11 (ixgbe_dev_info_get, ixgbevf_dev_info_get, eth_igb_infos_get, eth_igbvf_infos_get and the
// functions that they call), and with what the drivers refuse or do more slowly.
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <string_view>

#include "port/port.hpp"
#include "port/profile.hpp"

using namespace ringroad::port;

namespace {

constexpr std::uint64_t kRxAll = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM |
                                 RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_KEEP_CRC |
                                 RTE_ETH_RX_OFFLOAD_VLAN_FILTER | RTE_ETH_RX_OFFLOAD_VLAN_STRIP |
                                 RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_RSS_HASH;
constexpr std::uint64_t kTxAll = RTE_ETH_TX_OFFLOAD_VLAN_INSERT | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
                                 RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
                                 RTE_ETH_TX_OFFLOAD_SCTP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO |
                                 RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
constexpr std::uint64_t kIxgbeRx = RTE_ETH_RX_OFFLOAD_VLAN_EXTEND | RTE_ETH_RX_OFFLOAD_TCP_LRO;

struct Recorded {
  const char* name;
  const char* driver;
  std::uint16_t rx_queues;
  std::uint16_t tx_queues;
  std::uint32_t min_rx_bufsize;
  std::uint32_t max_rx_pktlen;
  std::uint16_t overhead;  // the driver's own: max_rx_pktlen less max_mtu
  std::uint64_t rx_offloads;
  std::uint64_t tx_offloads;
  rte_eth_thresh rx;
  rte_eth_thresh tx;
  std::uint16_t tx_rs_thresh;
  std::uint16_t tx_free_thresh;
  std::uint16_t least_descriptors;
};

constexpr rte_eth_thresh kIxgbeTx{.pthresh = 32, .hthresh = 0, .wthresh = 0};
constexpr rte_eth_thresh kRx0{.pthresh = 8, .hthresh = 8, .wthresh = 0};
constexpr rte_eth_thresh kRx1{.pthresh = 8, .hthresh = 8, .wthresh = 1};
constexpr rte_eth_thresh kRx4{.pthresh = 8, .hthresh = 8, .wthresh = 4};
constexpr rte_eth_thresh kTx1{.pthresh = 8, .hthresh = 1, .wthresh = 1};
constexpr rte_eth_thresh kTx16{.pthresh = 8, .hthresh = 1, .wthresh = 16};

// clang-format off
constexpr std::array kRecorded{
    Recorded{"82599", "net_ixgbe", 128, 64, 1024, 15872, 18,
             kRxAll | kIxgbeRx | RTE_ETH_RX_OFFLOAD_MACSEC_STRIP,
             kTxAll | RTE_ETH_TX_OFFLOAD_MACSEC_INSERT, kRx0, kIxgbeTx, 32, 32, 64},
    Recorded{"X550", "net_ixgbe", 128, 64, 1024, 15872, 18,
             kRxAll | kIxgbeRx | RTE_ETH_RX_OFFLOAD_OUTER_IPV4_CKSUM,
             kTxAll | RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM, kRx0, kIxgbeTx, 32, 32, 64},
    // A device with fast free, as drivers after 22.11 may have.
    Recorded{"82599 with fast free", "net_ixgbe", 128, 64, 1024, 15872, 18, kRxAll | kIxgbeRx,
             kTxAll | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE, kRx0, kIxgbeTx, 32, 32, 64},
    Recorded{"82599's function", "net_ixgbe_vf", 8, 8, 1024, 9728, 18, kRxAll,
             kTxAll, kRx0, kIxgbeTx, 32, 32, 64},
    Recorded{"82576", "net_e1000_igb", 16, 16, 256, 16383, 22, kRxAll, kTxAll, kRx1, kTx1, 0, 0, 32},
    Recorded{"I350", "net_e1000_igb", 8, 8, 256, 16383, 22,
             kRxAll | RTE_ETH_RX_OFFLOAD_VLAN_EXTEND, kTxAll, kRx4, kTx16, 0, 0, 32},
    Recorded{"I210", "net_e1000_igb", 4, 4, 256, 16383, 22,
             kRxAll | RTE_ETH_RX_OFFLOAD_VLAN_EXTEND, kTxAll, kRx4, kTx16, 0, 0, 32},
    Recorded{"82576's function", "net_e1000_igb_vf", 2, 2, 256, 16383, 22, kRxAll, kTxAll,
             kRx4, kTx16, 0, 0, 32},
};
// clang-format on

rte_eth_dev_info info_of(const Recorded& device) {
  rte_eth_dev_info info{};
  info.driver_name = device.driver;
  info.max_rx_queues = device.rx_queues;
  info.max_tx_queues = device.tx_queues;
  info.min_rx_bufsize = device.min_rx_bufsize;
  info.max_rx_pktlen = device.max_rx_pktlen;
  info.max_mtu = static_cast<std::uint16_t>(device.max_rx_pktlen - device.overhead);
  info.min_mtu = RTE_ETHER_MIN_MTU;
  info.rx_offload_capa = device.rx_offloads;
  info.tx_offload_capa = device.tx_offloads;
  info.default_rxconf.rx_thresh = device.rx;
  info.default_rxconf.rx_free_thresh = 32;
  info.default_txconf.tx_thresh = device.tx;
  info.default_txconf.tx_rs_thresh = device.tx_rs_thresh;
  info.default_txconf.tx_free_thresh = device.tx_free_thresh;
  info.rx_desc_lim.nb_max = 4096;
  info.rx_desc_lim.nb_min = device.least_descriptors;
  info.rx_desc_lim.nb_align = 8;
  info.tx_desc_lim = info.rx_desc_lim;
  info.reta_size = RTE_ETH_RSS_RETA_SIZE_128;
  info.hash_key_size = 40;
  return info;
}

struct Tuned {
  Recorded device;
  rte_eth_dev_info info;
  Tuning tuning;
};

// Starts the tuning as Port does.
Tuned tuned(const Recorded& device) {
  Tuned result{.device = device, .info = info_of(device), .tuning = {}};
  auto& [_, info, tuning] = result;
  tuning.rx = info.default_rxconf;
  tuning.tx = info.default_txconf;
  profile_of(info.driver_name).tune(info, tuning);
  return result;
}

bool is_ixgbe(const Recorded& device) {
  return std::string_view{device.driver}.starts_with("net_ixgbe");
}

// A test case that calls one of these runs once for each device.
Tuned every_device() { return tuned(GENERATE(from_range(kRecorded))); }
Tuned every_ixgbe() { return tuned(GENERATE(filter(is_ixgbe, from_range(kRecorded)))); }
Tuned every_igb() { return tuned(GENERATE(filter(std::not_fn(is_ixgbe), from_range(kRecorded)))); }

}  // namespace

TEST_CASE("rings are of a size that the device takes as it is") {
  const auto [device, info, tuning] = every_device();
  CAPTURE(device.name);
  for (const auto& [descriptors, limits] : {std::pair{tuning.rx_descriptors, info.rx_desc_lim},
                                            std::pair{tuning.tx_descriptors, info.tx_desc_lim}}) {
    CHECK(descriptors >= limits.nb_min);
    CHECK(descriptors <= limits.nb_max);
    CHECK(descriptors % limits.nb_align == 0);
  }
}

TEST_CASE("the device has every offload that is asked of it, and IPv4 checksums are one") {
  const auto [device, info, tuning] = every_device();
  CAPTURE(device.name);
  CHECK((tuning.rx_offloads & ~device.rx_offloads) == 0);
  CHECK((tuning.tx_offloads & ~device.tx_offloads) == 0);
  CHECK((tuning.rx_offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) != 0);
  // The router must know every packet, so the port may neither merge nor split packets.
  CHECK((tuning.rx_offloads & (RTE_ETH_RX_OFFLOAD_TCP_LRO | RTE_ETH_RX_OFFLOAD_KEEP_CRC)) == 0);
  CHECK((tuning.tx_offloads & RTE_ETH_TX_OFFLOAD_TCP_TSO) == 0);
}

TEST_CASE("an ixgbe's queues get the thresholds that its driver takes") {
  const auto [device, info, tuning] = every_ixgbe();
  CAPTURE(device.name);
  const rte_eth_txconf& tx = tuning.tx;
  // ixgbe_dev_tx_queue_setup() refuses anything else.
  CHECK(tx.tx_rs_thresh + tx.tx_free_thresh <= tuning.tx_descriptors);
  CHECK(tx.tx_rs_thresh <= 32);
  CHECK(tx.tx_rs_thresh <= tx.tx_free_thresh);
  CHECK(tx.tx_free_thresh < tuning.tx_descriptors - 3);
  CHECK(tuning.tx_descriptors % tx.tx_rs_thresh == 0);
  CHECK((tx.tx_rs_thresh == 1 || tx.tx_thresh.wthresh == 0));
}

TEST_CASE("an ixgbe stays on its vector paths, tagged or not") {
  const auto [device, info, tuning] = every_ixgbe();
  CAPTURE(device.name);
  // check_rx_burst_bulk_alloc_preconditions()
  CHECK(tuning.rx.rx_free_thresh >= 32);
  CHECK(tuning.rx.rx_free_thresh < tuning.rx_descriptors);
  CHECK(tuning.rx_descriptors % tuning.rx.rx_free_thresh == 0);
  CHECK((tuning.rx_offloads & (RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_VLAN_EXTEND)) == 0);
  // ixgbe_set_tx_function()
  CHECK(tuning.tx_offloads == 0);
  CHECK_FALSE(tuning.inserts_tags);
  CHECK(tuning.tx.tx_rs_thresh >= 32);
  CHECK(tuning.tx.tx_rs_thresh <= 64);
}

TEST_CASE("few sent buffers stay with an ixgbe that has no more to send") {
  // The vector path frees 32 buffers a burst while fewer than tx_free_thresh descriptors are free,
  // and tx_done_cleanup frees none: the buffers that were not freed with the last burst remain, and
  // that burst.
  const Tuning tuning = tuned(kRecorded.front()).tuning;
  const int kept = tuning.tx_descriptors - tuning.tx.tx_free_thresh + tuning.tx.tx_rs_thresh;
  CHECK(kept <= 128);
}

TEST_CASE("an igb reports each packet when it comes and when it is sent") {
  const auto [device, info, tuning] = every_igb();
  CAPTURE(device.name);
  CHECK(tuning.rx.rx_thresh.wthresh == 1);
  CHECK(tuning.tx.tx_thresh.wthresh == 1);
  // The other thresholds are the driver's defaults.
  CHECK(tuning.tx.tx_thresh.pthresh == device.tx.pthresh);
  CHECK(tuning.rx.rx_thresh.hthresh == device.rx.hthresh);
  // Fragments are not copied, because igb's only transmit path accepts several segments.
  CHECK((tuning.tx_offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0);
  CHECK(tuning.inserts_tags);
}

TEST_CASE("every frame of every MTU comes in one buffer") {
  const auto [device, info, tuning] = every_device();
  CAPTURE(device.name);
  for (unsigned mtu = 68; mtu <= 9710; ++mtu) {
    if (mtu > info.max_mtu) {
      break;
    }
    const unsigned data = buffer_room(static_cast<std::uint16_t>(mtu)) - RTE_PKTMBUF_HEADROOM;
    // ixgbe_dev_rx_init() and eth_igb_rx_init() use whole KiB, and add two tags to the driver's own
    // overhead; if a frame does not fit, they scatter it.
    const unsigned used = data / 1024 * 1024;
    if (mtu + device.overhead + 2 * RTE_VLAN_HLEN > used || data < info.min_rx_bufsize) {
      FAIL("an MTU of " << mtu << " with buffers of " << data);
    }
  }
  SUCCEED();
}
