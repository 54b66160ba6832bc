#pragma once
// The router as one thing: it owns the ports, the workers and the tables, and its thread is the one
// writer of them all. EAL must be running.

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/load.hpp"
#include "config/model.hpp"
#include "control/addresses.hpp"
#include "control/event_loop.hpp"
#include "control/neighbors.hpp"
#include "control/next_hops.hpp"
#include "control/route_load.hpp"
#include "control/routing.hpp"
#include "control/sender.hpp"
#include "control/slow_path.hpp"
#include "control/static_routes.hpp"
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

[[nodiscard]] fib::RouteType type_of(config::RouteType type);

class Router {
 public:
  // Told now and then while a file of routes is loaded.
  using OnLoad = std::function<void(const RouteLoad&)>;
  // Everything is set up and every port started; nothing is forwarded until the workers run. A
  // fault has the value of the configuration that was refused.
  [[nodiscard]] static std::expected<std::unique_ptr<Router>, config::Fault> open(
      const config::Config& config, const Clock& clock, OnLoad on_load = {});
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Runs each worker on its lcore, worker i on lcore i + 1, until stop_workers().
  Status start_workers();
  void stop_workers();
  // One round of the control thread: what was handed up, the timers that are due, retired memory.
  // False where there was nothing to do.
  bool run_once();
  // Calls it for as long as there is something to do, and waits for more. While the router is.
  [[nodiscard]] EventLoop event_loop();
  // Ports down, queues emptied. Fails if a packet buffer is missing afterwards.
  Status shut_down();

  // As the verbs of `ip route`, all or none.
  Status set_route(const config::Route& route, Routing::Mode mode);
  Status add_route(const config::Route& route) { return set_route(route, Routing::Mode::kAdd); }
  Status remove_route(const Routing::Selection& selection);
  Status erase_route(const fib::RouteSelector4& selector);
  // One at a time; run_once() carries it on until it is finished.
  Status load_routes(const config::RouteFile& file,
                     RouteLoad::Gateways gateways = RouteLoad::Gateways::kReachable);
  // The last one that was started, and its number; null where there was none.
  [[nodiscard]] const RouteLoad* load() const { return load_.get(); }
  [[nodiscard]] std::uint64_t load_number() const { return load_number_; }
  // Live changes of a port or a sub-interface, with the effects on ARP and routes that they have in
  // Linux. The configuration follows.
  struct LinkChange {
    std::optional<std::uint16_t> mtu{};
    std::optional<Mac> mac{};
    std::optional<bool> up{};
  };
  // All of it or none.
  Status change_link(PortId port, const LinkChange& change);
  Status set_link(PortId port, bool up) { return change_link(port, {.up = up}); }
  Status set_mtu(PortId port, std::uint16_t mtu) { return change_link(port, {.mtu = mtu}); }
  Status set_mac(PortId port, Mac mac) { return change_link(port, {.mac = mac}); }
  Status add_address(PortId port, InterfaceAddress address);
  Status erase_address(PortId port, InterfaceAddress address);

  // Whether the bands before that port, or before all, measure how long packets wait.
  void measure_delays(std::optional<PortId> port, bool on);

  // A permanent one, in place of one that was learned; `ip neigh add` and `replace`.
  Status add_neighbor(const config::StaticNeighbor& neighbor);
  Status replace_neighbor(const config::StaticNeighbor& neighbor);
  Status erase_neighbor(neigh::Key key);

