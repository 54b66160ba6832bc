// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/render.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "shown.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

TEST_CASE("ports are shown as what they are and what they counted") {
  CHECK(text({"show", "ports"}, R"([
    {"name": "wan", "device": "0000:03:00.0", "driver": "net_ixgbe", "node": 1, "mac": "02:00:00:00:00:01",
     "link": "up", "speed_mbps": 10000, "mtu": 1500, "addresses": ["203.0.113.2/24", "10.0.0.1/8"],
     "rx_packets": 18446744073709551615, "rx_bytes": 64, "rx_missed": 0, "rx_no_buffer": 0,
     "rx_errors": 5, "tx_errors": 4, "device_losses": {"no_buffer": 0, "kernel_refused": 4},
     "tx_packets": 7, "tx_bytes": 448, "tx_requeued": 1, "tx_completed": 6, "tx_hangs": 0,
     "conflicts": 2, "rx_packets_per_second": 14880952, "rx_bits_per_second": 7142857142,
     "rx_percent": 100.0, "tx_packets_per_second": 999, "tx_bits_per_second": 999499,
     "tx_percent": 0.04, "drops": {"no_route": 3, "ttl_exceeded": 5},
     "drops_per_second": {"ttl_exceeded": 2}},
    {"name": "lan", "device": "net_tap0", "driver": "net_tap", "node": null, "mac": "02:00:00:00:00:02",
     "link": "down", "speed_mbps": 0, "mtu": 9000, "addresses": [],
     "rx_packets": 0, "rx_bytes": 0, "rx_missed": 3, "rx_no_buffer": 0,
     "tx_packets": 0, "tx_bytes": 0, "tx_requeued": 0, "tx_completed": 0, "tx_hangs": 0}])") == R"(
PORT  LINK  SPEED Mbit/s  MTU bytes  MAC                DRIVER     DEVICE        NODE  ADDRESSES
wan   up           10000       1500  02:00:00:00:00:01  net_ixgbe  0000:03:00.0     1  203.0.113.2/24, 10.0.0.1/8
lan   down             0       9000  02:00:00:00:00:02  net_tap    net_tap0         -  -

PORT  RX packets/s  RX bit/s   RX %  TX packets/s  TX bit/s  TX %
wan          14.9M     7.14G  100.0           999      999k   0.0
lan              -         -      -             -         -     -

PORT            RX packets  RX bytes  RX missed  RX no buffer  RX errors  TX packets  TX bytes  TX errors  TX requeued  TX completed  TX hangs  CONFLICTS
wan   18446744073709551615        64          0             0          5           7       448          4            1             6         0          2
lan                      0         0          3             0          -           0         0          -            0             0         0          -

PORT  LOST BY THE DEVICE  PACKETS
wan   kernel_refused            4

PORT  DROPPED BY THE ROUTER  PACKETS  PER SECOND
wan   no_route                     3           0
wan   ttl_exceeded                 5           2
)");
}

