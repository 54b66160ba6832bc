// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the operator configured, as it runs: static routes, files of routes and permanent neighbors,
// as verbs change them; and the configuration that says the same, read from the tables. Control
// thread only.
#include <cstdint>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "config/load.hpp"
#include "config/model.hpp"
#include "control/links.hpp"
#include "host/neighbors.hpp"
#include "interface/world.hpp"
#include "routing/background.hpp"
#include "routing/route_load.hpp"
#include "routing/routing.hpp"
#include "routing/static_routes.hpp"

namespace ringroad::control {

class Configuration {
 public:
  struct Parts {
    interface::World& world;
    routing::Routing& routing;
    host::Neighbors& neighbors;
    Links& links;
  };
  Configuration(const config::Config& configured, const Parts& parts);

  // Told now and then while a file of routes is loaded.
  using OnLoad = std::function<void(const routing::RouteLoad&)>;
  // The routes and neighbors to begin with, before the workers run. `place` is what is set up at
  // the moment, for who tells of a failure.
  Status start(const config::Config& configured, config::Fault& place, const OnLoad& on_load);

  // As the verbs of `ip route`, all or none.
  Status set_route(const config::Route& route, routing::Routing::Mode mode);
  Status add_route(const config::Route& route) {
    return set_route(route, routing::Routing::Mode::kAdd);
  }
  Status remove_route(const routing::Routing::Selection& selection);
  Status erase_route(const fib::RouteSelector4& selector);
  // An address that no port has any more takes its routes with it (Linux's fib_sync_down_addr).
  void erase_routes_from(Ipv4 source);
  // One at a time; advance_load() carries it on until it is finished.
  Status load_routes(const config::RouteFile& file, routing::RouteLoad::Gateways gateways =
                                                        routing::RouteLoad::Gateways::kReachable);
  bool advance_load();
  // The last one that was started, and its number; null where there was none.
  [[nodiscard]] const routing::RouteLoad* load() const { return load_.get(); }
  [[nodiscard]] std::uint64_t load_number() const { return load_number_; }

  // A permanent one, in place of one that was learned; `ip neigh add` and `replace`.
  Status add_neighbor(const config::StaticNeighbor& neighbor);
  Status replace_neighbor(const config::StaticNeighbor& neighbor);
  Status erase_neighbor(neigh::Key4 key);

  // What runs now, changes since the start included.
  [[nodiscard]] config::Config running_config() const;
  // The same without what may be long: routes, files of routes, static neighbors.
  [[nodiscard]] config::Config brief_config() const;
  // How the configuration lists a static route.
  [[nodiscard]] config::Route listed(const fib::Rib4::View& route) const;
  // Whether the configuration has few routes and neighbors, all of them as they run.
  [[nodiscard]] bool config_is_short() const;
  // What no verb changes of what was configured.
  [[nodiscard]] const config::Config& fixed() const { return fixed_; }
  [[nodiscard]] const fib::TableNames& table_names() const { return table_names_; }

 private:
  Status set_waiting_route(const config::Route& route);
  Status load_and_wait(const config::RouteFile& file, const OnLoad& on_load);
  Status set_neighbor(const config::StaticNeighbor& neighbor);
  [[nodiscard]] Result<routing::Routing::Request> request_of(const config::Route& route) const;
  [[nodiscard]] bool files_say_it_all() const;

  interface::World& world_;
  routing::Routing& routing_;
  host::Neighbors& neighbors_;
  Links& links_;
  routing::Background background_;
  config::Config fixed_;  // what no verb changes
  std::vector<config::RouteFile> route_files_;
  fib::TableNames table_names_;
  routing::StaticRoutes static_routes_;
  std::unique_ptr<routing::RouteLoad> load_;
  std::uint64_t load_number_ = 0;
};

}  // namespace ringroad::control
