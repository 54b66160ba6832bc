// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <list>
#include <map>
#include <tuple>
#include <unordered_map>

#include "config/interface.hpp"
#include "config/scalars.hpp"

namespace ringroad::config {
namespace {

constexpr std::size_t kVlansMax = 960;
// IEEE 802.1Q 9.6: 0 carries only a priority, 4095 is reserved.
constexpr Range<std::uint16_t> kIds{1, 4094};

// The parts of a name such as "lan.100": link lan, id 100.
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

// Reads {PCP: priority} or {priority: PCP}; `set` receives both numbers.
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

// A sub-interface that is not read yet, and what is known of its link.
struct Unread {
  Entry entry;
  Fields fields;
  std::optional<Parts> parts;
  const Value* link_value;  // null if the link is part of the name
  std::string link;         // empty if it could not be read
};

constexpr auto kKeys = with_interface_keys("id", "link", "protocol", "ingress_qos", "egress_qos");

// The keys of a mapping have no order (YAML 1.2, 3.2.1.1), so a link may come after its
// sub-interfaces. Each sub-interface is read after its link, whose MTU is its default; otherwise
// the order of the file applies.
class VlansReader {
 public:
  VlansReader(PortContext& context, std::vector<Port>& ports) : context_{context}, ports_{ports} {}

  void add(const Entry& entry);
  void read_all();

 private:
  // Returns null if the sub-interface was read or does not exist.
  [[nodiscard]] const Unread* unread(const std::string& name) const;
  void report_circles() const;
  void read_vlan(const Unread& unread);
  const Port* find_link(const Unread& vlan);
  void check_tag(const Value& where, const Vlan& vlan);

  PortContext& context_;
  std::vector<Port>& ports_;
  std::list<Unread> unread_;
  std::unordered_map<std::string, const Unread*> by_name_;  // the same by name
  std::map<std::tuple<std::string, std::uint16_t, VlanProtocol>, Position> tags_;
};

void VlansReader::add(const Entry& entry) {
  Unread& vlan =
      unread_.emplace_back(Unread{.entry = entry,
                                  .fields = Fields{entry.value, kKeys, Place::kInterface},
                                  .parts = parts_of(entry.key),
                                  .link_value = nullptr,
                                  .link = {}});
  vlan.link_value = vlan.parts ? vlan.fields.find("link")
                               : vlan.fields.require("link", "the port whose frames have the tag");
  vlan.link = read_text(vlan.link_value).value_or("");
  if (vlan.link_value == nullptr && vlan.parts && !vlan.fields.has("link")) {
    vlan.link = vlan.parts->link;
  }
  by_name_.emplace(entry.key, &vlan);
}

const Unread* VlansReader::unread(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

void VlansReader::read_all() {
  bool some_read = true;
  while (some_read) {
    some_read = false;
    for (auto vlan = unread_.begin(); vlan != unread_.end();) {
      if (unread(vlan->link) != nullptr) {
        ++vlan;
        continue;
      }
      read_vlan(*vlan);
      by_name_.erase(vlan->entry.key);
      vlan = unread_.erase(vlan);
      some_read = true;
    }
  }
  report_circles();
  for (Unread& vlan : unread_) {
    vlan.link.clear();
    read_vlan(vlan);
  }
}

// Sub-interfaces that are still unread are in a loop of links, or depend on one.
void VlansReader::report_circles() const {
  for (const Unread& first : unread_) {
    const Unread* link = unread(first.link);
    for (std::size_t steps = 0; link != &first && steps < unread_.size(); ++steps) {
      link = unread(link->link);
    }
    if (link != &first) {
      continue;
    }
    const Value& where = first.link_value != nullptr ? *first.link_value : first.entry.value;
    where.problem(first.link == first.entry.key
                      ? first.entry.key + " is its own link; a link is a port, or leads to one"
                      : fmt::format("{} is on {} in its turn; links lead to a port at last",
                                    first.link, first.entry.key));
  }
}

const Port* VlansReader::find_link(const Unread& vlan) {
  if (vlan.link.empty()) {
    return nullptr;
  }
  const Value& where = vlan.link_value != nullptr ? *vlan.link_value : vlan.entry.value;
  const auto link = std::ranges::find(ports_, vlan.link, &Port::name);
  if (link == ports_.end()) {
    Names others = context_.names;
    std::erase(others.names, vlan.entry.key);
    check_reference(where, vlan.link, "port", others);
    return nullptr;
  }
  const auto is_outer = [&](const Port& port) {
    return link->vlan.has_value() && port.vlan.has_value() && port.name == link->vlan->link;
  };
  if (std::ranges::any_of(ports_, is_outer)) {
    where.problem(fmt::format("{} has two tags already; a frame has at most two", vlan.link));
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

void VlansReader::read_vlan(const Unread& unread) {
  const Fields& fields = unread.fields;
  Port port;
  port.name = unread.entry.key;
  Vlan vlan;
  if (const Port* const link = find_link(unread)) {
    vlan.link = link->name;
    port.mtu = link->mtu;
  }
  const Value* const id =
      unread.parts ? fields.find("id") : fields.require("id", "a VLAN, 1..4094");
  vlan.id = unread.parts ? unread.parts->id : 0;
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
    // As in Linux's vlan_dev_change_mtu: the link cannot carry more.
    fields.find("mtu")->problem(
        fmt::format("{} is more than the {} of {}", port.mtu, most, vlan.link));
  }
  if (!vlan.link.empty() && vlan.id != 0) {
    check_tag(unread.entry.value, vlan);
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
    context.connected.set_incomplete();
    context.names.complete = false;
    return;
  }
  VlansReader reader{context, ports};
  for (const Entry& entry : fields.entries()) {
    check_name(entry);
    if (std::ranges::find(ports, entry.key, &Port::name) != ports.end()) {
      entry.value.problem(fmt::format("{} is already a port", entry.key));
      continue;
    }
    context.names.names.push_back(entry.key);
    reader.add(entry);
  }
  reader.read_all();
}

}  // namespace ringroad::config
