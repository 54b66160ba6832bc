// SPDX-License-Identifier: BSD-3-Clause
// A refused change must change nothing, an accepted one can be undone, and the running
// configuration starts again: random sequences of every verb that changes the router, as roadctl
// sends them.

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <string>

#include "config/load.hpp"
#include "control/verbs.hpp"
#include "random_changes.hpp"
#include "snapshot.hpp"
#include "testbed.hpp"

namespace ringroad::test {
namespace {

using nlohmann::json;

constexpr unsigned kChanges = 50;

config::Config base_config() {
  config::Config config = Testbed::basic_config();
  config.ports.push_back(
      {.name = "c", .device = "", .addresses = {}, .queues = {}, .scheduler = ""});
  config.ports.push_back(sub_interface("a.9", "a", 9, {Ipv4{10, 9, 0, 1}, 24}));
  return config;
}

// Returns the options of a request that adds the given running route.
json words_of(const config::Route& route) {
  json words{{"prefix", route.to.to_string()}, {"metric", route.metric}};
  words["table"] = std::to_string(route.table);
  if (route.source) {
    words["source"] = route.source->to_string();
  }
  words["type"] = to_string(route.type);
  for (const config::NextHop& hop : route.next_hops) {
    json one = json::object();
    if (hop.via) {
      one["via"] = hop.via->to_string();
    }
    if (!hop.port.empty()) {
      one["port"] = hop.port;
    }
    if (hop.on_link) {
      one["onlink"] = true;
    }
    if (hop.recursive) {
      one["recursive"] = true;
    }
    if (!hop.via) {
      words.update(one);
    } else {
      one["weight"] = hop.weight;
      words["nexthops"].push_back(one);
    }
  }
  return words;
}

class Sequences {
 public:
  explicit Sequences(std::uint32_t seed) : changes_{seed} {}

  void run(unsigned sequences) {
    for (unsigned i = 0; i < sequences; ++i) {
      if (changes_.one_in(20)) {
        fill_tables();
      }
      for (unsigned change = 0; change < kChanges; ++change) {
        step();
      }
      empty_tables();
      if (i % 16 == 0) {
        check_round_trip();
      }
      start_over();
    }
  }
  [[nodiscard]] config::Config after_many_changes() {
    for (unsigned change = 0; change < 4 * kChanges; ++change) {
      step();
    }
    bring_all_up();
    return bed_.router->configuration().running_config();
  }
  [[nodiscard]] unsigned refused() const { return refused_; }
  [[nodiscard]] unsigned accepted() const { return accepted_; }
  [[nodiscard]] unsigned undone() const { return undone_; }

 private:
  bool carry_out(const Request& request) {
    const auto answer = control::carry_out(*bed_.router, request.json());
    why_ = answer ? "" : answer.error().what;
    bed_.run();
    for (const PortId port : {PortId{0}, PortId{1}, PortId{2}}) {
      frames_ += bed_.discard(port);
    }
    return answer.has_value();
  }

  void step() {
    const Request request = changes_.next();
    const config::Config before = bed_.router->configuration().running_config();
    const Snapshot was{bed_};
    macs_.clear();
    for (const interface::InterfaceView& view : bed_.router->world().ports()) {
      macs_.push_back(view.mac);
    }
    // A gateway that is inside a subnet by now would be resolved to that subnet's port when its
    // route is added again.
    const routing::Routing4& routing = bed_.router->routing();
    const bool found_anew = routing.rib().any_path([&](const fib::Path4& path) {
      return std::ranges::any_of(path.next_hops, [&](const auto& hop) {
        return hop.via && !hop.on_link && hop.port != routing.port_of(*gateway_as<Ipv4>(*hop.via));
      });
    });
    // The failure of a neighbor is forgotten with its entry.
    const bool forgets = request.group() == "neighbor" && has_failed(request);
    frames_ = 0;
    const bool accepted = carry_out(request);
    INFO(request.json() << " -> " << (accepted ? "accepted" : why_));
    if (!accepted) {
      ++refused_;
      const Snapshot is{bed_};
      INFO(difference(was.text(), is.text()));
      REQUIRE(is == was);
      REQUIRE(frames_ == 0);
      return;
    }
    ++accepted_;
    if (held_adjacencies_.empty() && !found_anew && !forgets && changes_.one_in(3)) {
      if (const auto undo = undo_of(request, before)) {
        for (const Request& back : *undo) {
          const bool undone = carry_out(back);
          INFO("undo " << back.json() << " -> " << why_);
          REQUIRE(undone);
        }
        Snapshot is{bed_};
        INFO(difference(was.text(), is.text()));
        // A group that is added again distributes its flows anew.
        is.flows = was.flows;
        INFO((is == was ? "" : config::to_yaml(before)));
        REQUIRE(is == was);
        ++undone_;
      }
    }
  }

