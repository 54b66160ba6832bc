// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// One reader a section of the file; each fills its part of a Config and reports to the Report that
// its Value carries. Private to lib/config.
#include <filesystem>
#include <string_view>
#include <vector>

#include "config/connected.hpp"
#include "config/model.hpp"
#include "config/value.hpp"

namespace ringroad::config {

// The scheduler that a port has unless it names another.
inline constexpr std::string_view kDefaultScheduler = "pfifo_fast";

// Names that ports may refer to, those of sections with problems included.
struct Names {
  std::vector<std::string> names;
  bool complete = true;  // false: the section was unreadable, more may have been meant
};

// `buffers`: the value that says how many there are, where one does.
[[nodiscard]] Engine read_engine(const Value& section, std::optional<Value>& buffers);
[[nodiscard]] std::vector<Scheduler> read_schedulers(const Value& section, Names& names);
// What ports refer to and fill.
struct PortContext {
  const Names& schedulers;
  ArpTimers timers;  // of ports that have none of their own
  Names& names;
  Connected& connected;
  const Engine& engine;
  std::optional<Value> buffers{};  // where the file says how many
};
[[nodiscard]] std::vector<Port> read_ports(const Value& section, PortContext& context);
// Appends sub-interfaces to the ports.
void read_vlans(const Value& section, PortContext& context, std::vector<Port>& ports);
[[nodiscard]] std::vector<RouteTable> read_tables(const Value& section);
// The number of one of them, or of a table that every router has.
[[nodiscard]] std::optional<std::uint8_t> read_table(const Value* value,
                                                     const std::vector<RouteTable>& tables);
// The config has its tables by now. `folder`: where relative route files are.
void read_routes(const Value& section, const Names& ports, const Connected& connected,
                 const std::filesystem::path& folder, Config& config);
[[nodiscard]] std::vector<StaticNeighbor> read_neighbors(const Value& section, const Names& ports);
[[nodiscard]] Arp read_arp(const Value& section);
[[nodiscard]] ArpTimers read_arp_timers(const Value& section, const ArpTimers& defaults);
[[nodiscard]] Icmp read_icmp(const Value& section);
[[nodiscard]] Ecmp read_ecmp(const Value& section);

// Reports a name that is not among them; `what` is "port" or "scheduler".
bool check_reference(const Value& value, std::string_view name, std::string_view what,
                     const Names& names);

}  // namespace ringroad::config
