// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

// Returns a table of the packets that devices lost, by the device's counter; empty if none lost
// any.
std::string losses_of(const json& ports, const Display& display) {
  Table losses{{{"PORT"}, {"LOST BY THE DEVICE"}, {"PACKETS", kRight}}};
  bool any = false;
  for (const json& port : ports) {
    const json& by_name = field(port, "device_losses");
    if (!by_name.is_object()) {
      continue;
    }
    for (const auto& [name, packets] : by_name.items()) {
      if (packets != 0) {
        losses.add({plain(port, "name"), Cell{name}, trouble(by_name, name.c_str(), display)});
        any = true;
      }
    }
  }
  return any ? fmt::format("\n{}", losses.print(display)) : std::string{};
}

// Returns a table of what the ports carried in the last second; empty if the router does not say.
std::string rates_of(const json& ports, const Display& display) {
  Table rates{{{"PORT"},
               {"RX packets/s", kRight},
               {"RX bit/s", kRight},
               {"RX %", kRight},
               {"TX packets/s", kRight},
               {"TX bit/s", kRight},
               {"TX %", kRight}}};
  bool any = false;
  for (const json& port : ports) {
    any = any || field(port, "rx_packets_per_second").is_number();
    rates.add(with_rates({plain(port, "name")}, port));
  }
  return any ? fmt::format("\n{}", rates.print(display)) : std::string{};
}

// Returns a table of the packets that the router dropped at each port, by reason; empty if it
// dropped none.
std::string drops_of(const json& ports, const Display& display) {
  Table drops{{{"PORT"}, {"DROPPED BY THE ROUTER"}, {"PACKETS", kRight}, {"PER SECOND", kRight}}};
  bool any = false;
  for (const json& port : ports) {
    const json& by_reason = field(port, "drops");
    if (!by_reason.is_object()) {
      continue;
    }
    for (const auto& [reason, packets] : by_reason.items()) {
      const json& now = field(field(port, "drops_per_second"), reason.c_str());
      drops.add({plain(port, "name"), Cell{reason}, trouble(by_reason, reason.c_str(), display),
                 Cell{now.is_null() ? "0" : amount(now)}});
      any = true;
    }
  }
  return any ? fmt::format("\n{}", drops.print(display)) : std::string{};
}

std::string render_ports(const json& ports, const Display& display) {
  Table identity{{{"PORT"},
                  {"LINK"},
                  {"SPEED Mbit/s", kRight},
                  {"MTU bytes", kRight},
                  {"MAC"},
                  {"DRIVER"},
                  {"DEVICE"},
                  {"NODE", kRight, "0"},
                  {"ADDRESSES"}}};
  Table counters{{{"PORT"},
                  {"RX packets", kRight},
                  {"RX bytes", kRight},
                  {"RX missed", kRight, "0"},
                  {"RX no buffer", kRight, "0"},
                  {"RX errors", kRight, "0"},
                  {"TX packets", kRight},
                  {"TX bytes", kRight},
                  {"TX errors", kRight, "0"},
                  {"TX requeued", kRight, "0"},
                  {"TX completed", kRight},
                  {"TX hangs", kRight, "0"},
                  {"CONFLICTS", kRight, "0"}}};
  for (const json& port : ports) {
    identity.add({plain(port, "name"), state(port, "link"), plain(port, "speed_mbps"),
                  plain(port, "mtu"), plain(port, "mac"), plain(port, "driver"),
                  plain(port, "device"), plain(port, "node"), plain(port, "addresses")});
    counters.add({plain(port, "name"), count(port, "rx_packets", display),
                  count(port, "rx_bytes", display), trouble(port, "rx_missed", display),
                  trouble(port, "rx_no_buffer", display), trouble(port, "rx_errors", display),
                  count(port, "tx_packets", display), count(port, "tx_bytes", display),
                  trouble(port, "tx_errors", display), count(port, "tx_requeued", display),
                  count(port, "tx_completed", display), trouble(port, "tx_hangs", display),
                  trouble(port, "conflicts", display)});
  }
  return identity.print(display) + rates_of(ports, display) +
         fmt::format("\n{}", counters.print(display)) + losses_of(ports, display) +
         drops_of(ports, display);
}

const Registration kShowPorts{
    {.group = "show",
     .name = "ports",
     .usage = "[P]",
     .summary = "link, addresses, rates, counters and drops of the ports, or of one",
     .options = optional_port,
     .examples = {"show ports", "show ports wan --json", "show ports --watch 1"},
     .render = render_ports,
     .answers = json::value_t::array}};

}  // namespace
}  // namespace ringroad::roadctl
