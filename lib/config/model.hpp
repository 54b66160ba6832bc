// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The typed and validated configuration: the content of a YAML file, with every default filled in.
// These are plain values; any thread may copy and read them. Keys and defaults: config/README.md.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/enums.hpp"
#include "base/gateway.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/mac.hpp"
#include "base/units.hpp"
#include "nft/model.hpp"

namespace ringroad::config {

enum class HugePages : std::uint8_t { kAuto, kOn, kOff };

struct Memory {
  HugePages hugepages = HugePages::kAuto;
  Bytes size{512ULL << 20U};
  std::uint32_t buffers = 65536;  // packet buffers, all ports together

  friend bool operator==(const Memory&, const Memory&) = default;
};

// Where metrics, the page and the answers of `show` are served over HTTP.
struct Http {
  std::string address;  // IPv4, or IPv6 without brackets
  std::uint16_t port = 0;

  friend bool operator==(const Http&, const Http&) = default;
};
// Returns "127.0.0.1:9411" or "[::1]:9411".
[[nodiscard]] std::string to_string(const Http& http);

struct Engine {
  std::vector<unsigned> workers{1};  // cores, one for each worker
  unsigned control = 0;              // core of the control thread
  Memory memory;
  IdleMode idle = IdleMode::kPoll;
  std::string socket = "/run/ringroad/ringroad.sock";
  std::optional<Http> http{};  // none: nothing is served

  friend bool operator==(const Engine&, const Engine&) = default;
};

inline constexpr std::size_t kPriorities = 16;
inline constexpr std::uint8_t kBandsMax = 16;

inline constexpr std::size_t kDscps = 64;  // RFC 2474: six bits

// pfifo and pfifo_fast are Linux's; prio serves its bands in strict order, drr serves the bands
// after the first `strict` ones by deficit round robin.
enum class Discipline : std::uint8_t { kPfifoFast, kPfifo, kPrio, kDrr };

struct SchedulerBand {
  // If empty, the scheduler's value for all bands applies.
  std::optional<std::uint32_t> limit{};
  std::optional<Bytes> limit_bytes{};
  std::optional<Bytes> burst{};
  // As in tc-htb: the rate is reserved for this band before lower bands are served, and the ceiling
  // is the most it may use of spare capacity. A band with a rate also has a ceiling.
  std::optional<BitsPerSecond> rate{};
  std::optional<BitsPerSecond> ceil{};
  std::uint8_t weight = 1;  // relative to other bands that are not strict
  Aqm aqm = Aqm::kNone;
  Nanoseconds target = std::chrono::milliseconds{5};
  Nanoseconds interval = std::chrono::milliseconds{100};
  bool ecn = false;  // packets that support it are marked, not dropped
  std::uint32_t flows = 1024;
  Bytes quantum{1514};  // in a flow's turn

