// SPDX-License-Identifier: BSD-3-Clause
#include "http/metrics_connections.hpp"

#include <cstdint>
#include <string_view>

namespace ringroad::http {

void write_connections(MetricsText& text, const control::Firewall::Tracking& tracking) {
  const filter::Connections::Counters& counters = tracking.counters;
  text.gauge("ringroad_connections", "Connections that the firewall tracks.");
  text.sample("", tracking.count);
  text.gauge("ringroad_connections_limit", "The most connections that there may be.");
  text.sample("", tracking.max);
  text.gauge("ringroad_connections_bytes", "Memory of the tables of connections.", "bytes");
  text.sample("", tracking.bytes);
  const auto counter = [&text](std::string_view name, std::string_view help, std::uint64_t value) {
    text.counter(name, help);
    text.sample("", value);
  };
  counter("ringroad_connections_found", "Packets of a connection that was known.", counters.found);
  counter("ringroad_connections_invalid", "Packets that no connection can have.", counters.invalid);
  counter("ringroad_connections_inserted", "Connections that came into being.", counters.inserted);
  counter("ringroad_connections_insert_failed",
          "Connections that another one with the same addresses and ports came before.",
          counters.insert_failed);
  counter("ringroad_connections_expired", "Connections that were forgotten after their timeout.",
          counters.expired);
  counter("ringroad_connections_early_drops",
          "Connections that were forgotten early, because the table was full.",
          counters.early_drops);
  counter("ringroad_connections_refused",
          "Packets of new connections that the table had no room for.", counters.refused);
}

void write_named_counters(MetricsText& text, const std::vector<NamedCounterSample>& counters) {
  const auto each = [&](std::uint64_t filter::Total::* member) {
    for (const NamedCounterSample& counter : counters) {
      text.sample(
          labels_of(
              {{"family", counter.family}, {"table", counter.table}, {"counter", counter.name}}),
          std::uint64_t{counter.total.*member});
    }
  };
  if (counters.empty()) {
    return;
  }
  text.counter("ringroad_firewall_counter_packets", "Packets of the ruleset's named counters.");
  each(&filter::Total::packets);
  text.counter("ringroad_firewall_counter_bytes", "Bytes of the ruleset's named counters.",
               "bytes");
  each(&filter::Total::bytes);
}

}  // namespace ringroad::http
