// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The typed, validated configuration: what a YAML file says, with every default filled in.
// Plain values; anything here may be copied and read by any thread. Keys and defaults:
// config/README.md.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/enums.hpp"
#include "base/ipv4.hpp"
#include "base/mac.hpp"
#include "base/units.hpp"

namespace ringroad::config {

enum class HugePages : std::uint8_t { kAuto, kOn, kOff };

struct Memory {
  HugePages hugepages = HugePages::kAuto;
  Bytes size{512ULL << 20U};
  std::uint32_t buffers = 65536;  // packet buffers, all ports together

  friend bool operator==(const Memory&, const Memory&) = default;
};

struct Engine {
  std::vector<unsigned> workers{1};  // cores, one worker each
  unsigned control = 0;              // core of the control thread
  Memory memory;
  IdleMode idle = IdleMode::kPoll;
  std::string socket = "/run/ringroad/ringroad.sock";

  friend bool operator==(const Engine&, const Engine&) = default;
};

inline constexpr std::size_t kPriorities = 16;
inline constexpr std::uint8_t kBandsMax = 16;

inline constexpr std::size_t kDscps = 64;  // RFC 2474: six bits

// pfifo and pfifo_fast are Linux's; prio serves its bands in strict order, drr those after the
// first `strict` ones by deficit round robin.
enum class Discipline : std::uint8_t { kPfifoFast, kPfifo, kPrio, kDrr };

struct SchedulerBand {
  // None: what the scheduler says for every band.
  std::optional<std::uint32_t> limit{};
  std::optional<Bytes> limit_bytes{};
  std::optional<Bytes> burst{};
  // tc-htb's: the rate is this band's before lower ones have anything, the ceil what it may reach
  // when there is spare. A band with a rate has a ceil too.
  std::optional<BitsPerSecond> rate{};
  std::optional<BitsPerSecond> ceil{};
  std::uint8_t weight = 1;  // against other bands that are not strict
  Aqm aqm = Aqm::kNone;
  Nanoseconds target = std::chrono::milliseconds{5};
  Nanoseconds interval = std::chrono::milliseconds{100};
  bool ecn = false;  // packets that can be are marked, not dropped
  std::uint32_t flows = 1024;
  Bytes quantum{1514};  // of a flow's turn

  friend bool operator==(const SchedulerBand&, const SchedulerBand&) = default;
};

struct Scheduler {
  std::string name = "pfifo_fast";
  Discipline discipline = Discipline::kPfifoFast;
  std::uint8_t bands = 3;
  std::uint8_t strict = 0;  // of drr: how many bands go before all others
  // Linux's sch_generic prio2band: index is the packet's priority & 15.
  std::array<std::uint8_t, kPriorities> priomap{1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
  // Bands of packets by their DSCP; none: by their priority.
  std::array<std::optional<std::uint8_t>, kDscps> dscp{};
  std::uint32_t limit = 1000;           // packets a band
  std::optional<Bytes> limit_bytes{};   // a band
  std::optional<BitsPerSecond> rate{};  // none: not shaped
  Bytes burst{64ULL << 10U};            // of the shaper
  std::uint16_t overhead = 0;           // bytes that every packet counts more, for every rate
  bool byte_limits = true;              // the device's queue is kept short (Linux's BQL)
  std::array<SchedulerBand, kBandsMax> each{};

  friend bool operator==(const Scheduler&, const Scheduler&) = default;
};

// Linux's net.ipv4.neigh.default.* timers and counts; same names, same defaults.
struct ArpTimers {
  Nanoseconds base_reachable = std::chrono::seconds{30};
  Nanoseconds retransmit = std::chrono::seconds{1};
  Nanoseconds delay_first_probe = std::chrono::seconds{5};
  Nanoseconds gc_stale = std::chrono::seconds{60};
  Nanoseconds locktime = std::chrono::seconds{1};
  std::uint32_t unicast_probes = 3;
  std::uint32_t multicast_probes = 3;

  friend bool operator==(const ArpTimers&, const ArpTimers&) = default;
};

// Linux's rp_filter 0, 2 and 1 (RFC 3704).
enum class ReversePath : std::uint8_t { kOff, kLoose, kStrict };

// IEEE 802.1Q and 802.1ad: the EtherType of the tag.
enum class VlanProtocol : std::uint16_t { k8021Q = 0x8100, k8021ad = 0x88a8 };

// What makes a port a sub-interface of another: frames with this tag on that link are its own.
struct Vlan {
  std::string link;  // a port's name, or that of another sub-interface, whose tag is outside
  std::uint16_t id = 0;
  VlanProtocol protocol = VlanProtocol::k8021Q;
  // Linux's ingress-qos-map and egress-qos-map: priority of a PCP, where one is given; PCP of a
  // priority.
  std::array<std::optional<std::uint8_t>, 8> ingress_qos{};
  std::array<std::uint8_t, kPriorities> egress_qos{};

