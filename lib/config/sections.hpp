// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// One reader for each section of the file; each fills its part of a Config and adds problems to the
// Report of its Value. Private to lib/config.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "config/connected.hpp"
#include "config/model.hpp"
#include "config/value.hpp"

namespace ringroad::config {

// The scheduler of a port that does not name another.
inline constexpr std::string_view kDefaultScheduler = "pfifo_fast";

// Names that ports may refer to, including those of sections with problems.
struct Names {
  std::vector<std::string> names;
  bool complete = true;  // false if the section was unreadable and may have had more names
};

// `buffers` receives the value with the number of packet buffers, if the file has one.
[[nodiscard]] Engine read_engine(const Value& section, std::optional<Value>& buffers);
[[nodiscard]] std::vector<Scheduler> read_schedulers(const Value& section, Names& names);
// Objects that the readers of ports refer to and fill.
struct PortContext {
  const Names& schedulers;
  ArpTimers timers;     // of ports without their own
  ArpTimers nd_timers;  // the same for IPv6
  Names& names;
  Connected& connected;
  const Engine& engine;
  std::optional<Value> buffers{};  // if the file gives their number
};
[[nodiscard]] std::vector<Port> read_ports(const Value& section, PortContext& context);
// Appends sub-interfaces to the ports.
void read_vlans(const Value& section, PortContext& context, std::vector<Port>& ports);
[[nodiscard]] std::vector<RouteTable> read_tables(const Value& section);
// Returns the number of one of these tables, or of a predefined table.
[[nodiscard]] std::optional<std::uint8_t> read_table(const Value* value,
                                                     const std::vector<RouteTable>& tables);
// A route has at most so many next hops.
inline constexpr std::size_t kNextHopsMax = 256;
inline constexpr std::uint32_t kMetricMax = 0xffffffff;
// Reads an item that names a file of routes. `add` reads one gateway and adds it to those of its
// family. `folder`: where relative paths start.
using AddFileGateway = std::function<void(const Value&, RouteFile&)>;
void read_route_file(const Fields& fields, const std::filesystem::path& folder,
                     const AddFileGateway& add, Config& config);
// The ports and tables of the config must already be set. `folder`: where relative paths of route
// files start.
void read_routes(const Value& section, const Names& ports, const Connected& connected,
                 const std::filesystem::path& folder, Config& config);
// The ports of the config must already be set.
void read_neighbors(const Value& section, const Names& ports, const Connected& connected,
                    Config& config);
[[nodiscard]] Arp read_arp(const Value& section);
[[nodiscard]] ArpTimers read_arp_timers(const Value& section, const ArpTimers& defaults);
[[nodiscard]] Nd read_nd(const Value& section);
[[nodiscard]] ArpTimers read_nd_timers(const Value& section, const ArpTimers& defaults);
[[nodiscard]] RouterAdvertisements read_router_advertisements(const Value& section);
[[nodiscard]] Icmp read_icmp(const Value& section);
[[nodiscard]] Ecmp read_ecmp(const Value& section);
// `folder`: where a relative path of the ruleset starts.
[[nodiscard]] Firewall read_firewall(const Value& section, const std::filesystem::path& folder);

// Reports a name that is not in `names`; `what` is "port" or "scheduler".
bool check_reference(const Value& value, std::string_view name, std::string_view what,
                     const Names& names);

}  // namespace ringroad::config
