#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/interface.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// "0000:03:00.0", or "03:00.0" for domain 0.
bool is_pci_address(std::string_view text) {
  constexpr std::string_view kForm = "hhhh:hh:hh.d";
  const std::string_view form = text.size() == kForm.size() ? kForm : kForm.substr(5);
  return std::ranges::equal(text, form, [](char c, char wanted) {
    return wanted == 'h' ? is_hex(c) : c == wanted || (wanted == 'd' && c >= '0' && c <= '7');
  });
}

// "net_af_packet0,iface=x": a driver's name with a number, then arguments.
bool is_vdev(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(','));
  return (name.starts_with("net_") || name.starts_with("eth_")) && is_digit(name.back()) &&
         std::ranges::all_of(
             name, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '_'; });
}

// Devices with equal identities are the same one to DPDK.
std::string identity(std::string_view device) {
  if (!is_pci_address(device)) {
    return std::string{device.substr(0, device.find(','))};
  }
  std::string address{device};
  std::ranges::transform(address, address.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return address.size() == 7 ? "0000:" + address : address;
}

class PortsReader {
 public:
  explicit PortsReader(PortContext& context) : context_{context} {}

  Port read_port(const Entry& entry);

 private:
  void read_device(const Value* value, std::string& device);

  PortContext& context_;
  std::map<std::string, Position> devices_;
};

void PortsReader::read_device(const Value* value, std::string& device) {
  const auto text = read_text(value);
  if (!text) {
    return;
  }
  if (!is_pci_address(*text) && !is_vdev(*text)) {
    value->problem(
        fmt::format("{} is neither a PCI address (0000:03:00.0) nor a DPDK virtual device "
                    "(net_tap0,iface=tap0)",
                    shown(*text)));
    return;
  }
  const auto [first, is_new] = devices_.try_emplace(identity(*text), value->position());
  if (!is_new) {
    value->problem(fmt::format("{} is already the device of a port, on line {}", first->first,
                               first->second.line));
  }
  device = *text;
}

Port PortsReader::read_port(const Entry& entry) {
  static constexpr auto kKeys =
      with_interface_keys("device", "macaddress", "queues", "spread", "scheduler");
  Port port;
  port.name = entry.key;
  const Fields fields{entry.value, kKeys};
  read_device(fields.require("device", "a PCI address or a DPDK virtual device"), port.device);
  port.mac = read_mac(fields.find("macaddress"));
  read_interface(fields, context_, port);
  if (const auto* queues = fields.find("queues")) {
    const auto text = queues->text();
    if (text && *text != "auto") {
      assign(port.queues, read(queues, Range<std::uint16_t>{1, 64}));
    }
  }
  assign(port.spread, read_flag(fields.find("spread")));
  const Value* scheduler = fields.find("scheduler");
  if (auto name = read_text(scheduler)) {
    if (*name == kDefaultScheduler ||
        check_reference(*scheduler, *name, "scheduler", context_.schedulers)) {
      port.scheduler = *std::move(name);
    }
  }
  return port;
}

}  // namespace

std::vector<Port> read_ports(const Value& section, PortContext& context) {
  constexpr std::size_t kPortsMax = 256;
  std::vector<Port> ports;
  const Fields fields{section};
  context.names.complete = fields.is_map();
  if (!fields.is_map()) {
    context.connected.set_incomplete();
  } else if (fields.entries().empty()) {
    section.missing("is empty; a router has at least one port");
  } else if (fields.entries().size() > kPortsMax) {
    section.missing(fmt::format("has more than {} ports", kPortsMax));
  }
  PortsReader reader{context};
  for (const Entry& entry : fields.entries()) {
    check_name(entry);
    context.names.names.push_back(entry.key);
    ports.push_back(reader.read_port(entry));
  }
  return ports;
}

}  // namespace ringroad::config