  friend bool operator==(const SchedulerBand&, const SchedulerBand&) = default;
};

struct Scheduler {
  std::string name = "pfifo_fast";
  Discipline discipline = Discipline::kPfifoFast;
  std::uint8_t bands = 3;
  std::uint8_t strict = 0;  // for drr: the number of bands that are served before all others
  // Linux's sch_generic prio2band: index is the packet's priority & 15.
  std::array<std::uint8_t, kPriorities> priomap{1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
  // The band of each DSCP; if empty, the priority determines the band.
  std::array<std::optional<std::uint8_t>, kDscps> dscp{};
  std::uint32_t limit = 1000;           // packets in a band
  std::optional<Bytes> limit_bytes{};   // bytes in a band
  std::optional<BitsPerSecond> rate{};  // if empty, not shaped
  Bytes burst{64ULL << 10U};            // of the shaper
  std::uint16_t overhead = 0;           // additional bytes that each packet costs, for every rate
  bool byte_limits = true;              // limits the bytes in the device's queue (Linux's BQL)
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

// The tag that makes a port a sub-interface of another: frames with this tag on that link belong to
// it.
struct Vlan {
  std::string link;  // name of a port, or of another sub-interface with the outer tag
  std::uint16_t id = 0;
  VlanProtocol protocol = VlanProtocol::k8021Q;
  // Linux's ingress-qos-map and egress-qos-map: the priority of each PCP, if given, and the PCP of
  // each priority.
  std::array<std::optional<std::uint8_t>, 8> ingress_qos{};
  std::array<std::uint8_t, kPriorities> egress_qos{};

  friend bool operator==(const Vlan&, const Vlan&) = default;
};

// Limits of a port's MTU: RFC 791 3.2 requires 68; 9710 is ixgbe's largest frame without Ethernet
// header and FCS.
inline constexpr std::uint16_t kMtuMin = 68;
inline constexpr std::uint16_t kMtuMax = 9710;

// RFC 8200 5: a port that runs IPv6 has at least this MTU.
inline constexpr std::uint16_t kMtuMin6 = 1280;

enum class RouterPreference : std::uint8_t { kLow, kMedium, kHigh };  // RFC 4191 2.1

// What a port's router advertisements say; the defaults are those of RFC 4861 6.2.1.
struct RouterAdvertisements {
  struct AdvertisedPrefix {
    Prefix6 prefix;
    Nanoseconds valid = std::chrono::days{30};
    Nanoseconds preferred = std::chrono::days{7};
    bool on_link = true;
    bool autonomous = true;  // hosts make addresses from it (RFC 4862)

    friend bool operator==(const AdvertisedPrefix&, const AdvertisedPrefix&) = default;
  };
  // RFC 4191 2.3.
  struct AdvertisedRoute {
    Prefix6 prefix;
    Nanoseconds lifetime = std::chrono::minutes{30};
    RouterPreference preference = RouterPreference::kMedium;

    friend bool operator==(const AdvertisedRoute&, const AdvertisedRoute&) = default;
  };
  Nanoseconds interval = std::chrono::seconds{600};  // the longest; the shortest is a third of it
  std::optional<Nanoseconds> lifetime{};  // as a default router, 0: none; if empty, 3 intervals
  RouterPreference preference = RouterPreference::kMedium;
  bool managed = false;  // addresses come by DHCPv6
  bool other = false;    // other configuration comes by DHCPv6
  std::uint8_t hop_limit = 64;
  Nanoseconds reachable_time{};  // 0: unspecified
  Nanoseconds retransmit{};
  bool mtu = true;  // says the port's MTU
  std::vector<AdvertisedPrefix> prefixes;
  std::vector<AdvertisedRoute> routes;
  std::vector<Ipv6> dns;                      // RFC 8106 5.1
  std::vector<std::string> search;            // RFC 8106 5.2
  std::optional<Nanoseconds> dns_lifetime{};  // of both; if empty, 3 intervals
  std::optional<Prefix6> pref64{};            // RFC 8781

  friend bool operator==(const RouterAdvertisements&, const RouterAdvertisements&) = default;
};

struct Port {
  std::string name;
  std::string device;  // PCI address or DPDK vdev string; empty for a sub-interface
  std::vector<InterfaceAddress4> addresses;
  std::vector<InterfaceAddress6> addresses6{};
  // The port runs IPv6, with a link-local address, even if nothing else asks for it: an IPv6
  // address, accept_ra or router_advertisements.
  bool ipv6 = false;
  bool accept_ra = false;
  std::optional<RouterAdvertisements> router_advertisements{};
  std::uint16_t mtu = 1500;
  std::optional<Mac> mac{};             // if empty, the device's own MAC
  std::optional<std::uint16_t> queues;  // RX queues; if empty, one a worker, as far as possible
  // If the port has fewer queues than there are workers, its flows are spread over all workers in
  // software (RPS).
  bool spread = false;
  std::string scheduler;  // name of a Scheduler; if empty, pfifo_fast
  std::optional<Vlan> vlan{};
  ReversePath rp_filter = ReversePath::kOff;
  bool forwarding = true;          // packets received here may be forwarded
  bool send_redirects = true;      // ICMP redirects (RFC 1812 5.2.7.2)
  bool dad = false;                // addresses are probed before use (RFC 5227)
  std::optional<ArpTimers> arp{};  // if empty, the timers of all ports
  std::optional<ArpTimers> nd{};   // the same for IPv6

  [[nodiscard]] bool runs_ipv6() const {
    return ipv6 || accept_ra || router_advertisements || !addresses6.empty();
  }
  friend bool operator==(const Port&, const Port&) = default;
};

template <class Address>
struct NextHopOf {
  std::optional<GatewayOf<Address>> via{};  // if empty, the destinations are on the port's link
  std::uint16_t weight = 1;
  std::string port{};      // if empty, the port with the gateway's subnet
  bool on_link = false;    // `via` is on that port's link even if no subnet covers it
  bool recursive = false;  // `via` is a recursive next hop, which may be unreachable now

  friend bool operator==(const NextHopOf&, const NextHopOf&) = default;
};
using NextHop = NextHopOf<Ipv4>;
using NextHop6 = NextHopOf<Ipv6>;

// Linux's numbers: 255 is table local; 1 to 252 have names in the configuration.
inline constexpr std::uint8_t kMainTable = 254;
inline constexpr std::uint8_t kDefaultTable = 253;

struct RouteTable {
  std::string name;
  std::uint8_t number = 0;

  friend bool operator==(const RouteTable&, const RouteTable&) = default;
};

template <class Address>
struct RouteOf {
  Prefix<Address> to;
  RouteType type = RouteType::kUnicast;
  std::vector<NextHopOf<Address>> next_hops;  // empty unless unicast
  std::uint32_t metric = 0;
  std::uint8_t table = kMainTable;
  std::optional<Address> source{};  // of the router's own packets; if empty, the port's address

  friend bool operator==(const RouteOf&, const RouteOf&) = default;
};
using Route = RouteOf<Ipv4>;
using Route6 = RouteOf<Ipv6>;

// A file with one prefix on each line, plain or .gz; each prefix gets one of its family's gateways,
// chosen by hash. The prefixes of a family without a gateway are skipped and counted.
struct RouteFile {
  std::string path;  // relative paths start at the configuration file's folder
  std::vector<Ipv4> via;
  std::vector<Ipv6> via6{};
  std::uint32_t metric = 0;
  std::uint8_t table = kMainTable;
  bool keep_going = false;  // lines that are not prefixes are skipped and counted

  template <class Address>
  [[nodiscard]] const std::vector<Address>& gateways() const {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return via;
    } else {
      return via6;
    }
  }
  friend bool operator==(const RouteFile&, const RouteFile&) = default;
};

template <class Address>
struct StaticNeighborOf {
  Address address;
  std::string port;
  Mac mac;

