// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The tables that the packet path reads, and the control thread's view of the router's own
// addresses. The control thread writes; workers read through tables().
//
// Next hops and adjacencies belong to both families: one table with one range of ids. Tries and
// addresses belong to one family each.
#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
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
  // What routers say that IPv6 has of it (RFC 4861 6.3.4); 0: nothing.
  std::uint16_t mtu6 = 0;
  // For a sub-interface: the interface whose frames carry its tag. Below: the sending port and all
  // tags.
  std::optional<InterfaceId> link{};
  PortId egress{};  // for a port, the port itself
  neigh::Tags tags{};
  std::vector<InterfaceAddress4> addresses{};
  std::vector<InterfaceAddress6> addresses6{};
  // Addresses that must not be used before they were probed.
  std::vector<Ipv4> tentative{};
  std::vector<Ipv6> tentative6{};
  // Addresses that the router sends from only if it has no other (RFC 4862 5.5.4).
  std::vector<Ipv6> deprecated6{};
  bool runs_ipv6 = false;  // it has a link-local address, and hosts may ask for it

  template <class Address>
  [[nodiscard]] const std::vector<InterfaceAddress<Address>>& addresses_of() const {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return addresses;
    } else {
      return addresses6;
    }
  }
  template <class Address>
  [[nodiscard]] std::uint16_t mtu_of() const {
    return std::is_same_v<Address, Ipv6> && mtu6 != 0 ? std::min(mtu, mtu6) : mtu;
  }
  [[nodiscard]] bool uses(const InterfaceAddress4& own) const {
    return up && std::ranges::find(tentative, own.address) == tentative.end();
  }
  [[nodiscard]] bool uses(const InterfaceAddress6& own) const {
    return up && std::ranges::find(tentative6, own.address) == tentative6.end();
  }
  bool up = true;  // administrative state; a port that is down has no addresses
  bool forwarding = true;
  bool send_redirects = true;
  bool dad = false;
  config::ReversePath rp_filter = config::ReversePath::kOff;
  bool gathers = false;  // the device sends frames with several segments
  // A reload took it away. No other one gets its id.
  bool gone = false;
};

// The order in which a port keeps its addresses, as Linux does: "secondary" ones, which share the
// subnet of an earlier address, come after all others.
// The link-local address that the port has by itself: modified EUI-64 (RFC 4291 2.5.1, RFC 2464 5).
[[nodiscard]] InterfaceAddress6 link_local_of(Mac mac);

[[nodiscard]] std::vector<InterfaceAddress4> in_order(
    const std::vector<InterfaceAddress4>& addresses);

class World {
 public:
  // The kinds of the first next hops of every router. The first one, fib::kNoRoute, is the result
  // of a lookup that finds no route.
  static constexpr std::array kFixedKinds{
      neigh::AdjacencyKind::kNoRoute,   neigh::AdjacencyKind::kLocal,
      neigh::AdjacencyKind::kBroadcast, neigh::AdjacencyKind::kMulticast,
      neigh::AdjacencyKind::kLinkLocal, neigh::AdjacencyKind::kMartian,
      neigh::AdjacencyKind::kBlackhole, neigh::AdjacencyKind::kUnreachable,
      neigh::AdjacencyKind::kProhibit};

  World(std::uint32_t workers, std::uint32_t neighbors_max);

