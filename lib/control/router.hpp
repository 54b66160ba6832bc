// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The router: it owns the ports, the workers and the tables. Its thread, the control thread, is the
// only writer of all tables. The EAL must be running.

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <type_traits>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/load.hpp"
#include "config/model.hpp"
#include "control/accepted_advertisements.hpp"
#include "control/configuration.hpp"
#include "control/drop_news.hpp"
#include "control/event_loop.hpp"
#include "control/firewall.hpp"
#include "control/identity.hpp"
#include "control/ipv6_links.hpp"
#include "control/ledger.hpp"
#include "control/links.hpp"
#include "control/port_set.hpp"
#include "control/recent.hpp"
#include "control/reload.hpp"
#include "host/addresses.hpp"
#include "host/addresses6.hpp"
#include "host/neighbors.hpp"
#include "host/neighbors6.hpp"
#include "host/redirect_copies.hpp"
#include "host/sender.hpp"
#include "host/slow_path.hpp"
#include "host/slow_path6.hpp"
#include "host/use_reports.hpp"
#include "interface/world.hpp"
#include "port/port.hpp"
#include "routing/next_hops.hpp"
#include "routing/routing.hpp"
#include "tap/taps.hpp"
#include "worker/worker.hpp"

namespace ringroad::control {

class Router {
 public:
  struct Options {
    Configuration::OnLoad on_load{};
    // The seed of fq_codel's flow hash, for tests. By default it is random.
    std::optional<std::uint64_t> flow_seed{};
    Identity identity{};
  };
  // Sets up everything and starts every port; no packet is forwarded until the workers run. On
  // failure the fault names the value of the configuration that was refused.
  [[nodiscard]] static std::expected<std::unique_ptr<Router>, config::Fault> open(
      const config::Config& config, const Clock& clock, const Options& options);
  [[nodiscard]] static std::expected<std::unique_ptr<Router>, config::Fault> open(
      const config::Config& config, const Clock& clock) {
    return open(config, clock, Options{});
  }
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Runs worker i on lcore i + 1 until stop_workers() is called.
  Status start_workers();
  void stop_workers();
  // Runs one round of the control thread: punted packets, timers that are due, retired memory.
  // Returns false if there was nothing to do.
  bool run_once();
  // Returns a loop that calls run_once() as long as there is something to do, and otherwise waits.
  // The router must outlive it.
  [[nodiscard]] EventLoop event_loop();
  // Stops the ports and empties all queues. Fails if a packet buffer is missing afterwards.
  Status shut_down();

  // Sets whether the bands of that port, or of all ports, measure how long packets wait.
  void measure_delays(std::optional<PortId> port, bool on);
  // Starts the measurement anew where it is on.
  void reset_delays(std::optional<PortId> port);

  [[nodiscard]] Ledger ledger() const;
  [[nodiscard]] std::uint64_t drops(stats::DropReason reason) const;
  // The drops of one port or sub-interface only.
  [[nodiscard]] std::uint64_t drops(InterfaceId port, stats::DropReason reason) const;
  [[nodiscard]] const port::Pools& pools() const { return pools_; }
  // The buffers of waiting packets, by the part that holds them.
  struct Waiting {
    std::uint32_t neighbors = 0;
    std::uint32_t reassembly = 0;
    std::uint32_t rings = 0;
    std::uint32_t bands = 0;
  };
  [[nodiscard]] Waiting waiting() const;

