#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "config/interface.hpp"
#include "config/scalars.hpp"

namespace ringroad::config {
namespace {

constexpr std::size_t kVlansMax = 960;
// IEEE 802.1Q 9.6: 0 is no VLAN but a priority, 4095 is reserved.
constexpr Range<std::uint16_t> kIds{1, 4094};

// "lan.100": link lan, id 100.
struct Parts {
  std::string link;
  std::uint16_t id = 0;
};
std::optional<Parts> parts_of(const std::string& name) {
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) {
    return std::nullopt;
  }
  Parts parts{.link = name.substr(0, dot)};
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + dot + 1, end, parts.id);
  const bool good =
      read.ec == std::errc{} && read.ptr == end && parts.id >= kIds.least && parts.id <= kIds.most;
  return good ? std::optional{parts} : std::nullopt;
}

// {PCP: priority} or {priority: PCP}; `set` takes both as numbers.
template <class Set>
void read_map(const Value* map, std::uint16_t most_key, std::uint16_t most_value, Set set) {
  if (map == nullptr) {
    return;
  }
  const Fields fields{*map};
  for (const Entry& entry : fields.entries()) {
    std::uint16_t key = 0;
    const char* const end = entry.key.data() + entry.key.size();
    const auto done = std::from_chars(entry.key.data(), end, key);
    if (done.ec != std::errc{} || done.ptr != end || key > most_key) {
      entry.value.problem(fmt::format("its key is not a number of 0 to {}", most_key));
      continue;
    }
    if (const auto value = read(&entry.value, Range<std::uint16_t>{0, most_value})) {
      set(key, *value);
    }
  }
}

class VlansReader {
 public:
  VlansReader(PortContext& context, std::vector<Port>& ports) : context_{context}, ports_{ports} {}

  void read_vlan(const Entry& entry);

 private:
  const Port* read_link(const Fields& fields, const std::optional<Parts>& parts);
  void check_tag(const Value& where, const Vlan& vlan);

  PortContext& context_;
  std::vector<Port>& ports_;
  std::map<std::tuple<std::string, std::uint16_t, VlanProtocol>, Position> tags_;
};

const Port* VlansReader::read_link(const Fields& fields, const std::optional<Parts>& parts) {
  const Value* const value =
      parts ? fields.find("link") : fields.require("link", "the port whose frames have the tag");
  auto name = read_text(value);
  if (value == nullptr && parts) {
    name = parts->link;
  }
  if (!name) {
    return nullptr;
  }
  const Value& where = value != nullptr ? *value : fields.value();
  const auto link = std::ranges::find(ports_, *name, &Port::name);
  if (link == ports_.end()) {
    check_reference(where, *name, "port", context_.names);
    return nullptr;
  }
  const auto is_outer = [&](const Port& port) {
    return link->vlan.has_value() && port.vlan.has_value() && port.name == link->vlan->link;
  };
  if (std::ranges::any_of(ports_, is_outer)) {
    where.problem(fmt::format("{} has two tags already; a frame has at most two", *name));
    return nullptr;
  }
  return &*link;
}

void VlansReader::check_tag(const Value& where, const Vlan& vlan) {
  const auto [first, is_new] =
      tags_.try_emplace(std::tuple{vlan.link, vlan.id, vlan.protocol}, where.position());
  if (!is_new) {
    where.problem(fmt::format("VLAN {} of {} is already a sub-interface, on line {}", vlan.id,
                              vlan.link, first->second.line));
  }
}

void VlansReader::read_vlan(const Entry& entry) {
  static constexpr auto kKeys =
      with_interface_keys("id", "link", "protocol", "ingress_qos", "egress_qos");
  Port port;
  port.name = entry.key;
  const Fields fields{entry.value, kKeys};
  const auto parts = parts_of(entry.key);
  Vlan vlan;
  if (const Port* const link = read_link(fields, parts)) {
    vlan.link = link->name;
    port.mtu = link->mtu;
  }
  const Value* const id = parts ? fields.find("id") : fields.require("id", "a VLAN, 1..4094");
  vlan.id = parts ? parts->id : 0;
  assign(vlan.id, read(id, kIds));
  assign(vlan.protocol, read(fields.find("protocol"), kVlanProtocolWords));
  read_map(fields.find("ingress_qos"), 7, 15, [&](std::uint16_t pcp, std::uint16_t priority) {
    vlan.ingress_qos.at(pcp) = static_cast<std::uint8_t>(priority);
  });
  read_map(fields.find("egress_qos"), 15, 7, [&](std::uint16_t priority, std::uint16_t pcp) {
    vlan.egress_qos.at(priority) = static_cast<std::uint8_t>(pcp);
  });
  const std::uint16_t most = port.mtu;
  read_interface(fields, context_, port);
  if (!vlan.link.empty() && port.mtu > most) {
    // As Linux's vlan_dev_change_mtu: the link carries no more.
    fields.find("mtu")->problem(
        fmt::format("{} is more than the {} of {}", port.mtu, most, vlan.link));
  }
  if (!vlan.link.empty() && vlan.id != 0) {
    check_tag(entry.value, vlan);
  }
  port.vlan = std::move(vlan);
  ports_.push_back(std::move(port));
}

}  // namespace

void read_vlans(const Value& section, PortContext& context, std::vector<Port>& ports) {
  const Fields fields{section};
  if (!fields.is_map()) {
    context.connected.set_incomplete();
    context.names.complete = false;
    return;
  }
  if (fields.entries().size() > kVlansMax) {
    section.problem(fmt::format("has more than {} sub-interfaces", kVlansMax));
  }
  VlansReader reader{context, ports};
  for (const Entry& entry : fields.entries()) {
    check_name(entry);
    if (std::ranges::find(context.names.names, entry.key) != context.names.names.end()) {
      entry.value.problem(fmt::format("{} is already a port", entry.key));
      continue;
    }
    reader.read_vlan(entry);
    context.names.names.push_back(entry.key);
  }
}

}  // namespace ringroad::config