  [[nodiscard]] const Tables& tables() const { return tables_; }
  [[nodiscard]] Tables& tables() { return tables_; }
  [[nodiscard]] std::uint32_t workers() const { return workers_; }
  worker::QsbrReclaimer& reclaimer() { return reclaimer_; }
  [[nodiscard]] Hooks& hooks() { return hooks_; }
  template <class Address = Ipv4>
  fib::Trie<Address>& trie() {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return trie_;
    } else {
      return trie6_;
    }
  }
  // The next hop of one of kFixedKinds: local, blackhole, ...
  [[nodiscard]] NextHopId fixed(neigh::AdjacencyKind kind) const { return fixed_.at(kind); }
  fib::NextHopTable& next_hops() { return next_hops_; }
  [[nodiscard]] const fib::NextHopTable& next_hops() const { return next_hops_; }
  neigh::AdjacencyTable& adjacencies() { return adjacencies_; }
  [[nodiscard]] const neigh::AdjacencyTable& adjacencies() const { return adjacencies_; }

  // A sub-interface must be added after its link. No frame is the sub-interface's before it is in a
  // table of VLANs.
  void add_port(InterfaceView port);
  // Takes a port or sub-interface away, or brings it back as it was.
  void set_gone(InterfaceId id, bool gone);
  // Workers may again report senders for which another gateway would be better.
  void next_redirect_round();
  // By what tags frames belong to sub-interfaces, for each link that has some.
  using VlanTables = std::map<InterfaceId, std::unique_ptr<VlanTable>>;
  void set_vlans(VlanTables tables);
  // May be called while the workers run. Brings the addresses in_order().
  void set_addresses(InterfaceId id, const std::vector<InterfaceAddress4>& addresses);
  void set_addresses(InterfaceId id, const std::vector<InterfaceAddress6>& addresses);
  void set_tentative(InterfaceId id, Ipv4 address, bool tentative);
  void set_tentative(InterfaceId id, Ipv6 address, bool tentative);
  void set_deprecated(InterfaceId id, Ipv6 address, bool deprecated);
  void set_runs_ipv6(InterfaceId id, bool runs);
  void set_up(InterfaceId id, bool up);
  void set_mtu(InterfaceId id, std::uint16_t mtu) { ports_.at(id).mtu = mtu; }
  void set_mtu6(InterfaceId id, std::uint16_t mtu) { ports_.at(id).mtu6 = mtu; }
  void set_mac(InterfaceId id, Mac mac);
  // What is done with packets that the interface receives, and how it gets addresses.
  struct Policy {
    bool forwarding = true;
    bool send_redirects = true;
    bool dad = false;
    config::ReversePath rp_filter = config::ReversePath::kOff;
  };
  void set_policy(InterfaceId id, const Policy& policy);

  void set_priorities(InterfaceId id, const std::array<std::uint8_t, 8>& priority_of_pcp) {
    interfaces_[id.value()].priority_of_pcp = priority_of_pcp;
  }

  // The ports and sub-interfaces that are there, in the order of their ids.
  [[nodiscard]] auto ports() const {
    return ports_ | std::views::values |
           std::views::filter([](const InterfaceView& port) { return !port.gone; });
  }
  // With those that a reload took away.
  [[nodiscard]] auto all_ports() const { return ports_ | std::views::values; }
  // Also of one that was taken away.
  [[nodiscard]] const InterfaceView& port(InterfaceId id) const { return ports_.at(id); }
  [[nodiscard]] bool contains(InterfaceId id) const { return ports_.contains(id); }
  // All ids are below it.
  [[nodiscard]] std::size_t ids_end() const {
    return ports_.empty() ? 0 : ports_.rbegin()->first.value() + std::size_t{1};
  }
  [[nodiscard]] const InterfaceView* find_port(std::string_view name) const;
  // The subnet that covers the address, and its port: ports that are up come first, then the
  // longest subnet wins.
  template <class Address>
  struct Subnet {
    const InterfaceView* port;
    Prefix<Address> prefix;
  };
  template <class Address>
  [[nodiscard]] std::optional<Subnet<Address>> subnet_of(Address address) const;
  // Whether a subnet of the port covers the address.
  template <class Address>
  [[nodiscard]] bool is_on_link(InterfaceId id, Address address) const;
  // Whether the router answers for the address.
  [[nodiscard]] bool is_own(Ipv4 address) const;
  // Whether the router answers for the address on that link: an address of any port, or the port's
  // own link-local address. Linux answers for the subnet-router anycast address too (RFC 4291
  // 2.6.1).
  [[nodiscard]] bool is_own(InterfaceId id, Ipv6 address) const;
  [[nodiscard]] bool is_anycast(Ipv6 address) const;
  // The groups that the port listens to (RFC 4291 2.8), whether or not others are asked for them.
  [[nodiscard]] static std::vector<Ipv6> groups_of(const InterfaceView& port);
  [[nodiscard]] std::optional<Ipv6> link_local(InterfaceId id) const;
  // The same, including addresses of ports that are down and addresses that are being probed.
  template <class Address>
  [[nodiscard]] bool is_configured(Address address) const;
  // Whether the address is the first or last one of such an address's subnet, and no host can have
  // it.
  template <class Address>
  [[nodiscard]] bool is_edge(Address address) const;
  // Whether the address is the broadcast address of one of the router's subnets, including the
  // all-zeros form (RFC 1122 3.3.6).
  [[nodiscard]] bool is_broadcast(Ipv4 address) const;
  // The port's source address for packets to `to`: the one in the same subnet, otherwise the
  // primary one; for a port without addresses, the first of any port. Linux's inet_select_addr.
  [[nodiscard]] std::optional<Ipv4> source(InterfaceId id, Ipv4 to) const;
  // The same for IPv6: RFC 6724 5, of the addresses of all ports (Linux's ipv6_dev_get_saddr).
  [[nodiscard]] std::optional<Ipv6> source(InterfaceId id, Ipv6 to) const;
  // How often tables().interface_addresses was published: with each change of an address.
  [[nodiscard]] std::uint64_t interface_addresses_version() const { return addresses_version_; }

 private:
  void publish_own_addresses();
  void publish_link_addresses();
  void publish_interface_addresses();

  std::uint32_t workers_;
  worker::QsbrReclaimer reclaimer_;
  fib::Trie4 trie_;
  fib::Trie6 trie6_;
  fib::NextHopTable next_hops_;
  neigh::AdjacencyTable adjacencies_;
  std::map<neigh::AdjacencyKind, NextHopId> fixed_;
  std::map<InterfaceId, InterfaceView> ports_;  // adjacencies point to the tags
  std::unique_ptr<Interface[]> interfaces_;
  VlanTables vlans_;
  std::unique_ptr<const OwnAddresses4> own_;
  std::atomic<const OwnAddresses4*> own_published_;
  std::unique_ptr<const LinkAddresses> links_;
  std::atomic<const LinkAddresses*> links_published_;
  std::unique_ptr<const InterfaceAddresses> addresses_ =
      std::make_unique<const InterfaceAddresses>();
  std::atomic<const InterfaceAddresses*> addresses_published_{addresses_.get()};
  std::uint64_t addresses_version_ = 0;
  Hooks hooks_;
  Tables tables_;
};

}  // namespace ringroad::interface
