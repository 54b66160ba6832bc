// SPDX-License-Identifier: BSD-3-Clause
// Shared memory with another process on this machine: a traffic generator, or VPP.
#include <fmt/format.h>
#include <rte_interrupts.h>
#include <sys/mman.h>

#include <array>

#include "port/family.hpp"
#include "port/pollers.hpp"
#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_memif"};
void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

// Frames are copied in reception, unless zero-copy is configured.
constexpr Profile kProfile{.family = "memif",
                           .drivers = kDrivers,
                           .tune = tune,
                           .rx_buffers = 0,
                           .tx_buffers = 0,
                           .writes_frames = true};
const Registration kRegistration{kProfile};

constexpr std::array<std::string_view, 2> kYesNo{"yes", "no"};
// The last two are the names of the first two before DPDK 20.11, which are still accepted.
constexpr std::array<std::string_view, 4> kRoles{"server", "client", "master", "slave"};
constexpr std::array kArguments{
    Argument{.key = "id", .kind = Argument::Kind::kNumber, .least = 0, .most = 0xffff'ffff},
    Argument{.key = "role", .kind = Argument::Kind::kWord, .words = kRoles},
    Argument{.key = "bsize", .kind = Argument::Kind::kNumber, .least = 1, .most = 65535},
    // The base-2 logarithm of the ring's size.
    Argument{.key = "rsize", .kind = Argument::Kind::kNumber, .least = 1, .most = 14},
    Argument{.key = "socket", .kind = Argument::Kind::kPath},
    Argument{.key = "socket-abstract", .kind = Argument::Kind::kWord, .words = kYesNo},
    Argument{.key = "mac", .kind = Argument::Kind::kMac},
    Argument{.key = "zero-copy", .kind = Argument::Kind::kWord, .words = kYesNo},
    Argument{.key = "secret"}};

// The limits are those of rte_eth_memif.c: sun_path of unix(7), and ETH_MEMIF_SECRET_SIZE.
Status check_family(const Arguments& arguments, std::uint32_t /*room*/) {
  constexpr std::size_t kSocketMax = 107;
  constexpr std::size_t kSecretMax = 23;
  if (arguments.get("socket").size() > kSocketMax) {
    return fail(fmt::format("socket has {} bytes; it takes at most {}",
                            arguments.get("socket").size(), kSocketMax));
  }
  if (arguments.get("secret").size() > kSecretMax) {
    return fail(fmt::format("secret has {} bytes; it takes at most {}",
                            arguments.get("secret").size(), kSecretMax));
  }
  return {};
}

Claims claims(const Arguments& arguments) {
  const std::string_view role = arguments.get("role");
  const std::string_view socket = arguments.get("socket");
  return {fmt::format("memif {} as {} at {}", arguments.number("id", 0),
                      role == "server" || role == "master" ? "server" : "client",
                      socket.empty() ? "/run/memif.sock" : socket)};
}

constexpr Family kFamily{
    .driver = "net_memif", .arguments = kArguments, .check = check_family, .claims = claims};
const FamilyRegistration kFamilyRegistration{kFamily};

}  // namespace
}  // namespace ringroad::port

// memif_disconnect() runs in DPDK's interrupt thread when the other process leaves, while a worker
// may be using a ring: it marks the connection as closed, then unmaps the rings. Between the two,
// this function waits until all workers have noticed. The linker redirects the driver's munmap
// calls here (--wrap); that thread makes no others.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" int __real_munmap(void* address, std::size_t length);
extern "C" int __wrap_munmap(void* address, std::size_t length) {
  if (rte_thread_is_intr() != 0) {
    ringroad::port::wait_for_pollers();
  }
  return __real_munmap(address, length);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
