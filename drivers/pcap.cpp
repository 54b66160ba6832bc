// SPDX-License-Identifier: BSD-3-Clause
// Files of packets: a traffic generator that never pauses (infinite_rx=1), or a recording.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "port/family.hpp"
#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_pcap"};
void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{.family = "pcap",
                           .drivers = kDrivers,
                           .tune = tune,
                           .interface = KernelInterface::kShared,  // with iface=
                           .rx_buffers = 0,
                           .tx_buffers = 0,
                           .writes_frames = true};
const Registration kRegistration{kProfile};

constexpr std::array kArguments{
    Argument{.key = "rx_pcap", .kind = Argument::Kind::kPath, .repeats = true},
    Argument{.key = "tx_pcap", .kind = Argument::Kind::kPath, .repeats = true},
    Argument{.key = "rx_iface", .kind = Argument::Kind::kInterface, .repeats = true},
    Argument{.key = "rx_iface_in", .kind = Argument::Kind::kInterface, .repeats = true},
    Argument{.key = "tx_iface", .kind = Argument::Kind::kInterface, .repeats = true},
    Argument{.key = "iface", .kind = Argument::Kind::kInterface},
    Argument{.key = "phy_mac", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "infinite_rx", .kind = Argument::Kind::kNumber, .least = 0, .most = 1}};

// The formats of pcap-savefile(5), in either byte order and with microseconds or nanoseconds; and
// the first block of pcapng.
bool is_recording(const std::string& path) {
  std::array<unsigned char, 24> head{};
  std::ifstream file{path, std::ios::binary};
  if (!file.read(reinterpret_cast<char*>(head.data()), head.size())) {
    return false;
  }
  std::uint32_t magic = 0;
  std::memcpy(&magic, head.data(), sizeof magic);
  constexpr std::array kKnown{0xa1b2c3d4U, 0xa1b23c4dU, 0x0a0d0d0aU};
  return std::ranges::any_of(kKnown, [magic](std::uint32_t known) {
    return magic == known || magic == __builtin_bswap32(known);
  });
}

Status check_files(const Arguments& arguments) {
  for (const auto& [key, value] : arguments.all()) {
    const auto reason = [] { return std::error_code{errno, std::generic_category()}.message(); };
    if (key == "rx_pcap" && access(value.c_str(), R_OK) != 0) {
      return fail(fmt::format("cannot read {}: {}", value, reason()));
    }
    if (key == "rx_pcap" && !is_recording(value)) {
      return fail(fmt::format("{} is no file of packets as tcpdump writes them", value));
    }
    if (key == "tx_pcap") {
      const auto folder = std::filesystem::path{value}.parent_path();
      if (access(folder.empty() ? "." : folder.c_str(), W_OK) != 0) {
        return fail(fmt::format("cannot write {}: {}", value, reason()));
      }
    }
  }
  return {};
}

// The conditions of pcap_ethdev.c, pmd_pcap_probe(): arguments that the driver silently ignores are
// refused here.
Status check_family(const Arguments& arguments, std::uint32_t /*room*/) {
  const bool interface = arguments.has("iface");
  const bool rx =
      arguments.has("rx_pcap") || arguments.has("rx_iface") || arguments.has("rx_iface_in");
  const bool tx = arguments.has("tx_pcap") || arguments.has("tx_iface");
  if (!interface && !rx && !tx) {
    return fail(
        "says neither what it receives from nor what it sends to; write rx_pcap=FILE, "
        "tx_pcap=FILE or iface=NAME");
  }
  if (interface && (rx || tx)) {
    return fail("iface goes with no other source or destination");
  }
  if (arguments.has("infinite_rx") && !arguments.has("rx_pcap")) {
    return fail("infinite_rx goes with rx_pcap only");
  }
  return check_files(arguments);
}

Claims claims(const Arguments& arguments) {
  Claims claims;
  for (const auto& [key, value] : arguments.all()) {
    if (key == "tx_pcap") {
      claims.push_back(path_claim(value));
    } else if (key.find("iface") != std::string::npos) {
      claims.push_back(interface_claim(value));
    }
  }
  return claims;
}

constexpr Family kFamily{
    .driver = "net_pcap", .arguments = kArguments, .check = check_family, .claims = claims};
const FamilyRegistration kFamilyRegistration{kFamily};

}  // namespace
}  // namespace ringroad::port
