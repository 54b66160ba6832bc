// SPDX-License-Identifier: BSD-3-Clause
// Every key must have an effect: for each key of the schema this names a test that observes it.
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace ringroad::config {
namespace {

using nlohmann::json;

struct Seen {
  std::string_view key;
  std::string_view file;  // below test/
  std::string_view test;
};

constexpr std::string_view kEal = "unit/control/eal_arguments_test.cpp";
constexpr std::string_view kKeys = "dataplane/keys_test.cpp";
constexpr std::string_view kScheduler = "each key of a scheduler changes what leaves, or when";
constexpr std::string_view kTimers =
    "each timer of neighbors, of one port or of all, changes when they are asked";
constexpr std::string_view kOwn = "a sub-interface has settings of its own";
constexpr std::string_view kStick = "a router on a stick routes from VLAN to VLAN by one port";
constexpr std::string_view kVlan = "dataplane/vlan_test.cpp";

constexpr std::string_view kLoad6 = "unit/config/load6_test.cpp";
constexpr std::string_view kPort6 = "a port runs IPv6 if anything asks for it";
constexpr std::string_view kAdvertisements = "every key of router advertisements arrives";
constexpr std::string_view kTimers6 =
    "every key of nd arrives, and a port without timers of its own has those of all ports";
constexpr std::string_view kVlan6 = "a sub-interface has the IPv6 keys of a port";

constexpr std::array kSeen{
    Seen{"engine.workers", kEal, "DPDK's arguments follow from the configuration"},
    Seen{"engine.control", kEal, "DPDK's arguments follow from the configuration"},
    Seen{"engine.memory.hugepages", kEal, "memory is looked for where the configuration wants it"},
    Seen{"engine.memory.size", kEal, "memory is looked for where the configuration wants it"},
    Seen{"engine.memory.buffers", "dataplane/hostile_test.cpp",
         "an empty buffer pool drops and recovers"},
    Seen{"engine.idle", "system/idle_test.py", "test_an_idle_worker_leaves_its_core"},
    Seen{"engine.socket", "system/lifecycle_test.py", "test_only_its_owner_may_use_the_socket"},
    Seen{"engine.http.listen", "system/http_test.py", "test_the_metrics_are_served"},
    Seen{"ports.*.device", "system/tap_test.py",
         "test_pings_cross_from_the_tap_to_the_wire_and_back"},
    Seen{"ports.*.addresses", "dataplane/arp_test.cpp",
         "the router answers for its own addresses and learns who asked"},
    Seen{"ports.*.mtu", "system/icmp_error_test.py",
         "test_df_is_answered_with_the_mtu_of_the_next_link"},
    Seen{"ports.*.macaddress", kKeys,
         "a port has the MAC, and the RX queues, that the configuration gives it"},
    Seen{"ports.*.queues", kKeys,
         "a port has the MAC, and the RX queues, that the configuration gives it"},
    Seen{"ports.*.spread", "dataplane/spread_test.cpp",
         "a queue that is not spread is one worker's"},
    Seen{"ports.*.scheduler", "dataplane/bands_test.cpp",
         "a full band drops its newest and no other's"},
    Seen{"ports.*.forwarding", "dataplane/ingress_test.cpp",
         "forwarding off: the router itself answers, all else is dropped in silence"},
    Seen{"ports.*.rp_filter", "dataplane/ingress_test.cpp",
         "rp_filter: strict wants the way back by the same port, loose wants one"},
    Seen{"ports.*.send_redirects", "dataplane/redirect_test.cpp",
         "no redirect where it would not help or is not wanted"},
    Seen{"ports.*.dad", "dataplane/link_test.cpp",
         "with dad an address is used once nobody answered for it"},
    Seen{"ports.*.arp.*", kKeys, kTimers},
    Seen{"ports.*.ipv6", kLoad6, kPort6},
    Seen{"ports.*.accept_ra", kLoad6, kPort6},
    Seen{"ports.*.router_advertisements.*", "unit/config/advertisements_test.cpp", kAdvertisements},
    Seen{"ports.*.nd.*", kLoad6, kTimers6},
    Seen{"vlans.*.id", kVlan, kStick},
    Seen{"vlans.*.link", kVlan, kStick},
    Seen{"vlans.*.protocol", kVlan, "two tags are an inner VLAN of an outer one"},
    Seen{"vlans.*.ingress_qos", kVlan, "priorities pass from tag to band and back"},
    Seen{"vlans.*.egress_qos", kVlan, "priorities pass from tag to band and back"},
    Seen{"vlans.*.addresses", kVlan, kStick},
    Seen{"vlans.*.mtu", kKeys, kOwn},
    Seen{"vlans.*.forwarding", kKeys, kOwn},
    Seen{"vlans.*.rp_filter", kKeys, kOwn},
    Seen{"vlans.*.send_redirects", kKeys, kOwn},
    Seen{"vlans.*.dad", kKeys, kOwn},
    Seen{"vlans.*.arp.*", kKeys, kOwn},
    Seen{"vlans.*.ipv6", kLoad6, kVlan6},
    Seen{"vlans.*.accept_ra", kLoad6, kVlan6},
    Seen{"vlans.*.router_advertisements.*", kLoad6, kVlan6},
    Seen{"vlans.*.nd.*", kLoad6, kVlan6},
    Seen{"tables", "system/route_test.py", "test_tables_are_kept_apart"},
    Seen{"routes[].to", "dataplane/forwarding_test.cpp",
         "routes decide: gateway, blackhole, unreachable, prohibit, none"},
    Seen{"routes[].via", "dataplane/forwarding_test.cpp",
         "routes decide: gateway, blackhole, unreachable, prohibit, none"},
    Seen{"routes[].port", "dataplane/route_test.cpp",
         "a route to a port finds each destination on its link"},
    Seen{"routes[].on-link", "dataplane/route_test.cpp",
         "a gateway that no subnet holds is a neighbor where the route says onlink"},
    Seen{"routes[].recursive", "dataplane/changes_test.cpp",
         "what runs after many changes starts again"},
    Seen{"routes[].type", "dataplane/forwarding_test.cpp",
         "routes decide: gateway, blackhole, unreachable, prohibit, none"},
    Seen{"routes[].nexthops[].*", "dataplane/ecmp_test.cpp",
         "flows spread over the gateways by their weights and each stays on its way"},
    Seen{"routes[].file", "dataplane/route_load_test.cpp",
         "a file of routes is added in slices, between which packets go on"},
    Seen{"routes[].keep_going", "dataplane/route_load_test.cpp",
         "a bad line fails a load, or is passed over where that is asked for"},
    Seen{"routes[].metric", "dataplane/failover_test.cpp",
         "a port that loses its link hands its routes to the next best, and takes them back"},
    Seen{"routes[].table", "dataplane/tables_test.cpp",
         "forwarding asks the default table where main has nothing, and no other table"},
    Seen{"routes[].from", "dataplane/route_test.cpp",
         "an error carries the source of the route that it goes by"},
    Seen{"neighbors[].*", "dataplane/neighbor_test.cpp", "a static neighbor is never asked for"},
    Seen{"schedulers.*.byte_limits", "nic/forwarding_test.py",
         "test_an_idle_port_gives_its_buffers_back"},
    Seen{"schedulers.*", kKeys, kScheduler},
    Seen{"arp.gc_thresh", "dataplane/neighbor_scale_test.cpp",
         "65,536 neighbors are learnt, forwarded to, and seen in use"},
    Seen{"arp.notify", "dataplane/address_test.cpp",
         "each address is announced twice, 2 s apart, when the router starts"},
    Seen{"arp.queue_bytes", kKeys,
         "the bytes that wait for a neighbor are those that arp.queue_bytes says"},
    Seen{"arp.*", kKeys, kTimers},
    Seen{"nd.*", kLoad6, kTimers6},
    Seen{"icmp.*", kKeys, "each limit of ICMP errors changes how many there are"},
    Seen{"ecmp.hash", "dataplane/ecmp_test.cpp",
         "with l4 the connections of two hosts spread, and the pieces of a packet do not"},
    Seen{"firewall.ruleset", "system/firewall_test.py",
         "test_a_ruleset_of_a_file_filters_and_reloads"},
    Seen{"firewall.rules", "dataplane/firewall_test.cpp",
         "rules drop, accept, count and reject what is forwarded, to the router and from it"},
    Seen{"firewall.connections.max", "system/connections_test.py",
         "test_memory_and_metrics_count_connections"},
    Seen{"firewall.connections.timeouts.udp", "system/connections_test.py",
         "test_a_reload_changes_the_timeouts_of_what_follows"},
    Seen{"firewall.connections.*", "unit/config/connections_test.cpp",
         "every key of connections arrives, and what is absent is as in Linux"},
    Seen{"ecmp.seed", kKeys,
         "the seed of the flow hash decides which gateway a flow takes, and lasts"},
};

// A '*' stands for any name; at the end, for everything below.
bool covers(std::string_view pattern, std::string_view key) {
  while (!pattern.empty() && !key.empty()) {
    if (pattern == "*") {
      return true;
    }
    if (pattern.front() != key.front()) {
      return false;
    }
    pattern.remove_prefix(1);
    key.remove_prefix(1);
  }
  return pattern.empty() && key.empty();
}

class Schema {
 public:
  Schema() {
    std::ifstream stream{std::string{SOURCE_ROOT} + "/config/ringroad.schema.json"};
    root_ = json::parse(stream);
  }
  // Returns keys such as "ports.*.arp.locktime".
  [[nodiscard]] std::set<std::string> keys() const {
    std::set<std::string> keys;
    walk(root_, "", keys);
    return keys;
  }

 private:
  void walk(const json& given, const std::string& path, std::set<std::string>& keys) const {
    const json* object = &given;
    if (const auto reference = given.find("$ref"); reference != given.end()) {
      object = &root_.at(json::json_pointer{reference->get<std::string>().substr(1)});
    }
    bool leaf = true;
    const auto below = [&](const json& value, const std::string& step) {
      leaf = false;
      walk(value, path + step, keys);
    };
    if (object->contains("properties")) {
      for (const auto& [key, value] : object->at("properties").items()) {
        below(value, (path.empty() ? "" : ".") + key);
      }
    } else if (const auto any = object->find("additionalProperties");
               any != object->end() && any->is_object() && any->contains("$ref")) {
      below(*any, ".*");
    } else if (const auto items = object->find("items"); items != object->end() &&
                                                         items->contains("$ref") &&
                                                         resolved(*items).contains("properties")) {
      below(*items, "[]");
    }
    if (leaf) {
      keys.insert(path);
    }
  }
  [[nodiscard]] const json& resolved(const json& reference) const {
    return root_.at(json::json_pointer{reference.at("$ref").get<std::string>().substr(1)});
  }

  json root_;
};

std::string content(std::string_view file) {
  const std::ifstream stream{std::string{SOURCE_ROOT} + "/test/" + std::string{file}};
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("each key of the schema has a test that sees its effect") {
  const std::set<std::string> keys = Schema{}.keys();
  CHECK(keys.size() > 60);
  CHECK(keys.contains("ports.*.arp.locktime"));
  CHECK(keys.contains("routes[].nexthops[].weight"));
  CHECK(keys.contains("schedulers.*.each.*.quantum"));
  std::set<std::string_view> used;
  for (const std::string& key : keys) {
    const auto* const seen =
        std::ranges::find_if(kSeen, [&](const Seen& one) { return covers(one.key, key); });
    INFO(key);
    CHECK(seen != kSeen.end());
    if (seen != kSeen.end()) {
      used.insert(seen->key);
    }
  }
  for (const Seen& seen : kSeen) {
    INFO(seen.key << ": " << seen.file << ": " << seen.test);
    CHECK(used.contains(seen.key));
    CHECK(content(seen.file).find(seen.test) != std::string::npos);
  }
}

}  // namespace ringroad::config
