// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/top_page.hpp"

#include <catch2/catch.hpp>

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

TopSample sample() {
  return {.router = json::parse(R"({"version": "0.1.0", "uptime_seconds": 90061,
            "routes": {"ipv4": 1000, "ipv6": 2}, "neighbors": {"FAILED": 1, "REACHABLE": 3},
            "workers": [{"core": 1, "busy_percent": 99.0, "control_percent": 0.5,
                         "idle_percent": 0.5, "packets_per_second": 14880952,
                         "cycles_per_packet": 151.2}]})"),
          .ports = json::parse(R"([
            {"name": "wan", "link": "up", "rx_packets_per_second": 14880952,
             "rx_bits_per_second": 7142857142, "rx_percent": 100.0, "tx_packets_per_second": 1,
             "tx_bits_per_second": 512, "tx_percent": 0.0, "drops_per_second": {"no_route": 7},
             "device_losses": {"missed": 100}},
            {"name": "lan", "link": "down", "rx_packets_per_second": 0, "rx_bits_per_second": 0,
             "rx_percent": null, "tx_packets_per_second": 20, "tx_bits_per_second": 9000,
             "tx_percent": null, "drops_per_second": {}, "device_losses": {}}])"),
          .bands = json::parse(R"([
            {"port": "wan", "queue": 0, "bands": [
              {"band": 0, "queued": 0, "sent_packets_per_second": 0, "dropped_per_second": 0},
              {"band": 1, "queued": 10, "queued_bytes": 640, "sent_packets_per_second": 5,
               "sent_bits_per_second": 2560, "dropped_per_second": 2,
               "recent_delay_ns": {"samples": 5, "p99": 1500, "max": 2000}}]},
            {"port": "wan", "queue": 1, "bands": [
              {"band": 1, "queued": 5, "queued_bytes": 320, "sent_packets_per_second": 1,
               "sent_bits_per_second": 512, "dropped_per_second": 0,
               "recent_delay_ns": {"samples": 1, "p99": 3000, "max": 3000}}]}])"),
          .drops = json::parse(R"([
            {"reason": "llc", "packets": 9, "per_second": 0, "last_minute": 9, "meaning": "a length"},
            {"reason": "hook", "packets": 9, "per_second": 0, "last_minute": 0, "meaning": "old"},
            {"reason": "no_route", "packets": 70, "per_second": 7, "last_minute": 7,
             "meaning": "no route"}])"),
          .time = std::chrono::steady_clock::time_point{100s}};
}

std::string text(const TopSample& now, const TopSample* before, const TopView& view) {
  std::string page = "\n";
  for (const TopLine& line : top_page(now, before, view)) {
    CHECK(line.text.size() <= 80);
    page += line.text + "\n";
  }
  return page;
}

TEST_CASE("the page has ports, workers, busy bands, and what is dropped now first") {
  TopSample before = sample();
  before.time -= 2s;
  before.ports[0]["device_losses"]["missed"] = 40U;
  CHECK(text(sample(), &before, {}) == R"(
PORT  LINK  RX pps  RX bps   RX %  TX pps  TX bps  TX %  DROP/s  LOST/s
wan   up     14.9M   7.14G  100.0       1     512   0.0       7      30
lan   down       0       0      -      20   9.00k     -       0       0

CORE  BUSY %  CONTROL %  IDLE %    pps  CYCLES/packet
   1    99.0        0.5     0.5  14.9M          151.2

PORT  BAND  BACKLOG packets  bytes  pps  bit/s  DROP/s  DELAY p99     max
wan      1               15    960    6  3.07k       2     3.00us  3.00us

DROPS     PER SECOND  LAST MINUTE  MEANING
no_route           7            7  no route
llc                0            9  a length
)");
  CHECK(top_title(sample()) ==
        "ringroad 0.1.0  up 1d 01:01:01  1002 routes  4 neighbors (1 FAILED)");
}

TEST_CASE("ports are sorted and filtered, and what is bad is marked") {
  TopView view{.sort = TopSort::kSent};
  auto lines = top_page(sample(), nullptr, view);
  CHECK(lines[1].text.starts_with("lan"));
  CHECK(lines[1].look == TopLine::Look::kBad);  // its link is down
  CHECK(lines[2].text.starts_with("wan"));
  CHECK(lines[2].text.ends_with(" -"));  // no sample before, so no rate of losses
  CHECK(lines[0].look == TopLine::Look::kHeading);
  for (const TopSort sort : {TopSort::kReceived, TopSort::kDropped}) {
    view.sort = sort;
    CHECK(top_page(sample(), nullptr, view)[1].text.starts_with("wan"));
  }
  CHECK(next(next(next(next(TopSort::kName)))) == TopSort::kName);
  view.filter = "no_r";
  const std::string page = text(sample(), nullptr, view);
  CHECK(page.find("\nno_route") != std::string::npos);
  CHECK(page.find("\nllc") == std::string::npos);
  CHECK(page.find("\nwan") == std::string::npos);
  CHECK(page.find("BANDS: all are empty") != std::string::npos);
  view = {.idle_bands = true};
  CHECK(text(sample(), nullptr, view).find("\nwan      0 ") != std::string::npos);
}

TEST_CASE("answers of another router are shown as far as they are understood") {
  CHECK(text({}, nullptr, {}).find("DROPS: none") != std::string::npos);
  TopSample odd{.router = 5,
                .ports = json::array({1, nullptr}),
                .bands = {{"a", 1}},
                .drops = json::array({"x"}),
                .time = {}};
  CHECK_FALSE(text(odd, &odd, {}).empty());
  CHECK_FALSE(top_title(odd).empty());
}

}  // namespace
}  // namespace ringroad::roadctl