TEST_CASE("workers are shown with their stages in the pipeline's order, unknown ones last") {
  CHECK(text({"show", "workers"}, R"([
    {"core": 1, "packets": 1000, "packets_per_second": 2500, "polls": 500, "busy_polls": 20, "control_polls": 3,
     "empty_polls": 477, "busy_percent": 4.04, "control_percent": 0.5, "idle_percent": 95.5,
     "cycles_per_packet": 61.25, "copied_bytes": 128, "idle": "interrupt", "sleeps": 70, "wakes": 9,
     "cycles": {"bands": 7, "forward": 5, "input": 3,
     "output": 6, "route": 4, "rx": 1, "tx": 8, "zeal": 9},
     "since_start": {"busy_percent": 1.0, "control_percent": 2.0, "idle_percent": 97.0,
                     "cycles_per_packet": 80.5, "cycles": {"rx": 2}}},
    {"core": 12, "packets": 0, "polls": 1, "busy_polls": 0, "busy_percent": 0,
     "cycles_per_packet": null}])") == R"(
CORE  PACKETS  PACKETS/s  POLLS  BUSY polls  CONTROL polls  EMPTY polls  BUSY %  CONTROL %  IDLE %  CYCLES/packet  COPIED bytes
   1     1000      2.50k    500          20              3          477     4.0        0.5    95.5           61.2           128
  12        0          -      1           0              -            -       0          -       -              -             -

CORE  WHEN IDLE  SLEEPS  WAKES
   1  interrupt      70      9
  12  -               -      -

cycles by stage
CORE  rx  input  route  forward  output  bands  tx  zeal
   1   1      3      4        5       6      7   8     9
  12   -      -      -        -       -      -   -     -

load since the start
CORE  BUSY %  CONTROL %  IDLE %  CYCLES/packet
   1     1.0        2.0    97.0           80.5
  12       -          -       -              -
)");
}

TEST_CASE("neighbors are shown with their age and what waits for them") {
  CHECK(text({"show", "neighbors"}, R"([
    {"address": "192.168.1.9", "port": "lan", "mac": "02:00:00:00:00:09", "state": "REACHABLE",
     "age_seconds": 3.14, "queued": 0},
    {"address": "192.168.1.254", "port": "lan", "mac": null, "state": "INCOMPLETE",
     "age_seconds": 1, "queued": 101}])") == R"(
ADDRESS        PORT  MAC                STATE       AGE seconds  QUEUED packets
192.168.1.9    lan   02:00:00:00:00:09  REACHABLE           3.1               0
192.168.1.254  lan   -                  INCOMPLETE            1             101
)");
}

TEST_CASE("bands are shown queue by queue, as tc -s qdisc shows them") {
  CHECK(text({"show", "bands"}, R"([
    {"port": "lan", "queue": 0, "worker": 1, "qdisc": "pfifo_fast",
     "priomap": [1,2,2,2,1,2,0,0,1,1,1,1,1,1,1,1], "limit": 1000, "requeued": 4, "overlimits": 0,
     "direct_packets": 12, "sent_packets": 12, "sent_bytes": 1234, "dropped": 7,
     "backlog_packets": 5, "backlog_bytes": 320,
     "byte_limit": {"limit_bytes": 30280, "inflight_bytes": 1514}, "bands": [
       {"band": 0, "kind": "fifo", "strict": true, "weight": 1, "queued": 0, "queued_bytes": 0,
        "sent_packets": 10, "sent_bytes": 1106, "dropped": 0, "dropped_by_aqm": 0, "marked": 0,
        "requeued": 0},
       {"band": 1, "kind": "fifo", "strict": true, "weight": 1, "queued": 5, "queued_bytes": 320,
        "sent_packets": 2, "sent_bytes": 128, "dropped": 7, "dropped_by_aqm": 0, "marked": 0,
        "requeued": 4}]},
    {"port": "wan", "queue": 1, "worker": 2, "qdisc": "pfifo", "limit": 500, "requeued": 0,
     "overlimits": 0, "direct_packets": 0, "sent_packets": 0, "sent_bytes": 0, "dropped": 0,
     "backlog_packets": 0, "backlog_bytes": 0, "bands": [
       {"band": 0, "kind": "fifo", "strict": true, "queued": 0, "queued_bytes": 0,
        "sent_packets": 0, "sent_bytes": 0, "dropped": 0, "requeued": 0}]}])") == R"(
qdisc pfifo_fast 0: dev lan queue 0 bands 2 priomap  1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1
 Sent 1234 bytes 12 pkt (dropped 7, overlimits 0 requeues 4)
 backlog 320b 5p direct 12
 worker 1 limit 1000p
 byte limit 30280b inflight 1514b
  BAND  QUEUED packets  QUEUED bytes  SENT packets  SENT bytes  DROPPED packets  REQUEUED packets
     0               0             0            10        1106                0                 0
     1               5           320             2         128                7                 4

qdisc pfifo 0: dev wan queue 1 limit 500p
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0)
 backlog 0b 0p direct 0
 worker 2
  BAND  QUEUED packets  QUEUED bytes  SENT packets  SENT bytes  DROPPED packets  REQUEUED packets
     0               0             0             0           0                0                 0
)");
}