  friend bool operator==(const StaticNeighborOf&, const StaticNeighborOf&) = default;
};
using StaticNeighbor = StaticNeighborOf<Ipv4>;
using StaticNeighbor6 = StaticNeighborOf<Ipv6>;

struct Arp {
  ArpTimers timers;  // of ports without their own
  std::array<std::uint32_t, 3> gc_thresh{128, 512, 1024};
  Bytes queue_bytes{212992};  // for the waiting packets of a neighbor
  // Linux's arp_notify, which is off there: the router's addresses are announced when they are
  // added, and when the link of their port comes up.
  bool notify = true;

  friend bool operator==(const Arp&, const Arp&) = default;
};

// The same for IPv6 (RFC 4861); `timers.locktime` has no effect.
struct Nd {
  ArpTimers timers;
  std::array<std::uint32_t, 3> gc_thresh{128, 512, 1024};
  Bytes queue_bytes{212992};
  std::uint32_t dad_transmits = 1;  // RFC 4862 5.1; 0: addresses are used without probing

  friend bool operator==(const Nd&, const Nd&) = default;
};

// Linux's icmp_msgs_per_sec, icmp_msgs_burst and icmp_ratelimit; 0 removes a limit.
struct Icmp {
  std::uint32_t rate = 1000;
  std::uint32_t burst = 50;
  Nanoseconds per_destination = std::chrono::seconds{1};

