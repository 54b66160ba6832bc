// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The peculiarities of a family of DPDK poll-mode drivers. Each family is one file in drivers/ that
// registers its profile; no other code names a driver.
#include <rte_ethdev.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "port/device_counter.hpp"

namespace ringroad::port {

// Settings of a port. They start with values that fit any device, and a profile may change them.
struct Tuning {
  // The device may insert tags if it supports it. Some devices do so only by a slower path than
  // software.
  bool inserts_tags = true;
  std::uint16_t rx_descriptors = 1024;
  std::uint16_t tx_descriptors = 1024;
  rte_eth_rxconf rx{};  // starts with the device's defaults
  rte_eth_txconf tx{};
  std::uint64_t rx_offloads = 0;  // requested; offloads that the device lacks are removed
  std::uint64_t tx_offloads = 0;
  // rte_eth_tx_descriptor_status() reports for each packet's last descriptor whether it was sent.
  // Drivers that report one descriptor in tx_rs_thresh do not: those of Intel (em, ixgbe, i40e, ice
  // of DPDK 22.11) set the flag in the last descriptor of a run and look for it in the first of the
  // next run.
  bool reports_each = false;
};

// The role of a kernel network interface for a device.
enum class KernelInterface : std::uint8_t {
  kNone,
  kShared,  // the device sends and receives through it; its driver does not know its link state
  kFarEnd,  // the other end of the device's link: a tap
};

// Retries sending packets that the kernel refused, when nothing else is sent.
struct TxRetry {
  void (*call)(int descriptor) = nullptr;  // null if no retry is needed
  int descriptor = -1;
};

struct Profile {
  std::string_view family;
  // The PMD's names as in rte_eth_dev_info; its vdev names begin with them: "net_tap".
  std::span<const std::string_view> drivers;
  // Returns the vdev's arguments for this many workers, each with its own TX queue. Null:
  // unchanged.
  std::string (*arguments)(std::string_view arguments, std::uint16_t workers) = nullptr;
  // Checks the arguments before the driver sees them. Null: nothing to check.
  Status (*check)(std::string_view arguments) = nullptr;
  // Null if the general settings fit.
  void (*tune)(const rte_eth_dev_info& info, Tuning& tuning) = nullptr;
  // Returns a descriptor that is readable while the RX queue holds a packet, or -1. For drivers
  // without interrupts that get packets from the kernel. Null if there is none.
  int (*rx_event)(std::string_view arguments, std::uint16_t queue) = nullptr;
  // Called by the queue's worker while it sends nothing: retries packets that the kernel refused,
  // through the queue's descriptor, which rx_event() also returns. Null if the driver leaves no
  // packets behind.
  void (*retry)(int descriptor) = nullptr;
  KernelInterface interface = KernelInterface::kNone;
  // For kFarEnd: the driver's descriptor. It is writable while the interface is up, and broken when
  // the interface was deleted, whatever its name or namespace is. -1 if none is found.
  int (*far_end)(unsigned interface) = nullptr;
  // Has the kernel discard unsent packets of a kShared interface, so that they are not sent when
  // the link returns. Called while no worker sends. Null if the kernel keeps no packets.
  void (*discard_unsent)(unsigned interface) = nullptr;
  // A stopped device cannot be restarted: it is closed and opened anew.
  bool starts_once = false;
  // The driver's link interrupt comes late or not always.
  bool poor_link_interrupt = false;
  // Returns the source of loss counters, after the queues are set up. Null: rte_eth_stats has them.
  std::unique_ptr<LossSource> (*losses)(const rte_eth_dev_info& info,
                                        std::string_view arguments) = nullptr;
  // The number of RX and of TX queues that work, if the driver promises more. 0: its promise holds.
  std::uint16_t queues_max = 0;
  // The device needs the same number of RX and TX queues.
  bool pairs_queues = false;
  // Packet buffers that the device holds for each descriptor of an RX and of a TX ring. 0: frames
  // are copied in reception or transmission.
  std::uint8_t rx_buffers = 1;
  std::uint8_t tx_buffers = 1;
  // Received frames are written by the polling core, not by the device.
  bool writes_frames = false;
  // Tags always arrive as 802.1Q, whatever their protocol was.
  bool hides_tag_protocol = false;
};

// Each file of drivers/ defines one of these at namespace scope.
class Registration {
 public:
  explicit Registration(const Profile& profile);
};

// The profile for the name of a PMD or a vdev; the general profile if none is registered.
[[nodiscard]] const Profile& profile_of(std::string_view driver);

// Returns the value of a key in "key=value,key=value", or an empty string.
[[nodiscard]] std::string_view argument(std::string_view arguments, std::string_view key);
// Returns the arguments with "key=value" added, unless the key is already there.
[[nodiscard]] std::string with_argument(std::string_view arguments, std::string_view key,
                                        std::string_view value);
// Fails if there is no network interface of that name.
[[nodiscard]] Status check_interface(std::string_view name);

}  // namespace ringroad::port