  [[nodiscard]] bool has_failed(const Request& neighbor) const {
    const auto& options = neighbor.options;
    if (!options.contains("address") || !options.at("address").is_string() ||
        !options.contains("port") || !options.at("port").is_string()) {
      return false;
    }
    const auto address = Ipv4::parse(options.at("address").get<std::string>());
    const interface::InterfaceView* const port =
        bed_.router->world().find_port(options.at("port").get<std::string>());
    return address && port != nullptr &&
           !bed_.router->routing().next_hops().usable(neigh::Key4{port->id, *address});
  }

  // Returns requests that undo the request; none if they would not restore the state in Linux
  // either.
  std::optional<std::vector<Request>> undo_of(const Request& request,
                                              const config::Config& before) {
    const std::string group = request.group();
    if (group == "route") {
      return undo_of_route(before);
    }
    if (group == "neighbor") {
      return undo_of_neighbor(request, before);
    }
    const auto& port = *std::ranges::find(
        before.ports, request.options.at("port").get<std::string>(), &config::Port::name);
    if (group == "address" && request.name() == "add") {
      return std::vector{Request{{"address", "del"}, request.options}};
    }
    if (group == "link") {
      return undo_of_link(request, port, before);
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::vector<Request>> undo_of_route(
      const config::Config& before) const {
    std::vector<Request> undo;
    const config::Config now = bed_.router->configuration().running_config();
    const auto same_place = [](const config::Route& a) {
      return [&a](const config::Route& b) {
        return a.to == b.to && a.metric == b.metric && a.table == b.table;
      };
    };
    for (const config::Route& route : now.routes) {
      if (std::ranges::none_of(before.routes, same_place(route))) {
        undo.push_back({{"route", "del"},
                        {{"prefix", route.to.to_string()},
                         {"metric", route.metric},
                         {"table", std::to_string(route.table)}}});
      }
    }
    for (const config::Route& route : before.routes) {
      const auto there = std::ranges::find_if(now.routes, same_place(route));
      if (there != now.routes.end() && *there == route) {
        continue;
      }
      // If a gateway's subnet was removed, its route is listed with `onlink`, which differs from
      // the original.
      if (std::ranges::any_of(route.next_hops, &config::NextHop::on_link)) {
        return std::nullopt;
      }
      const char* const verb = there == now.routes.end() ? "append" : "replace";
      undo.push_back({{"route", verb}, words_of(route)});
    }
    return undo;
  }

  static std::optional<std::vector<Request>> undo_of_neighbor(const Request& request,
                                                              const config::Config& before) {
    if (request.name() == "flush") {
      return std::nullopt;
    }
    const auto known = std::ranges::find_if(before.neighbors, [&](const auto& neighbor) {
      return request.options.at("port") == neighbor.port &&
             request.options.at("address") == neighbor.address.to_string();
    });
    if (known == before.neighbors.end()) {
      if (request.name() == "del") {
        return std::nullopt;
      }
      return std::vector{Request{
          {"neighbor", "del"},
          {{"address", request.options.at("address")}, {"port", request.options.at("port")}}}};
    }
    return std::vector{Request{{"neighbor", "replace"},
                               {{"address", known->address.to_string()},
                                {"port", known->port},
                                {"mac", known->mac.to_string()}}}};
  }

  std::optional<std::vector<Request>> undo_of_link(const Request& request, const config::Port& port,
                                                   const config::Config& before) {
    // Taking a link down also takes its sub-interfaces down, whatever their state was.
    if (request.options.contains("up")) {
      return std::nullopt;
    }
    Request back{{"link", "set"}, {{"port", port.name}, {"mtu", port.mtu}}};
    if (request.options.contains("mac")) {
      const auto number = static_cast<std::size_t>(&port - before.ports.data());
      back.options["mac"] = macs_.at(number).to_string();
    }
    std::vector<Request> undo{back};
    for (const config::Port& other : before.ports) {
      if (other.vlan && other.vlan->link == port.name) {
        undo.push_back({{"link", "set"}, {{"port", other.name}, {"mtu", other.mtu}}});
      }
    }
    return undo;
  }

  // Fills the tables from which changes allocate, until empty_tables().
  void fill_tables() {
    interface::World& world = bed_.router->world();
    const std::size_t left = changes_.one_in(2) ? 0 : 3;
    // NOLINTBEGIN(bugprone-unchecked-optional-access): there is room
    while (world.adjacencies().free() > left) {
      held_adjacencies_.push_back(world.adjacencies().allocate().value());
    }
    while (changes_.one_in(2) && world.next_hops().free() > left) {
      held_next_hops_.push_back(world.next_hops().allocate(held_adjacencies_.front()).value());
    }
    // NOLINTEND(bugprone-unchecked-optional-access)
  }
  void empty_tables() {
    interface::World& world = bed_.router->world();
    for (const NextHopId id : held_next_hops_) {
      world.next_hops().retire(id);
    }
    for (const AdjacencyId id : held_adjacencies_) {
      world.adjacencies().retire(id);
    }
    held_next_hops_.clear();
    held_adjacencies_.clear();
    bed_.run();
  }

  void check_round_trip() const {
    const config::Config running = bed_.router->configuration().running_config();
    const std::string yaml = config::to_yaml(running);
    const auto again = config::parse(yaml, "running.yaml");
    INFO(yaml);
    INFO((again ? "" : again.error().front().to_string()));
    REQUIRE(again);
    REQUIRE(config::to_yaml(*again) == yaml);
  }

  void bring_all_up() {
    for (const std::string& port : changes_.pools().ports) {
      REQUIRE(carry_out({{"link", "set"}, {{"port", port}, {"up", true}}}));
    }
  }
  // Brings all ports up and removes most routes.
  void start_over() {
    bring_all_up();
    for (const config::Route& route : bed_.router->configuration().running_config().routes) {
      if (!changes_.one_in(8)) {
        REQUIRE(carry_out({{"route", "del"},
                           {{"prefix", route.to.to_string()},
                            {"metric", route.metric},
                            {"table", std::to_string(route.table)}}}));
      }
    }
  }

  RandomChanges changes_;
  Testbed bed_{{.config = base_config()}};
  std::vector<Mac> macs_;
  std::vector<AdjacencyId> held_adjacencies_;
  std::vector<NextHopId> held_next_hops_;
  std::string why_;
  std::uint64_t frames_ = 0;
  unsigned refused_ = 0;
  unsigned accepted_ = 0;
  unsigned undone_ = 0;
};

}  // namespace

TEST_CASE("a refused change leaves no trace, and an accepted one can be undone") {
  Sequences sequences{7};
  sequences.run(60);
  CHECK(sequences.refused() > 300);
  CHECK(sequences.accepted() > 300);
  CHECK(sequences.undone() > 100);
}

TEST_CASE("what runs after many changes starts again") {
  const std::uint32_t seed = GENERATE(1U, 2U, 3U);
  const config::Config running = Sequences{seed}.after_many_changes();
  const Testbed again{{.config = running}};
  // The testbed's devices have other names and MAC addresses each time.
  const auto yaml = [](config::Config config) {
    for (config::Port& port : config.ports) {
      port.device.clear();
      port.mac.reset();
    }
    return config::to_yaml(config);
  };
  CHECK(yaml(running) == yaml(again.router->configuration().running_config()));
}

TEST_CASE("a refused change leaves no trace in 10,000 sequences", "[.long]") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  Sequences sequences{seed};
  sequences.run(10'000);
  WARN(sequences.refused() << " refused, " << sequences.accepted() << " accepted, "
                           << sequences.undone() << " undone");
}

}  // namespace ringroad::test
