// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a configuration may say of a virtual device, by the driver of DPDK that makes it: known
// before DPDK runs, so that `ringroad check` refuses what the driver would. Each family is
// registered by its file in drivers/. Includes nothing of DPDK's.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace ringroad::port {

// One "key=value" that the driver takes.
struct Argument {
  enum class Kind : std::uint8_t { kText, kNumber, kWord, kMac, kInterface, kPath };
  std::string_view key;
  Kind kind = Kind::kText;
  std::uint64_t least = 0;  // of a number
  std::uint64_t most = 0;
  std::span<const std::string_view> words{};  // one of which it is
  bool needed = false;
  bool repeats = false;  // once for each queue
};

class Arguments {
 public:
  void add(std::string_view key, std::string_view value) { all_.emplace_back(key, value); }
  // Empty where it is not there.
  [[nodiscard]] std::string_view get(std::string_view key) const;
  [[nodiscard]] std::uint64_t number(std::string_view key, std::uint64_t otherwise) const;
  [[nodiscard]] bool has(std::string_view key) const { return !get(key).empty(); }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// What two ports cannot both have.
using Claims = std::vector<std::string>;

struct Family {
  std::string_view driver;  // "net_tap": its devices are net_tap0, net_tap1, ...
  std::span<const Argument> arguments{};
  std::size_t name_max = 32;  // of a device's name
  std::uint16_t mtu_max = 9710;
  // Packet buffers that each RX and each TX queue keeps: descriptors times the profile's number.
  std::uint32_t rx_buffers = 0;
  std::uint32_t tx_buffers = 0;
  // Where it depends on them. Null: it does not.
  std::uint64_t (*mtu_with)(const Arguments& arguments) = nullptr;
  // What single arguments do not show. `room` is what a packet buffer holds.
  Status (*check)(const Arguments& arguments, std::uint32_t room) = nullptr;
  Claims (*claims)(const Arguments& arguments) = nullptr;
};

// A file of drivers/ holds one of these at namespace scope.
class FamilyRegistration {
 public:
  explicit FamilyRegistration(const Family& family);
};

// That of a vdev's name, "net_tap0" or, by DPDK's older name for some, "eth_tap0"; null for none.
[[nodiscard]] const Family* family_of(std::string_view vdev);
// Their drivers, in the order of the alphabet.
[[nodiscard]] std::vector<std::string_view> family_drivers();

// Of the kernel's interface of that name; of the file at that path.
[[nodiscard]] std::string interface_claim(std::string_view name);
[[nodiscard]] std::string path_claim(std::string_view path);

// What a packet buffer holds of a frame where `mtu` is the largest of all ports.
[[nodiscard]] std::uint32_t frame_room(std::uint16_t mtu);

}  // namespace ringroad::port