  friend bool operator==(const Vlan&, const Vlan&) = default;
};

// Of a port: RFC 791 3.2 asks for 68; 9710 is ixgbe's largest frame less the Ethernet header and
// checksum.
inline constexpr std::uint16_t kMtuMin = 68;
inline constexpr std::uint16_t kMtuMax = 9710;

struct Port {
  std::string name;
  std::string device;  // PCI address or DPDK vdev string; empty for a sub-interface
  std::vector<InterfaceAddress> addresses;
  std::uint16_t mtu = 1500;
  std::optional<Mac> mac{};             // none: the device's own
  std::optional<std::uint16_t> queues;  // RX queues; none: one a worker, as far as the device has
  // Where it has fewer queues than there are workers, its flows are handed on to all of them.
  bool spread = false;
  std::string scheduler;  // name of a Scheduler; empty: pfifo_fast
  std::optional<Vlan> vlan{};
  ReversePath rp_filter = ReversePath::kOff;
  bool forwarding = true;          // what comes in here may go on elsewhere
  bool send_redirects = true;      // ICMP redirects (RFC 1812 5.2.7.2)
  bool dad = false;                // addresses are probed for before use (RFC 5227)
  std::optional<ArpTimers> arp{};  // none: those of all ports

  friend bool operator==(const Port&, const Port&) = default;
};

struct NextHop {
  std::optional<Ipv4> via{};  // none: the destinations themselves are on the port's link
  std::uint16_t weight = 1;
  std::string port{};      // empty: whichever has the gateway's subnet
  bool on_link = false;    // `via` is on that port's link, though no subnet holds it
  bool recursive = false;  // `via` may be one that no route leads to now

  friend bool operator==(const NextHop&, const NextHop&) = default;
};

// Linux's numbers: 255 is local, the router's own; 1 to 252 have names of their own.
inline constexpr std::uint8_t kMainTable = 254;
inline constexpr std::uint8_t kDefaultTable = 253;

struct RouteTable {
  std::string name;
  std::uint8_t number = 0;

  friend bool operator==(const RouteTable&, const RouteTable&) = default;
};

struct Route {
  Prefix4 to;
  RouteType type = RouteType::kUnicast;
  std::vector<NextHop> next_hops;  // empty unless unicast
  std::uint32_t metric = 0;
  std::uint8_t table = kMainTable;
  std::optional<Ipv4> source{};  // for the router's own packets; none: the port's address

  friend bool operator==(const Route&, const Route&) = default;
};

// A file of prefixes, one a line, plain or .gz; each goes to one of `via`, chosen by hash.
struct RouteFile {
  std::string path;  // a relative one is taken from the configuration file's folder
  std::vector<Ipv4> via;
  std::uint32_t metric = 0;
  std::uint8_t table = kMainTable;
  bool keep_going = false;  // lines that are no prefix are passed over and counted

  friend bool operator==(const RouteFile&, const RouteFile&) = default;
};

struct StaticNeighbor {
  Ipv4 address;
  std::string port;
  Mac mac;

  friend bool operator==(const StaticNeighbor&, const StaticNeighbor&) = default;
};

struct Arp {
  ArpTimers timers;  // of ports that have none of their own
  std::array<std::uint32_t, 3> gc_thresh{128, 512, 1024};
  Bytes queue_bytes{212992};  // a neighbor's waiting packets
  // Linux's arp_notify, there off: the router's addresses are announced when they come, and when
  // their port gets a link.
  bool notify = true;

  friend bool operator==(const Arp&, const Arp&) = default;
};

// Linux's icmp_msgs_per_sec, icmp_msgs_burst and icmp_ratelimit; 0 lifts a limit.
struct Icmp {
  std::uint32_t rate = 1000;
  std::uint32_t burst = 50;
  Nanoseconds per_destination = std::chrono::seconds{1};

  friend bool operator==(const Icmp&, const Icmp&) = default;
};

// How flows are spread over the next hops of a route that has several.
struct Ecmp {
  FlowHashPolicy hash = FlowHashPolicy::kL3;
  std::uint32_t seed = 0;  // Linux's fib_multipath_hash_seed; 0: drawn at random at each start

  friend bool operator==(const Ecmp&, const Ecmp&) = default;
};

struct Config {
  Engine engine;
  // In the order of the file, sub-interfaces after all ports: InterfaceId is the index.
  std::vector<Port> ports;
  std::vector<RouteTable> tables;
  std::vector<Route> routes;
  std::vector<RouteFile> route_files;
  std::vector<StaticNeighbor> neighbors;
  std::vector<Scheduler> schedulers;
  Arp arp;
  Icmp icmp;
  Ecmp ecmp;

  // The port's scheduler; the default one where the port names none.
  [[nodiscard]] Scheduler scheduler_of(const Port& port) const;
  // Ports that are devices: the first so many.
  [[nodiscard]] std::size_t devices() const;

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace ringroad::config
