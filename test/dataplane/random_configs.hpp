// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Random configurations over virtual devices, valid and invalid, and the files and interfaces that
// they name.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "folder.hpp"

namespace ringroad::test {

// A temporary folder with a file of packets and one of routes.
class InputFolder : public Folder {
 public:
  InputFolder() {
    std::ofstream{*this / "empty.pcap", std::ios::binary}
        << std::string{"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0", 24};
    std::ofstream{*this / "none.pcap"} << "no file of packets, but long enough to be taken for one";
    std::ofstream{*this / "prefixes"} << "172.16.0.0/16\n172.20.1.0/24\n10.77.0.0/16\n";
    std::ofstream{*this / "words"} << "172.16.0.0/16\nno prefix\n";
  }
};

// Moves this thread into its own network namespace, with interfaces for the router, if the process
// may do so.
class Network {
 public:
  Network() : before_{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)} {
    if (before_ < 0 || ::unshare(CLONE_NEWNET) != 0) {
      return;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the one thread that starts programs
    exists_ = std::system(
                  "exec 2>/dev/null; for i in 0 1 2 3; do ip link add i$i type veth peer "
                  "name j$i && ip link set i$i up && ip link set j$i up || exit; done") == 0;
  }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network() {
    if (before_ >= 0) {
      static_cast<void>(::setns(before_, CLONE_NEWNET));
      ::close(before_);
    }
  }
  [[nodiscard]] bool exists() const { return exists_; }

 private:
  int before_;
  bool exists_ = false;
};

// Most configurations have no fault, or one or two; the others have many.
class Generator {
 public:
  Generator(unsigned seed, const InputFolder& folder, bool interfaces)
      : random_{seed}, seed_{seed}, folder_{folder}, interfaces_{interfaces} {
    constexpr std::array kRarities{1'000'000U, 60U, 30U, 6U};
    rarity_ = kRarities.at(below(kRarities.size()));
  }

  [[nodiscard]] std::string yaml() {
    ports_ = 1 + below(4);
    std::vector<std::string> sections{engine(), ports(),     vlans(),      tables(),
                                      routes(), neighbors(), schedulers(), protocols()};
    std::ranges::shuffle(sections, random_);
    std::string text;
    for (const std::string& section : sections) {
      text += section;
    }
    return text;
  }

 private:
  using Choice = std::vector<std::string>;

  unsigned below(unsigned end) {
    return std::uniform_int_distribution<unsigned>{0, end - 1}(random_);
  }
  bool once_in(unsigned count) { return below(count) == 0; }
  bool bad() { return once_in(rarity_); }
  std::string any(const Choice& of) { return of[below(static_cast<unsigned>(of.size()))]; }
  std::string any(const Choice& good, const Choice& faults) { return any(bad() ? faults : good); }

  unsigned port_number() { return below(ports_ + (bad() ? 1 : 0)); }
  std::string port() { return fmt::format("p{}", port_number()); }
  std::string interface() {
    return bad() ? any({"v1", "v2", port() + ".7", port() + ".8.9"}) : port();
  }
  std::string prefix() {
    return any({"default", "10.0.0.0/24", "10.1.0.0/24", "10.0.0.0/16", "10.9.0.0/16", "10.0.0.0/8",
                "10.3.0.0/24", "172.16.0.0/12", "10.2.0.9", "192.0.2.0/24",
                fmt::format("10.{}.0.0/24", below(9)), "10.0.1.0/24", "198.51.100.1"},
               {"224.0.0.0/8", "10.0.0.1/24", "127.0.0.0/8", "10.0.0.0/33"});
  }

  std::string engine() {
    return fmt::format("engine: {{workers: {}, memory: {{buffers: {}}}, idle: {}}}\n",
                       any({"[1]", "[1, 2]", "[2]"}, {"[]", "[1, 1]"}),
                       any({"1024", "2048", "4095", "8191"}, {"0", "1023"}),
                       any({"poll", "pause", "interrupt"}, {"sleep"}));
  }

  std::string pcap(const std::string& number) {
    const std::string in =
        ",rx_pcap=" + (folder_ / any({"empty.pcap"}, {"none.pcap", "absent.pcap"}));
    const auto out = [&](unsigned i) {
      return fmt::format(",tx_pcap={}", folder_ / fmt::format("out{}.pcap", i));
    };
    return fmt::format("net_pcap{}{}", number,
                       any({in, in + out(port_number() + 4 * below(9)), out(40 + below(99)),
                            in + in, in + ",infinite_rx=0", out(140 + below(99)) + out(300)},
                           {"", ",infinite_rx=1", out(0), in + ",iface=lo"}));
  }