  [[nodiscard]] Links& links() { return *links_; }
  [[nodiscard]] const Links& links() const { return *links_; }
  [[nodiscard]] Configuration& configuration() { return *configuration_; }
  [[nodiscard]] const Configuration& configuration() const { return *configuration_; }
  [[nodiscard]] const interface::World& world() const { return *world_; }
  [[nodiscard]] interface::World& world() { return *world_; }
  [[nodiscard]] const routing::Routing4& routing() const { return *routing_; }
  [[nodiscard]] const routing::Routing6& routing6() const { return *routing6_; }
  template <class Address>
  [[nodiscard]] const routing::Routing<Address>& routing_of() const {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return *routing_;
    } else {
      return *routing6_;
    }
  }
  [[nodiscard]] const host::Sender& sender() const { return *sender_; }
  [[nodiscard]] host::Neighbors& neighbors() { return *neighbors_; }
  [[nodiscard]] const host::Neighbors& neighbors() const { return *neighbors_; }
  [[nodiscard]] host::Neighbors6& neighbors6() { return *neighbors6_; }
  [[nodiscard]] const host::Neighbors6& neighbors6() const { return *neighbors6_; }
  template <class Address>
  [[nodiscard]] const auto& neighbors_of() const {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return *neighbors_;
    } else {
      return *neighbors6_;
    }
  }
  // The sum of all threads' counters.
  [[nodiscard]] std::uint64_t ip_counter(stats::IpCounter counter) const;
  [[nodiscard]] const host::SlowPath& slow_path() const { return *slow_path_; }
  // The copies that workers made for redirects.
  [[nodiscard]] const RedirectNotes& redirect_notes() const { return redirect_copies_->notes(); }
  [[nodiscard]] const host::Addresses& addresses() const { return *addresses_; }
  // The messages of ARP and neighbor discovery in which another station used an address of the
  // port.
  [[nodiscard]] std::uint64_t conflicts(InterfaceId port) const {
    return addresses_->claims().conflicts(port) + addresses6_->detection().conflicts(port);
  }
  [[nodiscard]] const host::SlowPath6& slow_path6() const { return *slow_path6_; }
  [[nodiscard]] const host::Addresses6& addresses6() const { return *addresses6_; }
  [[nodiscard]] Ipv6Links& ipv6_links() { return *ipv6_links_; }
  [[nodiscard]] host::Advertisements& advertisements() { return *advertisements_; }
  [[nodiscard]] const host::Advertisements& advertisements() const { return *advertisements_; }
  [[nodiscard]] AcceptedAdvertisements& accepted() { return *accepted_; }
  [[nodiscard]] const AcceptedAdvertisements& accepted() const { return *accepted_; }
  [[nodiscard]] const Ipv6Links& ipv6_links() const { return *ipv6_links_; }
  // Applies a changed configuration.
  [[nodiscard]] Reload& reload() { return *reload_; }
  [[nodiscard]] Firewall& firewall() { return *firewall_; }
  [[nodiscard]] const Firewall& firewall() const { return *firewall_; }
  // Rates and loads of the last second, drops of the last minute.
  [[nodiscard]] const Recent& recent() const { return *recent_; }
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] Nanoseconds uptime() const { return clock_.now() - started_; }
  // Traces and captures.
  [[nodiscard]] tap::Taps& taps() { return *taps_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  // Those that a reload removed are closed.
  [[nodiscard]] const Devices& ports() const { return ports_->devices(); }
  [[nodiscard]] const std::vector<std::unique_ptr<worker::Worker>>& workers() const {
    return workers_;
  }
  // The number of routes in the main tables: static routes and connected subnets.
  [[nodiscard]] std::size_t main_routes() const;

 private:
  Router(config::Config config, const Clock& clock, std::optional<std::uint64_t> flow_seed);

  Status set_up_ports();
  Status set_up_tables();
  void set_up_ipv6();
  void set_up_interfaces();
  Status set_up_workers();
  Status set_up_addresses();
  [[nodiscard]] std::uint32_t held_besides_bands() const;
  void for_each_bands(std::optional<PortId> port,
                      const std::function<void(sched::Bands&)>& change) const;
  [[nodiscard]] Nanoseconds next_deadline() const;
  bool handle_punts();
  void handle(Packet* packet);
  // What the control thread holds: no rings and bands.
  [[nodiscard]] Waiting held_by_control() const;
  // Drops every packet that the control thread holds, for reason kPortDown.
  void give_up_waiting();
  bool run_timers();
  // Once a second, after a sample of all counters.
  void log_drops();

  config::Config config_;  // only during the set-up
  const Clock& clock_;
  std::optional<std::uint64_t> flow_seed_;
  config::Fault place_;  // the part that is being set up
  port::Pools pools_;
  std::unique_ptr<interface::World> world_;
  std::unique_ptr<PortSet> ports_;
  std::unique_ptr<worker::Doorbell> bell_;
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  std::unique_ptr<routing::NextHops4> next_hops_;
  std::unique_ptr<routing::Routing4> routing_;
  std::unique_ptr<routing::NextHops6> next_hops6_;
  std::unique_ptr<routing::Routing6> routing6_;
  std::unique_ptr<host::Sender> sender_;
  std::unique_ptr<host::RedirectCopies> redirect_copies_;
  std::unique_ptr<host::SlowPath> slow_path_;
  std::unique_ptr<host::Addresses> addresses_;
  std::unique_ptr<host::Neighbors> neighbors_;
  std::unique_ptr<host::SlowPath6> slow_path6_;
  std::unique_ptr<host::Addresses6> addresses6_;
  std::unique_ptr<host::Neighbors6> neighbors6_;
  std::unique_ptr<host::GroupMembership> groups_;
  std::unique_ptr<host::Advertisements> advertisements_;
  std::unique_ptr<Ipv6Links> ipv6_links_;
  std::unique_ptr<AcceptedAdvertisements> accepted_;
  std::unique_ptr<host::UseReports> use_reports_;
  std::unique_ptr<Links> links_;
  std::unique_ptr<Configuration> configuration_;
  std::unique_ptr<tap::Taps> taps_;
  std::unique_ptr<Firewall> firewall_;
  std::unique_ptr<Reload> reload_;
  std::unique_ptr<Recent> recent_;
  DropNews drop_news_;
  Identity identity_;
  Identity before_reload_;

  std::atomic<bool> stop_{false};
  bool workers_run_ = false;
  std::vector<Packet*> arp_;  // messages of ARP and neighbor discovery, not handled yet
  // For each worker, the number of packets that it punted before them and that are not handled yet.
  std::vector<unsigned> before_arp_;
  Nanoseconds started_ = clock_.now();
  Nanoseconds next_tick_{};
  Nanoseconds next_redirect_round_{};
  Nanoseconds next_watch_{};
  Nanoseconds next_count_{};
};

}  // namespace ringroad::control
