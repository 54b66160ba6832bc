// SPDX-License-Identifier: BSD-3-Clause
// `ringroad run` must start what `ringroad check` accepts. Random configurations over virtual
// devices, valid and invalid, pass through the parser and the router's set-up.
#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_version.h>

#include <random>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "control/router.hpp"
#include "expect.hpp"
#include "port/family.hpp"
#include "random_configs.hpp"
#include "routing/route_file.hpp"

// g++ 12 wrongly reports that a string overlaps with one that is moved (its bug 105651).
#pragma GCC diagnostic ignored "-Wrestrict"

namespace ringroad::test {
namespace {

// DPDK keeps closed virtual devices, so they are removed.
void remove_devices(const config::Config& config) {
  for (const config::Port& port : config.ports) {
    if (!port.device.empty()) {
      static_cast<void>(
          rte_eal_hotplug_remove("vdev", port.device.substr(0, port.device.find(',')).c_str()));
    }
  }
}

// Some drivers leave state behind that a device of the same name would find, so each device gets a
// new name.
void give_new_names(config::Config& config) {
  static unsigned serial = 0;
  for (config::Port& port : config.ports) {
    const std::size_t end = std::min(port.device.find(','), port.device.size());
    const std::size_t begin = port.device.find_first_of("0123456789");
    if (begin < end) {
      port.device.replace(begin, end - begin, std::to_string(serial++));
    }
  }
}

// Faults that the parser cannot know of: the number of queues of a device, each of which holds
// buffers, and that two files contain the same prefix.
bool is_of_the_machine(const config::Fault& fault) {
  return (fault.at == config::Fault::At::kBuffers && fault.what.contains("are too few")) ||
         (fault.at == config::Fault::At::kRouteFile && fault.what.contains("exists already"));
}

// Returns an empty text if the parser and the router agree.
std::string disagreement(const std::string& yaml, std::size_t& accepted) {
  auto config = config::parse(yaml, "test.yaml");
  if (!config) {
    for (const config::Problem& problem : config.error()) {
      if (problem.line < 1 || problem.column < 1 || problem.what.empty()) {
        return "refused without a place: " + problem.to_string();
      }
    }
    return "";
  }
  // `ringroad check` then reads the files of routes too.
  if (std::ranges::any_of(config->route_files, [](const config::RouteFile& file) {
        return !routing::read_route_file(file).error.empty();
      })) {
    return "";
  }
  ++accepted;
  if (config::parse(config::to_yaml(*config), "written.yaml") != *config) {
    return "written and read again it is another";
  }
  give_new_names(*config);
  const Clock clock{Clock::Manual{}};
  std::string fault;
  {
    auto router = control::Router::open(*config, clock);
    if (!router) {
      fault = is_of_the_machine(router.error()) ? "" : "accepted, but: " + router.error().what;
    } else if (const Status status = (*router)->shut_down(); !status) {
      fault = "started, but: " + status.error().what;
    }
  }
  remove_devices(*config);
  return fault;
}

// Returns the number of accepted configurations.
std::size_t compare(unsigned count, unsigned first_seed) {
  const InputFolder folder;
  const Network network;
  std::size_t accepted = 0;
  std::size_t faults = 0;
  for (unsigned seed = first_seed; seed < first_seed + count; ++seed) {
    const std::string yaml = Generator{seed, folder, network.exists()}.yaml();
    const std::string fault = disagreement(yaml, accepted);
    if (!fault.empty()) {
      UNSCOPED_INFO("seed " << seed << ": " << fault << "\n" << yaml);
      if (++faults == 20) {
        break;
      }
    }
  }
  CHECK(faults == 0);
  CHECK(accepted < count);
  WARN(accepted << " of " << count << " accepted and started");
  return accepted;
}

// Starts a router with one such port. Returns the fault, or an empty text if it starts.
std::string fault_with(const std::string& device, std::uint16_t mtu) {
  config::Config config;
  config.engine.memory.buffers = 1023;
  config.ports = {
      {.name = "p", .device = device, .addresses = {}, .mtu = mtu, .queues = {}, .scheduler = ""}};
  const Clock clock{Clock::Manual{}};
  std::string fault;
  if (auto router = control::Router::open(config, clock); !router) {
    fault = router.error().what;
  }
  remove_devices(config);
  return fault;
}

}  // namespace

TEST_CASE("a family's largest MTU is what its driver takes at most") {
  const InputFolder folder;
  const Network network;
  std::vector<std::string> devices{
      "net_null0", "net_ring0", "net_pcap0,rx_pcap=" + (folder / "empty.pcap"),
      "net_memif0,role=server,socket-abstract=no,socket=" + (folder / "m")};
  if (network.exists()) {
    devices.insert(devices.end(), {"net_tap0,iface=t0", "net_af_packet0,iface=i0"});
  }
  for (const std::string& device : devices) {
    INFO(device);
    const port::Family* const family = port::family_of(device.substr(0, device.find(',')));
    REQUIRE(family != nullptr);
    const auto starts = [&](std::uint16_t mtu) {
      const std::string fault = fault_with(device, mtu);
      UNSCOPED_INFO(fault);
      return fault.empty();
    };
    CHECK(starts(config::kMtuMin));
    CHECK(starts(family->mtu_max));
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
    // Later versions accept larger MTUs for some devices.
    if (family->mtu_max < config::kMtuMax) {
      CHECK_FALSE(starts(static_cast<std::uint16_t>(family->mtu_max + 1)));
    }
#endif
  }
}

TEST_CASE("what the reader accepts of random configurations, the router starts") {
  // Neither valid nor invalid ones are rare. Compilers draw in different orders: 103 with g++, 95
  // with clang.
  CHECK(compare(400, 1) > 400 / 5);
}

// Not more in one process, because the EAL keeps memory for every device that ever existed.
TEST_CASE("two thousand other random configurations", "[.long]") {
  const unsigned first_seed = std::random_device{}() / 2;
  WARN("from seed " << first_seed);
  CHECK(compare(2'000, first_seed) > 2'000 / 5);
}

}  // namespace ringroad::test
