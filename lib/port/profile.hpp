// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What is special about a family of DPDK poll-mode drivers. Each family is one file in drivers/
// that registers its profile; nothing else names a driver.
#include <rte_ethdev.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "port/device_counter.hpp"

namespace ringroad::port {

// How a port is set up. Begins as what fits any device; a profile changes what it knows better.
struct Tuning {
  // The device may put tags on, where it can. Some can only by a slower path than ours.
  bool inserts_tags = true;
  std::uint16_t rx_descriptors = 1024;
  std::uint16_t tx_descriptors = 1024;
  rte_eth_rxconf rx{};  // from the device's own defaults
  rte_eth_txconf tx{};
  std::uint64_t rx_offloads = 0;  // wanted; what the device lacks is left out
  std::uint64_t tx_offloads = 0;
  // rte_eth_tx_descriptor_status() tells of the last descriptor of each packet whether it is sent.
  // Where a driver reports one in tx_rs_thresh it does not: those of Intel that do (em, ixgbe,
  // i40e, ice of DPDK 22.11) set the flag in the last of a run and look for it in the first of the
  // next.
  bool reports_each = false;
};

// What a network interface of the kernel's is to a device that has one.
enum class KernelInterface : std::uint8_t {
  kNone,
  kShared,  // the device sends and receives by it, and its driver does not know of its link
  kFarEnd,  // the other end of the device's wire: a tap
};

// What the driver was given and the kernel refused is tried again where nothing else is sent.
struct TxRetry {
  void (*call)(int descriptor) = nullptr;  // null: there is no such thing
  int descriptor = -1;
};

struct Profile {
  std::string_view family;
  // The PMD's names as rte_eth_dev_info has them, and so begin its vdevs' names: "net_tap".
  std::span<const std::string_view> drivers;
  // The vdev's arguments for that many workers, who each want a TX queue. Null: as they are.
  std::string (*arguments)(std::string_view arguments, std::uint16_t workers) = nullptr;
  // What can be seen to be wrong before the driver is asked. Null: nothing.
  Status (*check)(std::string_view arguments) = nullptr;
  // Null: the general tuning fits.
  void (*tune)(const rte_eth_dev_info& info, Tuning& tuning) = nullptr;
  // A descriptor that can be read while that RX queue holds a packet, -1 for none, where the driver
  // has no interrupts but its packets come from the kernel. Null: none.
  int (*rx_event)(std::string_view arguments, std::uint16_t queue) = nullptr;
  // By the queue's worker, while nothing is sent: tries once more what the kernel refused, by that
  // queue's descriptor, which is rx_event()'s too. Null: nothing waits in a ring that is not tried.
  void (*retry)(int descriptor) = nullptr;
  KernelInterface interface = KernelInterface::kNone;
  // Of a kFarEnd: the driver's descriptor, which is writeable while the interface is up, and broken
  // when it is deleted, whatever its name and wherever it is. -1: none is found.
  int (*far_end)(unsigned interface) = nullptr;
  // Has the kernel drop what it was handed for a kShared interface and did not send, so that it
  // does not come out when the link is back. While no worker sends. Null: it keeps nothing.
  void (*discard_unsent)(unsigned interface) = nullptr;
  // A device that was stopped does not start again: it is closed and opened anew.
  bool starts_once = false;
  // The driver's interrupt for its link tells late, or not always.
  bool poor_link_interrupt = false;
  // Where its losses are counted, once its queues are set up. Null: rte_eth_stats has them.
  std::unique_ptr<LossSource> (*losses)(const rte_eth_dev_info& info,
                                        std::string_view arguments) = nullptr;
  // Queues of either kind that work, where the driver promises more. 0: as it says.
  std::uint16_t queues_max = 0;
  // It takes as many queues of one kind as of the other.
  bool pairs_queues = false;
  // Packet buffers that the device keeps for each descriptor of an RX and of a TX ring. 0: frames
  // are copied as they are received or sent.
  std::uint8_t rx_buffers = 1;
  std::uint8_t tx_buffers = 1;
  // A received frame was written by the core that polled for it, not by the device.
  bool writes_frames = false;
  // Tags arrive as 802.1Q whatever they were.
  bool hides_tag_protocol = false;
};

// A file of drivers/ holds one of these at namespace scope.
class Registration {
 public:
  explicit Registration(const Profile& profile);
};

// The profile of a PMD's or a vdev's name; the general one where none is registered.
[[nodiscard]] const Profile& profile_of(std::string_view driver);

// "key=value,key=value": the value; empty where the key is not there.
[[nodiscard]] std::string_view argument(std::string_view arguments, std::string_view key);
// With "key=value" added unless the key is there.
[[nodiscard]] std::string with_argument(std::string_view arguments, std::string_view key,
                                        std::string_view value);
// Fails where there is no network interface of that name.
[[nodiscard]] Status check_interface(std::string_view name);

}  // namespace ringroad::port
