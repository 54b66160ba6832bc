// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The part of the configuration that verbs change: static routes, files of routes and permanent
// neighbors. Also returns the running configuration, read from the tables. Control thread only.
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <vector>

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
    routing::Routing4& routing;
    routing::Routing6& routing6;
    host::Neighbors& neighbors;
    host::Neighbors6& neighbors6;
    Links& links;
  };
  Configuration(const config::Config& configured, const Parts& parts);

  // Called repeatedly while a file of routes is loaded.
  using OnLoad = std::function<void(const routing::RouteLoad&)>;
  // Adds the configured routes and neighbors before the workers run. `place` is set to the part of
  // the configuration that is being applied, so that the caller can report where a failure is.
  Status start(const config::Config& configured, config::Fault& place, const OnLoad& on_load);

  // Changes a route as the verbs of `ip route` do. A refused change changes nothing.
  template <class Address>
  Status set_route(const config::RouteOf<Address>& route, routing::RouteMode mode);
  template <class Address>
  Status add_route(const config::RouteOf<Address>& route) {
    return set_route(route, routing::RouteMode::kAdd);
  }
  template <class Address>
  Status remove_route(const typename routing::Routing<Address>::Selection& selection);
  template <class Address>
  Status erase_route(const fib::RouteSelector<Address>& selector);
  // Removes the static routes with this source, which no port has any more (Linux's
  // fib_sync_down_addr).
  template <class Address>
  void erase_routes_from(Address source);
  // Starts to load a file of routes; advance_load() continues it. Fails while another file is
  // loaded.
  Status load_routes(const config::RouteFile& file, routing::RouteLoad::Gateways gateways =
                                                        routing::RouteLoad::Gateways::kReachable);
  bool advance_load();
  // The load that was started last, and its number. Null if none was started.
  [[nodiscard]] const routing::RouteLoad* load() const { return load_.get(); }
  [[nodiscard]] std::uint64_t load_number() const { return load_number_; }

  // Adds or replaces a permanent neighbor, as `ip neigh add` and `replace` do. It replaces a
  // learned one.
  template <class Address>
  Status add_neighbor(const config::StaticNeighborOf<Address>& neighbor);
  template <class Address>
  Status replace_neighbor(const config::StaticNeighborOf<Address>& neighbor);
  template <class Address>
  Status erase_neighbor(neigh::Key<Address> key);

  // Returns the running configuration, including changes since the start.
  [[nodiscard]] config::Config running_config() const;
  // The same without the parts that may be long: routes, files of routes, static neighbors.
  [[nodiscard]] config::Config brief_config() const;
  // The same with the static neighbors.
  [[nodiscard]] config::Config running_parts() const;
  // Returns a static route as the configuration lists it.
  template <class Address>
  [[nodiscard]] config::RouteOf<Address> listed(const fib::RouteView<Address>& route) const;
  // Whether the running configuration can be made in one go: it has few routes and neighbors, and
  // the files of routes are still valid.
  [[nodiscard]] bool config_is_short() const;
  // The part of the configuration that no verb changes.
  [[nodiscard]] const config::Config& fixed() const { return fixed_; }
  // The firewall has other rules now.
  void set_firewall(const config::Firewall& rules) { fixed_.firewall = rules; }
  [[nodiscard]] const fib::TableNames& table_names() const { return table_names_; }

  // What of a configuration is in no other table of the router.
  struct Kept {
    config::Config fixed;            // each port at its InterfaceId; no routes and neighbors
    std::vector<InterfaceId> order;  // of the ports in the file
    std::vector<config::RouteFile> route_files;
    fib::TableNames table_names;
    routing::StaticRoutes4 static_routes;
    routing::StaticRoutes6 static_routes6{};
  };
  // What is kept of this configuration once the router runs it. `ids`: of its ports, in its order.
  [[nodiscard]] static Kept kept_of(const config::Config& config,
                                    const std::vector<InterfaceId>& ids,
                                    const routing::StaticRoutes4& listed,
                                    const routing::StaticRoutes6& listed6);
  void swap(Kept& kept);
  [[nodiscard]] const std::vector<InterfaceId>& order() const { return order_; }
  // The largest arp.gc_thresh and nd.gc_thresh for which the tables have room.
  [[nodiscard]] std::uint32_t neighbors_max() const { return neighbors_max_; }
  [[nodiscard]] std::uint32_t neighbors6_max() const { return neighbors6_max_; }
  // Runs long work besides the workers.
  [[nodiscard]] routing::Background& background() { return background_; }
  [[nodiscard]] bool loads() const { return load_ && !load_->finished(); }

 private:
  template <class Address>
  Status add_routes(const std::vector<config::RouteOf<Address>>& routes, bool last,
                    config::Fault& place);
  template <class Address>
  Status set_waiting_route(const config::RouteOf<Address>& route);
  Status load_and_wait(const config::RouteFile& file, const OnLoad& on_load);
  template <class Address>
  Status set_neighbor(const config::StaticNeighborOf<Address>& neighbor);
  template <class Address>
  [[nodiscard]] Result<typename routing::Routing<Address>::Request> request_of(
      const config::RouteOf<Address>& route) const;
  template <class Address>
  [[nodiscard]] auto& routing() const {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return routing_;
    } else {
      return routing6_;
    }
  }
  template <class Address>
  [[nodiscard]] auto& neighbors() const {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return neighbors_;
    } else {
      return neighbors6_;
    }
  }
  template <class Address>
  [[nodiscard]] routing::StaticRoutes<Address>& static_routes() {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return static_routes_;
    } else {
      return static_routes6_;
    }
  }
  template <class Address>
  [[nodiscard]] const routing::StaticRoutes<Address>& static_routes() const {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return static_routes_;
    } else {
      return static_routes6_;
    }
  }
  template <class Address>
  void add_running_neighbors(std::vector<config::StaticNeighborOf<Address>>& neighbors) const;
  template <class Address>
  void add_running_routes(bool all, std::vector<config::RouteOf<Address>>& routes) const;
  [[nodiscard]] bool files_say_it_all() const;

  interface::World& world_;
  routing::Routing4& routing_;
  routing::Routing6& routing6_;
  host::Neighbors& neighbors_;
  host::Neighbors6& neighbors6_;
  Links& links_;
  routing::Background background_;
  std::uint32_t neighbors_max_;
  std::uint32_t neighbors6_max_;
  config::Config fixed_;
  std::vector<InterfaceId> order_;  // of the ports in the file
  std::vector<config::RouteFile> route_files_;
  fib::TableNames table_names_;
  routing::StaticRoutes4 static_routes_;
  routing::StaticRoutes6 static_routes6_;
  std::unique_ptr<routing::RouteLoad> load_;
  std::uint64_t load_number_ = 0;
};

}  // namespace ringroad::control