  // What runs now, changes since the start included.
  [[nodiscard]] config::Config running_config() const;
  // The same without what may be long: routes, files of routes, static neighbors.
  [[nodiscard]] config::Config brief_config() const;
  // How the configuration lists a static route.
  [[nodiscard]] config::Route listed(const fib::Rib4::View& route) const;
  // Whether the configuration has few routes and neighbors, all of them as they run.
  [[nodiscard]] bool config_is_short() const;
  [[nodiscard]] Ledger ledger() const;
  [[nodiscard]] std::uint64_t drops(stats::DropReason reason) const;
  // Of one port or sub-interface alone.
  [[nodiscard]] std::uint64_t drops(PortId port, stats::DropReason reason) const;
  [[nodiscard]] const port::Pools& pools() const { return pools_; }
  // Buffers of packets that wait, by who holds them.
  struct Waiting {
    std::uint32_t neighbors = 0;
    std::uint32_t reassembly = 0;
    std::uint32_t rings = 0;
    std::uint32_t bands = 0;
  };
  [[nodiscard]] Waiting waiting() const;

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
  Status set_up_buffers();
  Status set_up_tables();
  void set_up_interfaces();
  void tag_like_its_link(PortView& view, const config::Vlan& vlan);
  Status set_up_workers();
  Status set_up_routes();
  Status set_waiting_route(const config::Route& route);
  Status load_and_wait(const config::RouteFile& file);
  [[nodiscard]] std::uint32_t held_besides_bands() const;
  bool handle_punts();
  // Everything that the control thread holds, for reason kPortDown.
  void give_up_waiting();
  bool advance_load();
  bool run_timers();
  void watch_links();
  void watch_link(std::uint16_t port);
  void note_interfaces();
  void limit_mtus(PortId device);
  void leave(std::uint16_t port);
  Status use_reset_port(std::uint16_t port);
  void apply_link(const PortView& view);
  void probe_for(PortId port, InterfaceAddress address);
  Status set_addresses(PortId port, const std::vector<InterfaceAddress>& addresses);
  void forget_address(PortId port, InterfaceAddress address);
  void erase_routes_from(Ipv4 source);
  [[nodiscard]] Status check_address(const PortView& view, InterfaceAddress address) const;
  [[nodiscard]] Status check_mtu(const PortView& view, std::uint16_t mtu) const;
  [[nodiscard]] Status check_mac(const PortView& view, Mac mac) const;
  Status change_device(PortId port, const LinkChange& change);
  Status bring(PortId port, bool up);
  void apply_mtu(PortId port, std::uint16_t mtu);
  void apply_mac(PortId port, Mac mac);
  void watch_for_hangs();
  void watch_for_removals();
  void reset_hung_ports();
  void apply_gate(PortId port);
  Status set_neighbor(const config::StaticNeighbor& neighbor);
  // Ports without addresses are a way to somewhere while a route names them.
  void apply_unnumbered_links();
  [[nodiscard]] Result<Routing::Request> request_of(const config::Route& route) const;
  [[nodiscard]] bool files_say_it_all() const;

  config::Config config_;
  const Clock& clock_;
  OnLoad on_load_;
  fib::TableNames table_names_;
  port::Pools pools_;
  std::unique_ptr<World> world_;
  std::unique_ptr<port::InterfaceWatch> interfaces_;
  config::Fault place_;  // of what is set up at the moment
  std::vector<std::unique_ptr<port::Port>> ports_;
  std::unique_ptr<worker::Doorbell> bell_;
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
  StaticRoutes static_routes_;
  std::vector<Mac> device_macs_;  // as they were before any was set
  std::vector<ip::Packet*> arp_;  // ARP messages not seen to yet
  // What each worker handed up before them and was not seen to yet.
  std::vector<unsigned> before_arp_;
  Nanoseconds next_tick_{};
  Nanoseconds next_redirect_round_{};
  Nanoseconds next_watch_{};
  Nanoseconds next_count_{};
  struct Hang {
    std::uint64_t progress = 0;
    Nanoseconds since{};
    std::uint64_t count = 0;
    bool stopped = false;  // from then on until it was reset and started again
    // Before its reset: every worker has left it once this state is passed.
    std::optional<std::uint64_t> left_by{};
  };
  std::vector<Hang> hangs_;
  std::uint64_t interfaces_seen_ = 0;  // what of them was acted upon
  Nanoseconds next_register_look_{};
  struct LinkState {
    bool up = false;
    // Where it was lost: every worker has left the port once this state is passed.
    std::optional<std::uint64_t> left_by{};
    bool interface_gone = false;
    std::string interface{};  // the name of the kernel's interface that the device is
  };
  std::vector<LinkState> links_;  // of every port, not of sub-interfaces
  std::vector<bool> linked_;      // of every port and sub-interface: has a link and is up
  std::vector<bool> usable_;      // of every port and sub-interface, as routes know it
};

}  // namespace ringroad::control
