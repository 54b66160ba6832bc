// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Device strings: which device DPDK is to give a port, and what its driver would refuse. Private to
// lib/config.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/value.hpp"
#include "port/family.hpp"

namespace ringroad::config {

struct Engine;
struct Port;

// The device strings of all ports, read in the order of the file.
class Devices {
 public:
  // Reports what is wrong with it, and what another port has already.
  void read(const Value* value, const std::string& port, std::string& device);
  // After the port's MTU is known; `mtu` is the value that says it, null for the default.
  void check_mtu(const Value* mtu, const Port& port) const;
  // After the last port: what depends on the size of the packet buffers, which `mtu`, the largest,
  // decides.
  void check_buffers(std::uint16_t mtu) const;
  // Whether `buffers`, which says how many there are, are enough for so many ports with one queue
  // each. With more queues a router may need more, and says so as it starts.
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
  std::map<std::string, Known> known_;  // by the port's name
};

}  // namespace ringroad::config