TEST_CASE("bands that share, are shaped, have an AQM or are measured say so") {
  CHECK(text({"show", "bands"}, R"([
    {"port": "wan", "queue": 0, "worker": 1, "qdisc": "drr",
     "priomap": [1,1,1,1,1,1,0,0,1,1,1,1,1,1,1,1], "limit": 1000, "rate_bps": 1000000000,
     "burst_bytes": 65536, "overhead_bytes": 24, "requeued": 0, "overlimits": 3,
     "direct_packets": 0, "sent_packets": 4, "sent_bytes": 256, "dropped": 2,
     "backlog_packets": 0, "backlog_bytes": 0, "bands": [
       {"band": 0, "kind": "fifo", "strict": true, "rate_bps": 10000000, "ceil_bps": 64000,
        "limit": 50, "delay_ns": {"samples": 0, "p50": 0, "p99": 0, "p999": 0, "max": 0}, "queued": 0, "queued_bytes": 0, "sent_packets": 2, "sent_bytes": 128, "dropped": 0,
        "dropped_by_aqm": 0, "marked": 0, "requeued": 0},
       {"band": 1, "kind": "fq_codel", "strict": false, "weight": 3, "limit": 1000, "queued": 0,
        "queued_bytes": 0, "sent_packets": 2, "sent_bytes": 128, "dropped": 2,
        "dropped_by_aqm": 2, "marked": 9, "requeued": 0,
        "delay_ns": {"samples": 100, "p50": 850, "p99": 12340, "p999": 4560000,
                     "max": 1200000000}}]}])") == R"(
qdisc drr 0: dev wan queue 0 bands 2 priomap  1 1 1 1 1 1 0 0 1 1 1 1 1 1 1 1
 Sent 256 bytes 4 pkt (dropped 2, overlimits 3 requeues 0)
 backlog 0b 0p direct 0
 worker 1 limit 1000p rate 1Gbit burst 64KiB overhead 24b
  BAND  KIND      ORDER       RATE    CEIL  LIMIT packets  DELAY p50     p99   p99.9    max
     0  fifo      strict    10Mbit  64kbit             50          -       -       -      -
     1  fq_codel  weight 3       -       -           1000      850ns  12.3us  4.56ms  1.20s
  BAND  QUEUED packets  QUEUED bytes  SENT packets  SENT bytes  DROPPED packets  by AQM  MARKED packets  REQUEUED packets
     0               0             0             2         128                0       0               0                 0
     1               0             0             2         128                2       2               9                 0
)");
}

TEST_CASE("a rate and a size are written in the largest unit that is exact") {
  const auto shaping = [](const std::string& bits, const std::string& bytes) {
    const json answer =
        json::parse(R"([{"rate_bps":)" + bits + R"(,"burst_bytes":)" + bytes + "}]");
    return render(std::vector<std::string>{"show", "bands"}, answer, {});
  };
  CHECK_THAT(shaping("2500000000", "65536"), Catch::Contains(" rate 2500Mbit burst 64KiB\n"));
  CHECK_THAT(shaping("64000", "1518"), Catch::Contains(" rate 64kbit burst 1518\n"));
  CHECK_THAT(shaping("1001", "3145728"), Catch::Contains(" rate 1001bit burst 3MiB\n"));
  CHECK_THAT(shaping("0", "0"), Catch::Contains(" rate 0bit burst 0\n"));
}

