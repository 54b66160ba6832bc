// SPDX-License-Identifier: BSD-3-Clause
#include "port/probe.hpp"

#include <fmt/format.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "port/profile.hpp"

namespace ringroad::port {

bool is_pci_address(const std::string& device) {
  return device.find(':') != std::string::npos && device.find(',') == std::string::npos &&
         !device.starts_with("net_");
}

Result<std::uint16_t> probe_pci(const std::string& device) {
  const std::string address = std::ranges::count(device, ':') == 1 ? "0000:" + device : device;
  std::uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(address.c_str(), &id) == 0) {
    return id;
  }
  const auto sysfs = std::filesystem::path{"/sys/bus/pci/devices"} / address;
  std::error_code ignored;
  if (!std::filesystem::exists(sysfs, ignored)) {
    return fail(fmt::format("there is no PCI device {}; see: ringroad-bind status", address));
  }
  // A device that was not there at the start, or not configured.
  if (rte_eal_has_pci() != 0 && rte_eal_hotplug_add("pci", address.c_str(), "") == 0 &&
      rte_eth_dev_get_port_by_name(address.c_str(), &id) == 0) {
    return id;
  }
  const auto driver = std::filesystem::read_symlink(sysfs / "driver", ignored).filename().string();
  return fail(
      fmt::format("PCI device {} is bound to {}; bind it to vfio-pci first: "
                  "ringroad-bind bind {}",
                  address, driver.empty() ? "no driver" : driver, address));
}

Result<std::uint16_t> probe_vdev(const std::string& device, std::uint16_t workers) {
  const auto comma = device.find(',');
  const std::string name = device.substr(0, comma);
  std::string arguments = comma == std::string::npos ? "" : device.substr(comma + 1);
  std::uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(name.c_str(), &id) == 0) {
    return id;
  }
  const Profile& profile = profile_of(name);
  if (profile.check != nullptr) {
    if (const Status status = profile.check(arguments); !status) {
      return std::unexpected{status.error()};
    }
  }
  if (profile.arguments != nullptr) {
    arguments = profile.arguments(arguments, workers);
  }
  if (const int error = rte_eal_hotplug_add("vdev", name.c_str(), arguments.c_str()); error != 0) {
    // The vdev bus returns EFAULT if no driver matches the name.
    return fail(
        error == -EFAULT
            ? fmt::format("DPDK has no driver for '{}'; is it spelled as DPDK spells it?", name)
            : fmt::format("its driver refused it: {}; see what it printed above",
                          rte_strerror(-error)));
  }
  if (rte_eth_dev_get_port_by_name(name.c_str(), &id) != 0) {
    return fail(
        fmt::format("no driver of DPDK made an Ethernet port of it; is '{}' spelled "
                    "as DPDK spells it?",
                    name));
  }
  return id;
}

}  // namespace ringroad::port