  std::string device(unsigned i) {
    const std::string number = any({std::to_string(i)}, {"0", "1", "17"});
    switch (below(interfaces_ ? 8 : 6)) {
      case 0:
        return fmt::format("net_null{}{}", number,
                           any({"", ",copy=1", ",size=64", ",no-rx=0"},
                               {",no-rx=2", ",color=red", ",copy=1,copy=0", ",", ",size=9000"}));
      case 1:
        return fmt::format("net_ring{}{}", number, any({"", "12"}, {"1234567890", ",x=y"}));
      case 2:
        return pcap(number);
      case 3:
        return fmt::format(
            "net_memif{},role={},id={},socket={}{}", number, any({"server"}, {"boss"}),
            any({std::to_string(i)}, {"0", "x"}), folder_ / fmt::format("m{}-{}", seed_, below(2)),
            any({",socket-abstract=no", "", ",rsize=14", ",zero-copy=no", ",bsize=1024"},
                {",rsize=99", ",bsize=0", ",mac=1", ",secret=0123456789012345678901234567"}));
      case 4:
      case 5:
        return any({"net_null" + number}, {"eth0", "net_foo0", "net_bonding0", "net_tap", "", "7"});
      case 6:
        return fmt::format("net_tap{}{}", number,
                           any({fmt::format(",iface=t{}", i), "", ",mac=fixed"},
                               {",iface=t0", ",iface=aaaaaaaaaaaaaaaa", ",mac=none"}));
      default:
        return fmt::format("net_af_packet{},iface=i{}{}", number,
                           any({std::to_string(i)}, {"0", "1"}),
                           any({"", ",qpairs=2", ",framesz=1024", ",blocksz=8192", ",framecnt=256"},
                               {",framesz=17", ",framesz=4096", ",qpairs=0", ",framecnt=511",
                                ",framesz=4096,blocksz=8192", ",framesz=112"}));
    }
  }

  std::string address(unsigned net) {
    return any({fmt::format("10.{}.0.{}/24", net, 1 + below(3)),
                fmt::format("10.{}.0.{}/16", net, 1 + below(3)),
                fmt::format("10.{}.{}.129/25", net, below(2)), fmt::format("10.{}.0.1/30", net),
                fmt::format("10.{}.{}.0/31", net, below(3)), fmt::format("10.{}.0.7/32", net)},
               {fmt::format("10.{}.0.0/24", net), fmt::format("10.{}.0.255/24", net), "10.0.0.1/24",
                "10.1.0.1", "10.0.0.1/0", "127.0.0.1/8"});
  }

  std::string interface_keys(unsigned net, const Choice& mtus) {
    std::string keys;
    if (!once_in(6)) {
      keys += fmt::format(", addresses: [{}{}]", address(net),
                          once_in(6) ? ", " + address(net + 10) : "");
    }
    if (once_in(3)) {
      keys += ", mtu: " + any(mtus, {"1501", "9000", "9710", "9711", "67", "1505"});
    }
    keys += once_in(6) ? ", rp_filter: " + any({"off", "loose", "strict", "no"}, {"maybe"}) : "";
    keys += once_in(9) ? ", dad: " + any({"on", "false"}, {"2"}) : "";
    keys += once_in(9) ? ", forwarding: off" : "";
    keys += once_in(9) ? ", arp: {retransmit: " + any({"1s"}, {"0"}) + "}" : "";
    return keys;
  }

  std::string ports() {
    std::string text = "ports:\n";
    for (unsigned i = 0; i < ports_; ++i) {
      text += fmt::format("  p{}: {{device: \"{}\"{}", i, device(i),
                          interface_keys(bad() ? 0 : i, {"1500", "68", "1280", "1400"}));
      text += once_in(6) ? ", queues: " + any({"auto", "1", "2", "64"}, {"65"}) : "";
      text += once_in(6) ? ", macaddress: " + any({fmt::format("'02:00:00:00:00:{:02x}'", i)},
                                                  {"'01:00:00:00:00:0a'"})
                         : "";
      text += once_in(4) ? ", scheduler: " +
                               any({"pfifo_fast", schedulers_ ? "s" : "pfifo_fast"}, {"s", "t"})
                         : "";
      text += once_in(8) ? ", spread: yes}\n" : "}\n";
    }
    return text;
  }

