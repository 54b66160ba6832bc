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
std::string losses_of(const json& ports, bool color) {
  Table losses{{{"PORT"}, {"LOST BY THE DEVICE"}, {"PACKETS", kRight}}};
  bool any = false;
  for (const json& port : ports) {
    const json& by_name = field(port, "device_losses");
    if (!by_name.is_object()) {
      continue;
    }
    for (const auto& [name, packets] : by_name.items()) {
      if (packets != 0) {
        losses.add({plain(port, "name"), Cell{name}, trouble(by_name, name.c_str())});
        any = true;
      }
    }
  }
  return any ? fmt::format("\n{}", losses.print(color)) : std::string{};
}

std::string render_ports(const json& ports, bool color) {
  Table identity{{{"PORT"},
                  {"LINK"},
                  {"SPEED Mbit/s", kRight},
                  {"MTU bytes", kRight},
                  {"MAC"},
                  {"DRIVER"},
                  {"DEVICE"},
                  {"NODE", kRight},
                  {"ADDRESSES"}}};
  Table counters{{{"PORT"},
                  {"RX packets", kRight},
                  {"RX bytes", kRight},
                  {"RX missed", kRight},
                  {"RX no buffer", kRight},
                  {"RX errors", kRight},
                  {"TX packets", kRight},
                  {"TX bytes", kRight},
                  {"TX errors", kRight},
                  {"TX requeued", kRight},
                  {"TX completed", kRight},
                  {"TX hangs", kRight},
                  {"CONFLICTS", kRight}}};
  for (const json& port : ports) {
    identity.add({plain(port, "name"), state(port, "link"), plain(port, "speed_mbps"),
                  plain(port, "mtu"), plain(port, "mac"), plain(port, "driver"),
                  plain(port, "device"), plain(port, "node"), plain(port, "addresses")});
    counters.add({plain(port, "name"), plain(port, "rx_packets"), plain(port, "rx_bytes"),
                  trouble(port, "rx_missed"), trouble(port, "rx_no_buffer"),
                  trouble(port, "rx_errors"), plain(port, "tx_packets"), plain(port, "tx_bytes"),
                  trouble(port, "tx_errors"), plain(port, "tx_requeued"),
                  plain(port, "tx_completed"), trouble(port, "tx_hangs"),
                  trouble(port, "conflicts")});
  }
  return identity.print(color) + fmt::format("\n{}", counters.print(color)) +
         losses_of(ports, color);
}

const Registration kShowPorts{{.group = "show",
                               .name = "ports",
                               .usage = "",
                               .summary = "link, addresses and counters of every port",
                               .options = no_words,
                               .render = render_ports,
                               .answers = json::value_t::array}};

}  // namespace
}  // namespace ringroad::roadctl