TEST_CASE("a delay is written to three digits") {
  const auto [nanoseconds, delay] =
      GENERATE(table<const char*, const char*>({{"0", "0ns"},
                                                {"999", "999ns"},
                                                {"1000", "1.00us"},
                                                {"9996", "10.0us"},
                                                {"99960", "100us"},
                                                {"999499", "999us"},
                                                {"999500", "1.00ms"},
                                                {"60000000000", "60.0s"}}));
  CAPTURE(nanoseconds);
  const json answer =
      json::parse(std::string{R"([{"bands":[{"delay_ns":{"p50":)"} + nanoseconds + "}}]}]");
  CHECK_THAT(render(std::vector<std::string>{"show", "bands"}, answer, {}),
             Catch::Contains(std::string{" "} + delay + " "));
}

TEST_CASE("drops are shown with what they mean") {
  CHECK(text({"show", "drops"}, R"([
    {"reason": "ttl_expired", "packets": 12, "per_second": 2, "last_minute": 7, "meaning": "TTL was 1 or 0: RFC 1812 5.3.1",
     "ports": {"lan": 4, "wan": 8}},
    {"reason": "llc", "packets": 10, "meaning": "a length", "ports": {"a": 1, "b": 2, "c": 3, "d": 4}},
    {"reason": "no_route", "packets": 3, "meaning": "no route covers the destination"}])") == R"(
REASON       PACKETS  PER SECOND  LAST MINUTE  PORTS               MEANING
ttl_expired       12           2            7  wan 8, lan 4        TTL was 1 or 0: RFC 1812 5.3.1
llc               10           -            -  d 4, c 3, b 2, ...  a length
no_route           3           -            -  -                   no route covers the destination
)");
}

TEST_CASE("the router is shown on one screen") {
  const char* const answer = R"(
    {"version": "0.1.0", "commit": "f0bda86", "dpdk": "22.11.3", "uptime_seconds": 274327,
     "config": {"path": "/etc/ringroad/ringroad.yaml", "hash": "0123456789abcdef"},
     "ports": [{"name": "wan", "link": "up", "speed_mbps": 10000, "rx_packets_per_second": 14880952,
                "rx_bits_per_second": 7142857142, "rx_percent": 100.0,
                "tx_packets_per_second": 12, "tx_bits_per_second": 5760, "tx_percent": 0.0},
               {"name": "a-name-that-is-long", "link": "down", "speed_mbps": 0,
                "rx_packets_per_second": 0, "rx_bits_per_second": 0, "rx_percent": null,
                "tx_packets_per_second": 0, "tx_bits_per_second": 0, "tx_percent": null}],
     "workers": [{"core": 1, "packets_per_second": 14880952, "busy_percent": 93.6,
                  "control_percent": 0.1, "idle_percent": 6.3, "cycles_per_packet": 151.2},
                 {"core": 2, "packets_per_second": 0, "busy_percent": 0.0,
                  "control_percent": 0.0, "idle_percent": 100.0, "cycles_per_packet": null}],
     "routes": {"ipv4": 900123, "ipv6": 0},
     "neighbors": {"INCOMPLETE": 0, "REACHABLE": 12, "FAILED": 1},
     "drops_last_minute": [
       {"reason": "fragmentation_needed", "packets": 1234567890, "per_second": 20576131,
        "meaning": "larger than the egress MTU, and DF is set"}]})";
  const std::string screen = text({"show"}, answer);
  CHECK(screen == R"(
ringroad 0.1.0 (f0bda86), DPDK 22.11.3, up 3 days 04:12:07
/etc/ringroad/ringroad.yaml, sha256 0123456789ab
routes: 900123 IPv4, 0 IPv6; neighbors: 1 FAILED, 12 REACHABLE

PORT             LINK  Mbit/s  RX pps  RX bit/s   RX %  TX pps  TX bit/s  TX %
wan              up     10000   14.9M     7.14G  100.0      12     5.76k   0.0
a-name-that-...  down       0       0         0      -       0         0     -

CORE  BUSY %  CONTROL %  IDLE %  packets/s  CYCLES/packet
   1    93.6        0.1     6.3      14.9M          151.2
   2     0.0        0.0   100.0          0              -

dropped in the last minute
REASON                   PACKETS  PER SECOND  MEANING
fragmentation_needed  1234567890    20576131  larger than the egress MTU, an...
)");
  std::istringstream lines{screen};
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.size() <= 80);
  }
}

