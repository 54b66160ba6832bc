// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Device strings: which device DPDK should give to a port, and what its driver would refuse.
// Private to lib/config, except for resources_of().
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/value.hpp"
#include "port/family.hpp"

namespace ringroad::config {

// What a port with this device takes for itself: the device, and what its driver's arguments name.
// Two ports cannot take the same. The device string must be valid.
[[nodiscard]] std::vector<std::string> resources_of(const std::string& device);

struct Engine;
struct Port;

// The device strings of all ports, read in the order of the file.
class Devices {
 public:
  // Reports errors in the device string, and devices or resources that another port already uses.
  void read(const Value* value, const std::string& port, std::string& device);
  // Called when the port's MTU is known; `mtu` is its value in the file, null for the default.
  void check_mtu(const Value* mtu, const Port& port) const;
  // Called after the last port: checks what depends on the size of the packet buffers, which
  // follows from `mtu`, the largest MTU.
  void check_buffers(std::uint16_t mtu) const;
  // Checks whether the number of `buffers` is enough for this many ports with one queue each. With
  // more queues the router may need more, and reports this when it starts.
  void check_pool(const Value& buffers, const Engine& engine, std::size_t ports) const;

 private:
  struct Holder {
    std::string port;
    Position where;
  };
  struct Known {
    Value value;
    const port::Family* family;
    port::Arguments arguments;
  };

  void claim(const Value& value, const std::string& port, const std::string& what,
             std::string_view how);
  void read_vdev(const Value& value, const std::string& port, const std::string& text);

  std::size_t count_ = 0;
  std::map<std::string, Holder> holders_;
  std::map<std::string, Known> known_;  // by port name
};

}  // namespace ringroad::config
