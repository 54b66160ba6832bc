// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The tables that the packet path reads, and what the control thread knows of the router's own
// addresses. The control thread writes; workers read through tables().
#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "config/model.hpp"
#include "packet/stage.hpp"
#include "worker/reclaimer.hpp"

namespace ringroad::interface {

// A port or a sub-interface.
struct InterfaceView {
  InterfaceId id;
  std::string name;
  Mac mac;
  std::uint16_t mtu = 1500;
  // Of a sub-interface: whose frames have its tag, the port that sends for it, all their tags.
  std::optional<InterfaceId> link{};
  PortId egress{};  // of a port, itself
  neigh::Tags tags{};
  std::vector<InterfaceAddress> addresses{};
  std::vector<Ipv4> tentative{};  // of them, not to be used before they were probed for

  [[nodiscard]] bool uses(const InterfaceAddress& own) const {
    return up && std::ranges::find(tentative, own.address) == tentative.end();
  }
  bool up = true;  // the operator's will, for its links too; a port that is down has no addresses
  bool forwarding = true;
  bool send_redirects = true;
  bool dad = false;
  config::ReversePath rp_filter = config::ReversePath::kOff;
  bool gathers = false;  // its device sends a frame that lies in several buffers
};

class World {
 public:
  World(std::uint32_t workers, std::uint32_t neighbors_max);

  [[nodiscard]] const Tables& tables() const { return tables_; }
  [[nodiscard]] Tables& tables() { return tables_; }
  [[nodiscard]] std::uint32_t workers() const { return workers_; }
  worker::QsbrReclaimer& reclaimer() { return reclaimer_; }
  [[nodiscard]] Hooks& hooks() { return hooks_; }
  fib::Trie4& trie() { return trie_; }
  fib::NextHopTable& next_hops() { return next_hops_; }
  [[nodiscard]] const fib::NextHopTable& next_hops() const { return next_hops_; }
  neigh::AdjacencyTable& adjacencies() { return adjacencies_; }
  [[nodiscard]] const neigh::AdjacencyTable& adjacencies() const { return adjacencies_; }

  // Before the workers start; a sub-interface after its link.
  void add_port(InterfaceView port);
  // Workers may tell once more of senders that a better gateway would serve.
  void next_redirect_round();
  // Frames on `link` with that tag are the sub-interface's, unless they are another's already.
  void add_vlan(InterfaceId link, std::uint16_t protocol, std::uint16_t vlan, InterfaceId id);
  // While the workers run. The addresses are put into the order in which Linux keeps them: those
  // whose subnet another has too, "secondary" ones, after all others.
  void set_addresses(InterfaceId id, const std::vector<InterfaceAddress>& addresses);
  void set_tentative(InterfaceId id, Ipv4 address, bool tentative);
  void set_up(InterfaceId id, bool up);
  void set_mtu(InterfaceId id, std::uint16_t mtu) { ports_[id.value()].mtu = mtu; }
  void set_mac(InterfaceId id, Mac mac);

  void set_priorities(InterfaceId id, const std::array<std::uint8_t, 8>& priority_of_pcp) {
    interfaces_[id.value()].priority_of_pcp = priority_of_pcp;
  }

  [[nodiscard]] const std::deque<InterfaceView>& ports() const { return ports_; }
  [[nodiscard]] const InterfaceView& port(InterfaceId id) const { return ports_[id.value()]; }
  [[nodiscard]] const InterfaceView* find_port(std::string_view name) const;
  // The subnet that holds the address, the longest where several do, and its port; one that is up
  // before others.
  struct Subnet {
    const InterfaceView* port;
    Prefix4 prefix;
  };
  [[nodiscard]] std::optional<Subnet> subnet_of(Ipv4 address) const;
  // Whether the port has a subnet that holds the address.
  [[nodiscard]] bool is_on_link(InterfaceId id, Ipv4 address) const;
  // An address that the router answers for.
  [[nodiscard]] bool is_own(Ipv4 address) const;
  // The same, those of ports that are down and those that are probed for included.
  [[nodiscard]] bool is_configured(Ipv4 address) const;
  // The first or last address of one of those addresses' subnets.
  [[nodiscard]] bool is_edge(Ipv4 address) const;
  // Of one of the router's subnets, the all-zeros form included (RFC 1122 3.3.6).
  [[nodiscard]] bool is_broadcast(Ipv4 address) const;
  // The port's address that speaks to `to`: the one in its subnet, else the primary one; of a port
  // without addresses, the first of any port. Linux's inet_select_addr.
  [[nodiscard]] std::optional<Ipv4> source(InterfaceId id, Ipv4 to) const;

 private:
  void publish_own_addresses();

  std::uint32_t workers_;
  worker::QsbrReclaimer reclaimer_;
  fib::Trie4 trie_;
  fib::NextHopTable next_hops_;
  neigh::AdjacencyTable adjacencies_;
  std::deque<InterfaceView> ports_;  // they stay where they are: adjacencies point at their tags
  std::unique_ptr<Interface[]> interfaces_;
  std::map<InterfaceId, std::unique_ptr<VlanTable>> vlans_;
  std::unique_ptr<const OwnAddresses> own_;
  std::atomic<const OwnAddresses*> own_published_;
  Hooks hooks_;
  Tables tables_;
};

}  // namespace ringroad::interface