  std::string vlans() {
    if (once_in(2)) {
      return "";
    }
    const Choice mtus{"68", "576"};
    std::vector<std::string> all{
        fmt::format("  p{}.7: {{protocol: {}{}}}\n", port_number(), any({"802.1Q", "802.1ad"}),
                    interface_keys(5, mtus)),
        fmt::format("  p0.8.9: {{id: 9{}}}\n", interface_keys(6, mtus)),
        fmt::format("  p0.8: {{id: {}}}\n", any({"8"}, {"7", "0"})),
        fmt::format("  v1: {{id: 1, link: {}{}}}\n", any({port(), "p0.8"}, {"v2"}),
                    interface_keys(7, mtus)),
        fmt::format("  v2: {{id: {}, link: {}, egress_qos: {{7: 7}}}}\n", 2 + below(2),
                    any({port(), "p0.8"}, {"v1", "v2"}))};
    std::ranges::shuffle(all, random_);
    if (bad()) {
      all.resize(1 + below(static_cast<unsigned>(all.size())));
    }
    std::string text = "vlans:\n";
    for (const std::string& one : all) {
      text += one;
    }
    return text;
  }

  static std::string tables() { return "tables: {green: 10}\n"; }

  std::string gateway() {
    return any({fmt::format("10.{}.0.2", port_number()), fmt::format("10.{}.0.9", port_number())},
               {"192.0.2.1", "172.16.0.1", "10.9.0.1", "x", "10.0.0.1", "10.0.0.255", "10.3.0.0",
                "10.0.1.1", "198.51.100.1", "10.8.0.3"});
  }

  std::string route() {
    if (once_in(12)) {
      return fmt::format("{{file: {}, via: {}, keep_going: {}}}",
                         folder_ / any({"prefixes"}, {"words", "absent"}), gateway(),
                         any({"yes", "no"}));
    }
    std::string text = "{to: " + prefix();
    switch (below(4)) {
      case 0:
        text += ", type: " + any({"blackhole", "unreachable", "prohibit"}, {"unicast", "throw"});
        break;
      case 1:
        text += fmt::format(", nexthops: [{{via: {}}}, {{via: {}, weight: {}}}]", gateway(),
                            gateway(), any({"1", "2", "256"}, {"257", "0"}));
        break;
      default:
        text += ", via: " + gateway();
    }
    text += once_in(2) ? ", metric: " + any({"0", "1", "7", "4294967295"}, {"4294967296"}) : "";
    text +=
        once_in(4) ? ", table: " + any({"main", "default", "green", "10", "17"}, {"local"}) : "";
    text += once_in(9) ? ", from: " + fmt::format("10.{}.0.1", port_number()) : "";
    return text + "}";
  }

  std::string routes() {
    std::string text;
    for (unsigned i = below(5); i > 0; --i) {
      text += "  - " + route() + "\n";
    }
    return text.empty() ? "" : "routes:\n" + text;
  }

  std::string neighbors() {
    return once_in(3)
               ? fmt::format(
                     "neighbors: [{{address: {}, port: {}, mac: '{}'}}]\n", gateway(), interface(),
                     any({"02:00:00:00:00:09"}, {"03:00:00:00:00:09", "00:00:00:00:00:00", "2"}))
               : "";
  }

  std::string schedulers() {
    if (!schedulers_ && !bad()) {
      return "";
    }
    return "schedulers:\n  s: {" +
           any({"rate: 1Gbit", "rate: 1kbit, burst: 1518", "discipline: drr, strict: 1",
                "discipline: drr, bands: 16, each: {3: {weight: 2}, 4: {rate: 1Mbit, ceil: 2Mbit}}",
                "bands: 1, dscp: {ef: 0}", "discipline: pfifo_fast, limit: 1",
                "each: {0: {aqm: fq_codel, flows: 65536}, 1: {aqm: codel, target: 1ms}}",
                "limit: 1000, limit_bytes: 16GiB", "overhead: ethernet, byte_limits: off"},
               {"bands: 1, dscp: {ef: 1}", "discipline: pfifo, bands: 2",
                "rate: 1Gbit, burst: 1KiB", "each: {1: {aqm: codel, target: 1s}}",
                "each: {0: {weight: 2}}", "limit: 0"}) +
           "}\n";
  }

  std::string protocols() {
    return any({"", "arp: {gc_thresh: [1, 1, 1]}\n", "arp: {queue_bytes: 0}\n",
                "icmp: {rate: 0, burst: 0}\n", "ecmp: {hash: l4, seed: 7}\n", "arp: {notify: no}\n",
                "arp: {unicast_probes: 0, multicast_probes: 0}\n"},
               {"arp: {gc_thresh: [3, 2, 1]}\n", "arp: {locktime: 2h}\n", "dns: {}\n"});
  }

  std::mt19937 random_;
  unsigned seed_;  // part of names that must stay unique after a router ends
  const InputFolder& folder_;
  bool interfaces_;
  unsigned rarity_ = 1;
  unsigned ports_ = 1;
  bool schedulers_ = once_in(2);
};

}  // namespace ringroad::test