  friend bool operator==(const Icmp&, const Icmp&) = default;
};

// When a connection is forgotten of which no more packets come: Linux's sysctls
// nf_conntrack_*_timeout, with its defaults.
struct ConnectionTimeouts {
  Nanoseconds tcp_syn_sent = std::chrono::seconds{120};
  Nanoseconds tcp_syn_recv = std::chrono::seconds{60};
  Nanoseconds tcp_established = std::chrono::hours{24 * 5};
  Nanoseconds tcp_fin_wait = std::chrono::seconds{120};
  Nanoseconds tcp_close_wait = std::chrono::seconds{60};
  Nanoseconds tcp_last_ack = std::chrono::seconds{30};
  Nanoseconds tcp_time_wait = std::chrono::seconds{120};
  Nanoseconds tcp_close = std::chrono::seconds{10};
  // These two apply where the state's timeout is longer.
  Nanoseconds tcp_max_retrans = std::chrono::seconds{300};
  Nanoseconds tcp_unacknowledged = std::chrono::seconds{300};
  Nanoseconds udp = std::chrono::seconds{30};
  Nanoseconds udp_stream = std::chrono::seconds{120};
  Nanoseconds icmp = std::chrono::seconds{30};
  Nanoseconds icmpv6 = std::chrono::seconds{30};
  Nanoseconds generic = std::chrono::seconds{600};

  friend bool operator==(const ConnectionTimeouts&, const ConnectionTimeouts&) = default;
};

struct Connections {
  std::uint32_t max = 262144;  // of all workers together
  bool loose = true;           // a connection may begin with an ACK (nf_conntrack_tcp_loose)
  bool liberal = false;        // only a RST is invalid outside the window (tcp_be_liberal)
  ConnectionTimeouts timeouts;

  friend bool operator==(const Connections&, const Connections&) = default;
};

// The ruleset of the firewall, from a file or from the configuration itself.
struct Firewall {
  std::string ruleset;  // an absolute path; empty: `rules`, or none
  std::string rules;    // in the language of nft(8)
  Connections connections{};
  // What these say, null if there is neither, and its hash.
  std::shared_ptr<const nft::Ruleset> parsed{};
  std::string digest;

  // Takes what the rules say, which has its hash from here.
  void set(nft::Ruleset said);

  friend bool operator==(const Firewall& a, const Firewall& b) {
    return a.ruleset == b.ruleset && a.rules == b.rules && a.digest == b.digest &&
           a.connections == b.connections;
  }
};

// How flows are spread over the next hops of a route that has several.
struct Ecmp {
  FlowHashPolicy hash = FlowHashPolicy::kL3;
  std::uint32_t seed = 0;  // Linux's fib_multipath_hash_seed; 0: drawn at random at each start

  friend bool operator==(const Ecmp&, const Ecmp&) = default;
};

struct Config {
  Engine engine;
  // Ports in the order of the file, then all sub-interfaces: the index is the InterfaceId.
  std::vector<Port> ports;
  std::vector<RouteTable> tables;
  std::vector<Route> routes;
  std::vector<Route6> routes6;
  std::vector<RouteFile> route_files;
  std::vector<StaticNeighbor> neighbors;
  std::vector<StaticNeighbor6> neighbors6;
  std::vector<Scheduler> schedulers;
  Arp arp;
  Nd nd;
  Icmp icmp;
  Ecmp ecmp;
  Firewall firewall;

  // The port's scheduler; the default one if the port does not name one.
  [[nodiscard]] Scheduler scheduler_of(const Port& port) const;
  // The number of ports that are devices; they come first.
  [[nodiscard]] std::size_t devices() const;

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace ringroad::config