TEST_CASE("counters are shown as nstat shows them: those that count something") {
  CHECK(text({"show", "counters"}, R"({"IpReasmOKs": 3, "IpReasmFails": 0, "IcmpOutMsgs": 12})") ==
        R"(
COUNTER      PACKETS
IcmpOutMsgs       12
IpReasmOKs         3
)");
}

TEST_CASE("memory is shown by pool, FIB and neighbor table") {
  CHECK(text({"show", "memory"}, R"(
    {"pools": [{"name": "packets", "size": 65536, "free": 64000, "low_water": 1024}],
     "fib_bytes": 4194304, "fib_prefixes": 1000000, "fib6_bytes": 65536, "fib6_prefixes": 9,
     "copied_bytes": {"fragments": 3000, "icmp_errors": 576},
     "neighbors": {"count": 12, "gc_thresh": [128, 512, 1024]},
     "neighbors6": {"count": 3, "gc_thresh": [1, 2, 4]}})") == R"(
POOL     SIZE buffers  FREE buffers  LOW WATER buffers
packets         65536         64000               1024

FAMILY  PREFIXES  FIB bytes  NEIGHBORS  GC_THRESH
IPv4     1000000    4194304         12  128, 512, 1024
IPv6           9      65536          3  1, 2, 4

copied     3000 bytes for fragments, 576 for ICMP errors
)");
}

TEST_CASE("memory shows who holds how many buffers of the share that it has") {
  const std::string shown = text({"show", "memory"}, R"(
    {"pools": [{"name": "packets", "size": 65536, "free": 64000, "low_water": 1024}],
     "holders": [{"name": "neighbors", "buffers": 7, "share": 12000},
                 {"name": "bands", "buffers": 1000, "share": 24000}],
     "receive_buffers": 4096, "reserve_buffers": 7000,
     "fib_bytes": 1, "fib_prefixes": 1,
     "neighbors": {"count": 12, "gc_thresh": [128, 512, 1024]}})");
  CHECK(shown.find(R"(
WAITING    BUFFERS  SHARE buffers
neighbors        7          12000
bands         1000          24000
reserved for reception: 7000 buffers, and 4096 in RX rings
)") != std::string::npos);
}

TEST_CASE("memory shows what the neighbor caches counted, as /proc/net/stat names it") {
  const std::string shown = text({"show", "memory"}, R"(
    {"pools": [], "fib_bytes": 1, "fib_prefixes": 1,
     "neighbors": {"count": 12, "gc_thresh": [128, 512, 1024]},
     "arp_cache": {"table_fulls": 7, "entries": 12}, "ndisc_cache": {"entries": 3}})");
  CHECK(shown.find("NEIGHBOR CACHE       ARP  NDISC\nentries               12      3\nallocs ") !=
        std::string::npos);
}

TEST_CASE("the configuration is printed as it is") {
  CHECK(text({"show", "config"}, R"({"yaml": "engine:\n  workers: [1]\n"})") ==
        "\nengine:\n  workers: [1]\n");
}

TEST_CASE("changes say nothing but their counts") {
  CHECK(text({"connections", "flush"}, R"({"removed": 3})") == "\n3 connections removed\n");
  CHECK(text({"route", "add"}, "{}") == "\n");
  CHECK(text({"route", "del"}, "{}") == "\n");
  CHECK(text({"neighbor", "add"}, "{}") == "\n");
  CHECK(text({"neighbor", "del"}, "{}") == "\n");
  CHECK(text({"neighbor", "flush"}, R"({"removed": 3})") == "\n3 neighbors removed\n");
  CHECK(text({"route", "load"}, R"({"added": 5, "skipped_ipv6": 0})") == "\n5 routes added\n");
  CHECK(text({"show", "load"}, R"({"load": 0, "state": "none"})") ==
        "\nno file of routes was loaded\n");
  CHECK(text({"show", "load"}, R"({"file": "f", "state": "adding", "percent": 42})") ==
        "\nf: adding, 42 %\n");
  CHECK(text({"show", "load"}, R"({"file": "f", "state": "failed", "error": "f:3: bad"})") ==
        "\nf: failed: f:3: bad\n");
  CHECK(text({"show", "load"}, R"({"file": "f", "state": "done", "added": 5, "bad_lines": 1})") ==
        "\nf: 5 routes added, 1 bad lines skipped\n");
  CHECK(text({"route", "load"}, R"({"added": 5, "skipped_ipv6": 2})") ==
        "\n5 routes added, 2 IPv6 prefixes skipped\n");
  CHECK(text({"route", "load"}, R"({"added": 5, "skipped_ipv4": 1, "skipped_ipv6": 0})") ==
        "\n5 routes added, 1 IPv4 prefixes skipped\n");
}

TEST_CASE("what an older router does not answer prints as a dash") {
  CHECK(text({"show", "drops"}, R"([{"reason": "no_route"}, 5, null])") == R"(
REASON    PACKETS  PER SECOND  LAST MINUTE  PORTS  MEANING
no_route        -           -            -  -      -
-               -           -            -  -      -
-               -           -            -  -      -
)");
  for (const char* const name : {"ports", "workers", "routes", "neighbors", "bands", "drops",
                                 "counters", "memory", "config"}) {
    for (const char* const answer : {"[{}]", "[1]", "[[]]", "[]", "{}", R"([{"nexthops": 1}])",
                                     R"([{"cycles": [1], "bands": {}, "rate_bps": "x"}])",
                                     R"({"pools": {}, "neighbors": 3, "yaml": null})"}) {
      CAPTURE(name, answer);
      CHECK_FALSE(
          render(std::vector<std::string>{"show", name}, json::parse(answer), {.color = true})
              .empty());
    }
  }
}

TEST_CASE("an answer of another shape, or to an unknown verb, prints as JSON") {
  CHECK(text({"show", "ports"}, R"({"a": 1})") == "\n{\n  \"a\": 1\n}\n");
  CHECK(text({"show", "moon"}, "[1]") == "\n[\n  1\n]\n");
}

TEST_CASE("color marks what is up, what is down and what was lost, and nothing else") {
  CHECK(text({"show", "drops"}, R"([{"reason": "a", "packets": 0, "meaning": "b"},
                                    {"reason": "c", "packets": 12, "meaning": "d"}])",
             {.color = true}) ==
        "\nREASON  PACKETS  PER SECOND  LAST MINUTE  PORTS  MEANING\n"
        "a             0           -            -  -      b\n"
        "c            \033[31m12\033[0m           -            -  -      d\n");
  const std::string neighbors =
      text({"show", "neighbors"}, R"([{"state": "FAILED"}, {"state": "STALE"}])", {.color = true});
  CHECK_THAT(neighbors, Catch::Contains("\033[31mFAILED\033[0m  ") && Catch::Contains("  STALE  "));
  const std::string ports =
      text({"show", "ports"}, R"([{"link": "up", "mtu": 1}, {"link": "down", "mtu": 2}])",
           {.color = true});
  CHECK_THAT(ports,
             Catch::Contains("\033[32mup\033[0m    ") && Catch::Contains("\033[31mdown\033[0m  "));
}

}  // namespace
}  // namespace ringroad::roadctl
