// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The properties of a virtual device's driver that a configuration must respect. They are known
// before DPDK runs, so `ringroad check` refuses what the driver would refuse. Each family is
// registered by its file in drivers/. This header includes nothing from DPDK.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace ringroad::port {

// One "key=value" argument that the driver accepts.
struct Argument {
  enum class Kind : std::uint8_t { kText, kNumber, kWord, kMac, kInterface, kPath };
  std::string_view key;
  Kind kind = Kind::kText;
  std::uint64_t least = 0;  // for a number
  std::uint64_t most = 0;
  std::span<const std::string_view> words{};  // the possible values of a word
  bool needed = false;
  bool repeats = false;  // may occur once for each queue
};

class Arguments {
 public:
  void add(std::string_view key, std::string_view value) { all_.emplace_back(key, value); }
  // Returns an empty string if the key is not there.
  [[nodiscard]] std::string_view get(std::string_view key) const;
  [[nodiscard]] std::uint64_t number(std::string_view key, std::uint64_t otherwise) const;
  [[nodiscard]] bool has(std::string_view key) const { return !get(key).empty(); }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// Resources that two ports cannot share.
using Claims = std::vector<std::string>;

struct Family {
  std::string_view driver;  // "net_tap": its devices are net_tap0, net_tap1, ...
  std::span<const Argument> arguments{};
  std::size_t name_max = 32;  // longest device name
  std::uint16_t mtu_max = 9710;
  // Packet buffers that each RX and each TX queue holds: descriptors times the profile's number.
  std::uint32_t rx_buffers = 0;
  std::uint32_t tx_buffers = 0;
  // The largest MTU if it depends on the arguments. Null if it does not.
  std::uint64_t (*mtu_with)(const Arguments& arguments) = nullptr;
  // Checks that single arguments do not cover. `room` is the size of a packet buffer.
  Status (*check)(const Arguments& arguments, std::uint32_t room) = nullptr;
  Claims (*claims)(const Arguments& arguments) = nullptr;
};

// Each file of drivers/ defines one of these at namespace scope.
class FamilyRegistration {
 public:
  explicit FamilyRegistration(const Family& family);
};

// The family of a vdev's name, "net_tap0" or, by DPDK's older name of some drivers, "eth_tap0"; or
// null.
[[nodiscard]] const Family* family_of(std::string_view vdev);
// The drivers of all families, in alphabetical order.
[[nodiscard]] std::vector<std::string_view> family_drivers();

// The claim on the kernel interface of that name, and on the file at that path.
[[nodiscard]] std::string interface_claim(std::string_view name);
[[nodiscard]] std::string path_claim(std::string_view path);

// The bytes of a frame that a packet buffer holds if `mtu` is the largest of all ports.
[[nodiscard]] std::uint32_t frame_room(std::uint16_t mtu);

}  // namespace ringroad::port
