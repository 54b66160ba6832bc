// SPDX-License-Identifier: BSD-3-Clause
#include "tap/pcapng.hpp"

#include <array>
#include <cstring>
#include <type_traits>

namespace ringroad::tap::pcapng {
namespace {

// Block types and option codes, by the names of the draft.
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kInterfaceStatistics = 5;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint16_t kLinkTypeEthernet = 1;
constexpr std::uint16_t kOptEnd = 0;
constexpr std::uint16_t kOptComment = 1;
constexpr std::uint16_t kShbUserApplication = 4;
constexpr std::uint16_t kIfName = 2;
constexpr std::uint16_t kIfDescription = 3;
constexpr std::uint16_t kIfMac = 6;
constexpr std::uint16_t kIfSpeed = 8;
constexpr std::uint16_t kIfTsResolution = 9;
constexpr std::uint16_t kIfFilter = 11;
constexpr std::uint16_t kEpbFlags = 2;
constexpr std::uint16_t kIsbStart = 2;
constexpr std::uint16_t kIsbEnd = 3;
constexpr std::uint16_t kIsbReceived = 4;
constexpr std::uint16_t kIsbDeviceLost = 5;
constexpr std::uint16_t kIsbAccepted = 6;
constexpr std::uint16_t kIsbCaptureLost = 7;
constexpr char kNanoseconds = 9;  // the stamps' resolution: 10^-9 s
constexpr char kFilterIsText = 0;
constexpr std::size_t kOptionMax = 65535;

template <class T>
void put(std::string& to, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::array<char, sizeof value> octets;
  std::memcpy(octets.data(), &value, sizeof value);
  to.append(octets.data(), octets.size());
}

void pad(std::string& to, std::size_t length) { to.append((4 - length % 4) % 4, '\0'); }

void put_option(std::string& to, std::uint16_t code, std::string_view value) {
  value = value.substr(0, kOptionMax);
  put(to, code);
  put(to, static_cast<std::uint16_t>(value.size()));
  to += value;
  pad(to, value.size());
}

template <class T>
void put_number(std::string& to, std::uint16_t code, T value) {
  put(to, code);
  put(to, static_cast<std::uint16_t>(sizeof value));
  put(to, value);
}

// A stamp is two words, the higher first, in either byte order.
void put_stamp(std::string& to, std::uint64_t nanoseconds) {
  put(to, static_cast<std::uint32_t>(nanoseconds >> 32U));
  put(to, static_cast<std::uint32_t>(nanoseconds));
}

void put_stamp_option(std::string& to, std::uint16_t code, std::uint64_t nanoseconds) {
  put(to, code);
  put(to, std::uint16_t{sizeof nanoseconds});
  put_stamp(to, nanoseconds);
}

// A block begins and ends with its length.
class Block {
 public:
  Block(std::string& to, std::uint32_t type) : to_{to}, begin_{to.size()} {
    put(to, type);
    put(to, std::uint32_t{0});
  }
  void finish() {
    const auto length = static_cast<std::uint32_t>(to_.size() - begin_ + sizeof(std::uint32_t));
    std::memcpy(to_.data() + begin_ + sizeof(std::uint32_t), &length, sizeof length);
    put(to_, length);
  }

 private:
  std::string& to_;
  std::size_t begin_;
};

void end_options(std::string& to) { put_option(to, kOptEnd, {}); }

}  // namespace

void append_section(std::string& to, std::string_view application) {
  Block block{to, kSectionHeader};
  put(to, kByteOrderMagic);
  put(to, std::uint16_t{1});   // major version
  put(to, std::uint16_t{0});   // minor version
  put(to, ~std::uint64_t{0});  // the section's length is not known
  put_option(to, kShbUserApplication, application);
  end_options(to);
  block.finish();
}

void append(std::string& to, const InterfaceBlock& block) {
  Block outer{to, kInterfaceDescription};
  put(to, kLinkTypeEthernet);
  put(to, std::uint16_t{0});
  put(to, block.snap_bytes);
  put_option(to, kIfName, block.name);
  if (!block.device.empty()) {
    put_option(to, kIfDescription, block.device);
  }
  const auto& mac = block.mac.octets;
  put_option(to, kIfMac, {reinterpret_cast<const char*>(mac.data()), mac.size()});
  if (block.bits_per_second != 0) {
    put_number(to, kIfSpeed, block.bits_per_second);
  }
  put_option(to, kIfTsResolution, {&kNanoseconds, 1});
  if (!block.filter.empty()) {
    std::string text;
    text += kFilterIsText;
    text += block.filter;
    put_option(to, kIfFilter, text);
  }
  end_options(to);
  outer.finish();
}

void append(std::string& to, const PacketBlock& block) {
  Block outer{to, kEnhancedPacket};
  put(to, block.interface);
  put_stamp(to, block.nanoseconds);
  put(to, static_cast<std::uint32_t>(block.octets.size()));
  put(to, block.length);
  to.append(reinterpret_cast<const char*>(block.octets.data()), block.octets.size());
  pad(to, block.octets.size());
  if (!block.comment.empty()) {
    put_option(to, kOptComment, block.comment);
  }
  if (block.direction != Direction::kUnknown) {
    put_number(to, kEpbFlags, static_cast<std::uint32_t>(block.direction));
  }
  end_options(to);
  outer.finish();
}

void append(std::string& to, const StatisticsBlock& block) {
  Block outer{to, kInterfaceStatistics};
  put(to, block.interface);
  put_stamp(to, block.nanoseconds);
  put_stamp_option(to, kIsbStart, block.start);
  put_stamp_option(to, kIsbEnd, block.nanoseconds);
  put_number(to, kIsbReceived, block.received);
  put_number(to, kIsbDeviceLost, block.device_lost);
  put_number(to, kIsbAccepted, block.accepted);
  put_number(to, kIsbCaptureLost, block.capture_lost);
  end_options(to);
  outer.finish();
}

}  // namespace ringroad::tap::pcapng
