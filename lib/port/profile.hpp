#pragma once
// What is special about a family of DPDK poll-mode drivers. Each family is one file in drivers/
// that registers its profile; nothing else names a driver.
#include <rte_ethdev.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

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
  // Queues of either kind that work, where the driver promises more. 0: as it says.
  std::uint16_t queues_max = 0;
  // The driver's close loses buffers that its device still holds.
  bool keeps_buffers = false;
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
