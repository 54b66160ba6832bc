#pragma once
// The router as one thing: it owns the ports, the workers and the tables, and its thread is the one
// writer of them all. EAL must be running.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/model.hpp"
#include "control/addresses.hpp"
#include "control/neighbors.hpp"
#include "control/next_hops.hpp"
#include "control/route_load.hpp"
#include "control/routing.hpp"
#include "control/sender.hpp"
#include "control/slow_path.hpp"
#include "control/world.hpp"
#include "port/port.hpp"
#include "worker/worker.hpp"

namespace ringroad::control {

// Where every packet is: received + generated = sent + delivered + dropped + held, at any moment in
// which no worker is inside a loop.
struct Ledger {
  std::uint64_t received = 0;
  std::uint64_t generated = 0;  // by the router itself
  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;  // ended at the router
  std::uint64_t dropped = 0;
  std::uint64_t held = 0;  // in bands, rings, neighbour queues and incomplete datagrams

  [[nodiscard]] bool balanced() const {
    return received + generated == sent + delivered + dropped + held;
  }
};

class Router {
 public:
  // Told now and then while a file of routes is loaded.
  using OnLoad = std::function<void(const RouteLoad&)>;
  // Everything is set up and every port started; nothing is forwarded until the workers run.
  [[nodiscard]] static Result<std::unique_ptr<Router>> open(const config::Config& config,
                                                            const Clock& clock,
                                                            OnLoad on_load = {});
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Runs each worker on its lcore, worker i on lcore i + 1, until stop_workers().
  Status start_workers();
  void stop_workers();
  // One round of the control thread: what was handed up, the timers that are due, retired memory.
  // False where there was nothing to do.
  bool run_once();
  // Ports down, queues emptied. Fails if a packet buffer is missing afterwards.
  Status shut_down();

  Status add_route(const config::Route& route);
  Status erase_route(const fib::RouteSelector4& selector);
  // One at a time; run_once() carries it on until it is finished.
  Status load_routes(const config::RouteFile& file);
  // The last one that was started, and its number; null where there was none.
  [[nodiscard]] const RouteLoad* load() const { return load_.get(); }
  [[nodiscard]] std::uint64_t load_number() const { return load_number_; }
  // Live changes of a port or a sub-interface, with the effects on ARP and routes that they have in
  // Linux. The configuration follows.
  Status set_link(PortId port, bool up);
  Status set_mtu(PortId port, std::uint16_t mtu);
  Status set_mac(PortId port, Mac mac);
  Status add_address(PortId port, InterfaceAddress address);
  Status erase_address(PortId port, InterfaceAddress address);

  // Whether the bands before that port, or before all, measure how long packets wait.
  void measure_delays(std::optional<PortId> port, bool on);

  Status add_neighbor(const config::StaticNeighbor& neighbor);
  Status erase_neighbor(neigh::Key key);

  // What runs now, changes since the start included.
  [[nodiscard]] config::Config running_config() const;
  [[nodiscard]] Ledger ledger() const;
  [[nodiscard]] std::uint64_t drops(stats::DropReason reason) const;
  [[nodiscard]] const port::Pools& pools() const { return pools_; }

  [[nodiscard]] const config::Config& config() const { return config_; }
  [[nodiscard]] const World& world() const { return *world_; }
  [[nodiscard]] World& world() { return *world_; }
  [[nodiscard]] const Routing& routing() const { return *routing_; }
  [[nodiscard]] const Sender& sender() const { return *sender_; }
  [[nodiscard]] Neighbors& neighbors() { return *neighbors_; }
  [[nodiscard]] const Neighbors& neighbors() const { return *neighbors_; }
  [[nodiscard]] const stats::IpCounters& ip_counters() const { return slow_path_->counters(); }
  [[nodiscard]] const SlowPath::Copied& copied() const { return slow_path_->copied(); }
  [[nodiscard]] const Addresses& addresses() const { return *addresses_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] const std::vector<std::unique_ptr<port::Port>>& ports() const { return ports_; }
  [[nodiscard]] const std::vector<std::unique_ptr<worker::Worker>>& workers() const {
    return workers_;
  }
  // In the main table: what the operator and the addresses gave.
  [[nodiscard]] std::size_t main_routes() const;
  [[nodiscard]] const fib::TableNames& table_names() const { return table_names_; }
  // Whether the port or sub-interface is up and has a link, as routes and neighbours know it: a
  // device may know a moment earlier.
  [[nodiscard]] bool linked(PortId port) const { return linked_[port.value()]; }
  [[nodiscard]] std::uint64_t tx_hangs(PortId port) const { return hangs_[port.value()].count; }

 private:
  Router(config::Config config, const Clock& clock, OnLoad on_load);

  Status set_up_ports();
  Status set_up_tables();
  void set_up_interfaces();
  void tag_like_its_link(PortView& view, const config::Vlan& vlan);
  Status set_up_workers();
  Status set_up_routes();
  Status load_and_wait(const config::RouteFile& file);
  bool handle_punts();
  bool advance_load();
  bool run_timers();
  void watch_links();
  void apply_link(const PortView& view);
  void probe_for(PortId port, InterfaceAddress address);
  std::vector<InterfaceAddress> forget_address(PortId port, InterfaceAddress address);
  Status connect(PortId port, InterfaceAddress address);
  [[nodiscard]] Status check_address(const PortView& view, InterfaceAddress address) const;
  void watch_for_hangs();
  void watch_for_removals();
  void reset_hung_ports();
  void apply_gate(PortId port);
  Status add_to_rib(const config::Route& route);

  config::Config config_;
  const Clock& clock_;
  OnLoad on_load_;
  fib::TableNames table_names_;
  port::Pools pools_;
  std::unique_ptr<World> world_;
  std::vector<std::unique_ptr<port::Port>> ports_;
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  std::unique_ptr<NextHops> next_hops_;
  std::unique_ptr<Routing> routing_;
  std::unique_ptr<Sender> sender_;
  std::unique_ptr<SlowPath> slow_path_;
  std::unique_ptr<Addresses> addresses_;
  std::unique_ptr<Neighbors> neighbors_;
  Background background_;
  std::unique_ptr<RouteLoad> load_;
  std::uint64_t load_number_ = 0;

  std::atomic<bool> stop_{false};
  bool workers_run_ = false;
  // A route that a file brought was deleted: the files no longer say what runs.
  bool files_outdated_ = false;
  std::vector<ip::Packet*> arp_;  // of this round
  Nanoseconds next_tick_{};
  Nanoseconds next_redirect_round_{};
  Nanoseconds next_watch_{};
  struct Hang {
    std::uint64_t progress = 0;
    Nanoseconds since{};
    std::uint64_t count = 0;
    bool stopped = false;  // from then on until it was reset and started again
    // Before its reset: every worker has left it once this state is passed.
    std::optional<std::uint64_t> left_by{};
  };
  std::vector<Hang> hangs_;
  std::vector<bool> link_up_;  // of every port, not of sub-interfaces
  std::vector<bool> linked_;   // of every port and sub-interface: has a link and is up
  std::vector<bool> usable_;   // of every port and sub-interface, as routes know it
};

}  // namespace ringroad::control
