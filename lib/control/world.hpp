#pragma once
// The tables that the packet path reads, and what the control thread knows of the router's own
// addresses. The control thread writes; workers read through tables().
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "config/model.hpp"
#include "control/reclaimer.hpp"
#include "ip/stage.hpp"

namespace ringroad::control {

struct PortView {
  PortId id;
  std::string name;
  Mac mac;
  std::uint16_t mtu = 1500;
  std::vector<InterfaceAddress> addresses;
  bool forwarding = true;
  bool send_redirects = true;
  bool dad = false;
  config::ReversePath rp_filter = config::ReversePath::kOff;
  bool gathers = false;  // its device sends a frame that lies in several buffers
};

class World {
 public:
  World(std::uint32_t workers, std::uint32_t neighbors_max);

  [[nodiscard]] const ip::Tables& tables() const { return tables_; }
  [[nodiscard]] ip::Tables& tables() { return tables_; }
  QsbrReclaimer& reclaimer() { return reclaimer_; }
  fib::Trie4& trie() { return trie_; }
  fib::NextHopTable& next_hops() { return next_hops_; }
  neigh::AdjacencyTable& adjacencies() { return adjacencies_; }
  [[nodiscard]] const neigh::AdjacencyTable& adjacencies() const { return adjacencies_; }

  // Before the workers start.
  void add_port(PortView port);
  // Workers may tell once more of senders that a better gateway would serve.
  void next_redirect_round();

  [[nodiscard]] const std::vector<PortView>& ports() const { return ports_; }
  [[nodiscard]] const PortView& port(PortId id) const { return ports_[id.value()]; }
  [[nodiscard]] const PortView* find_port(std::string_view name) const;
  // The port whose subnet holds the address; the longest subnet where several do.
  [[nodiscard]] const PortView* port_on_link_with(Ipv4 address) const;
  [[nodiscard]] bool is_own(Ipv4 address) const;
  // The port's address that speaks to `to`: the one in its subnet, else the primary one. Linux's
  // inet_select_addr.
  [[nodiscard]] std::optional<Ipv4> source(PortId port, Ipv4 to) const;

 private:
  void publish_own_addresses();

  QsbrReclaimer reclaimer_;
  fib::Trie4 trie_;
  fib::NextHopTable next_hops_;
  neigh::AdjacencyTable adjacencies_;
  std::vector<PortView> ports_;
  std::unique_ptr<ip::Interface[]> interfaces_;
  std::unique_ptr<const ip::OwnAddresses> own_;
  std::atomic<const ip::OwnAddresses*> own_published_;
  ip::Tables tables_;
};

}  // namespace ringroad::control
