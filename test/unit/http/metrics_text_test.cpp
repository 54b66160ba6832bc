// SPDX-License-Identifier: BSD-3-Clause
#include "http/metrics_text.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <utility>

#include "http/metrics.hpp"

namespace ringroad::http {
namespace {

std::string example(MetricsFormat format) {
  MetricsText text{format};
  text.counter("a_bytes", "Bytes of \"a\".\nMore\\.", "bytes");
  text.sample(labels_of({{"port", "wan"}}), std::uint64_t{18'446'744'073'709'551'615U});
  text.gauge("b", "B.");
  text.sample("", 0.5);
  text.family("c", MetricsText::Type::kInfo, "C.");
  text.sample(labels_of({{"x", "1"}, {"y", "2"}}), std::uint64_t{1});
  text.family("d_seconds", MetricsText::Type::kHistogram, "D.", "seconds");
  text.sample("_bucket", "le=\"+Inf\"", std::uint64_t{2});
  text.sample("_sum", "", 0.25);
  return std::move(text).finish();
}

}  // namespace

TEST_CASE("metrics are written in both formats") {
  CHECK(example(MetricsFormat::kPrometheus) ==
        "# HELP a_bytes_total Bytes of \"a\".\\nMore\\\\.\n# TYPE a_bytes_total counter\n"
        "a_bytes_total{port=\"wan\"} 18446744073709551615\n"
        "# HELP b B.\n# TYPE b gauge\nb 0.5\n"
        "# HELP c_info C.\n# TYPE c_info gauge\nc_info{x=\"1\",y=\"2\"} 1\n"
        "# HELP d_seconds D.\n# TYPE d_seconds histogram\nd_seconds_bucket{le=\"+Inf\"} 2\n"
        "d_seconds_sum 0.25\n");
  CHECK(example(MetricsFormat::kOpenMetrics) ==
        "# HELP a_bytes Bytes of \\\"a\\\".\\nMore\\\\.\n# TYPE a_bytes counter\n"
        "# UNIT a_bytes bytes\na_bytes_total{port=\"wan\"} 18446744073709551615\n"
        "# HELP b B.\n# TYPE b gauge\nb 0.5\n"
        "# HELP c C.\n# TYPE c info\nc_info{x=\"1\",y=\"2\"} 1\n"
        "# HELP d_seconds D.\n# TYPE d_seconds histogram\n# UNIT d_seconds seconds\n"
        "d_seconds_bucket{le=\"+Inf\"} 2\nd_seconds_sum 0.25\n# EOF\n");
}

TEST_CASE("labels are escaped") {
  CHECK(labels_of({}).empty());
  CHECK(labels_of({{"a", "x"}, {"b", ""}}) == R"(a="x",b="")");
  CHECK(labels_of({{"a", "\"\\\n{},="}}) == R"(a="\"\\\n{},=")");
}

TEST_CASE("the format is what the client prefers") {
  using enum MetricsFormat;
  CHECK(metrics_format_of("") == kPrometheus);
  CHECK(metrics_format_of("*/*") == kPrometheus);
  CHECK(metrics_format_of("text/html,*/*;q=0.8") == kPrometheus);
  // Prometheus 2.42's own.
  CHECK(metrics_format_of("application/openmetrics-text;version=1.0.0,application/"
                          "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,"
                          "*/*;q=0.1") == kOpenMetrics);
  CHECK(metrics_format_of("application/openmetrics-text") == kOpenMetrics);
  CHECK(metrics_format_of("application/openmetrics-text;q=0.4,text/plain") == kPrometheus);
  CHECK(metrics_format_of("application/openmetrics-text;q=0") == kPrometheus);
  CHECK(metrics_format_of("application/openmetrics-text;q=x") == kPrometheus);
  CHECK(metrics_format_of(",;,;;q=,") == kPrometheus);
}

TEST_CASE("delays are counted in the buckets of a histogram") {
  stats::Histogram delays;
  delays.add(0, 3);
  delays.add(900);
  delays.add(70'000);
  delays.add(2'000'000'000, 2);
  DelaySample sample;
  sample.add(delays);
  CHECK(sample.samples == 7);
  CHECK(sample.up_to.front() == 4);
  CHECK(sample.up_to[4] == 5);
  CHECK(sample.up_to.back() == 5);
  CHECK(sample.sum_seconds == Approx(4.0000709).epsilon(0.07));
}

TEST_CASE("every number of a snapshot is written, whatever a port is called") {
  Snapshot snapshot;
  PortSample& port = snapshot.ports.emplace_back();
  port.name = "a\"b";
  port.driver = "net_ring";
  port.linked = true;
  port.speed_mbps = 10'000;
  port.rx_packets = 12345;
  port.losses.push_back({"missed", port::LossKind::kMissed, 7});
  port.drops[0] = 99;
  port.bands.resize(2);
  port.bands[1].queued = 17;
  snapshot.workers.emplace_back().busy_cycles = 5'000'000'000;
  const std::string text = write_metrics(
      snapshot,
      {.version = "1", .commit = "c", .dpdk = "d", .started = 1.5, .cycles_a_second = 1e9}, "00ff",
      MetricsFormat::kPrometheus);
  for (
      const std::string line :
      {R"(ringroad_build_info{version="1",commit="c",dpdk="d"} 1)",
       R"(ringroad_config_info{hash="00ff"} 1)", "ringroad_start_time_seconds 1.5",
       R"(ringroad_port_link_up{port="a\"b"} 1)",
       R"(ringroad_port_speed_bytes_per_second{port="a\"b"} 1250000000)",
       R"(ringroad_port_receive_packets_total{port="a\"b"} 12345)",
       R"(ringroad_port_lost_packets_total{port="a\"b",kind="receive_missed",source="missed"} 7)",
       R"(ringroad_dropped_packets_total{port="a\"b",class="malformed",reason="frame_truncated"} 99)",
       R"(ringroad_dropped_packets_total{port="a\"b",class="refused",reason="hook"} 0)",
       R"(ringroad_band_queued_packets{port="a\"b",band="1"} 17)",
       R"(ringroad_worker_seconds_total{worker="0",core="0",mode="busy"} 5)"}) {
    INFO(line);
    CHECK(text.contains("\n" + line + "\n") | text.starts_with(line));
  }
  CHECK_FALSE(text.contains("ringroad_band_delay_seconds"));
}

}  // namespace ringroad::http
