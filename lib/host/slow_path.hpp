// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Handles the packets that workers punt: packets for the router itself, packets that wait for a
// neighbor's MAC, that must be fragmented or have options, and packets about which an ICMP error is
// sent. Control thread only.
#include <array>
#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "host/icmp_limiter.hpp"
#include "host/neighbors.hpp"
#include "host/path_mtu.hpp"
#include "host/redirect_limiter.hpp"
#include "host/sender.hpp"
#include "ip4/icmp.hpp"
#include "ip4/identifications.hpp"
#include "ip4/options.hpp"
#include "ip4/reassembly.hpp"
#include "routing/routing.hpp"
#include "stats/ip_counters.hpp"

namespace ringroad::host {

class SlowPath {
 public:
  struct Settings {
    IcmpLimiter<Ipv4>::Limits limits;
    ip4::ReassemblySettings reassembly;
  };
  SlowPath(interface::World& world, routing::Routing& routing, Sender& sender, const Clock& clock,
           const Settings& settings);
  // Before the first packet: the two know each other.
  void set_neighbors(Neighbors& neighbors) { neighbors_ = &neighbors; }

  void handle(OwnedPacket packet);
  // The packet's next hop did not answer.
  void host_unreachable(OwnedPacket packet, InterfaceId port);

  // IP protocol to handler: a protocol is one row (Linux's inet_protos). Takes a packet
  // addressed to the router, past the input hook. False where the protocol is taken.
  using ProtocolHandler = std::function<void(OwnedPacket)>;
  bool add_protocol(std::uint8_t protocol, ProtocolHandler handler);

  // Runs the timers that are due.
  void tick() { reassembly_.tick(clock_.now()); }
  // Gives up everything that waits, for reason kPortDown.
  void clear() { reassembly_.clear(stats::DropReason::kPortDown); }
  // Fragments that wait for others.
  [[nodiscard]] std::uint64_t held() const { return reassembly_.held(); }
  [[nodiscard]] std::uint32_t held_buffers() const { return reassembly_.buffers(); }
  // Bytes of packets that were copied, by what for.
  struct Copied {
    stats::Counter fragments;    // for ports that take a frame in one buffer only
    stats::Counter icmp_errors;  // what they quote
  };
  [[nodiscard]] const Copied& copied() const { return copied_; }

 private:
  struct Refusal {
    stats::DropReason reason;
    ip4::IcmpError error;
    std::optional<InterfaceId> port{};  // at which it is counted; none: where it came in
  };

  // On its way through (slow_path.cpp).

  // As the worker does it for others: the options are in the way of none of its stages.
  void with_options(OwnedPacket packet);
  // False: the options are wrong or not wanted, and the packet is no more.
  [[nodiscard]] bool read_options(OwnedPacket& packet);
  void write_options(Packet& packet);
  // To its next hop, which may have to be asked for first.
  void to_neighbor(OwnedPacket packet, const neigh::Adjacency& adjacency);
  // In as many pieces as that MTU asks for.
  void cut(OwnedPacket packet, const neigh::Adjacency& adjacency, std::uint16_t mtu);
  [[nodiscard]] const neigh::Adjacency& adjacency_of(Packet& packet) const;
  // The hooks of that point over one packet; null where one of them held or dropped it. `way`: null
  // where it is to be looked up.
  [[nodiscard]] OwnedPacket run_hooks(HookPoint point, OwnedPacket packet,
                                      const neigh::Adjacency* way = nullptr);

  // For the router itself (slow_path_local.cpp).

  void deliver_locally(OwnedPacket packet);
  // The datagram, where this fragment was the last that it lacked.
  [[nodiscard]] OwnedPacket reassemble(OwnedPacket packet);
  void icmp_input(OwnedPacket packet);
  void echo(OwnedPacket packet);
  void tell_time(OwnedPacket packet);
  // Of a message that a packet of the router's own was too large (RFC 1191). False: of another's.
  [[nodiscard]] bool learn_path_mtu(Packet& packet);
  void tcp_input(OwnedPacket packet);
  void udp_input(OwnedPacket packet);
  void udp_lite_input(OwnedPacket packet);

  // From the router itself (slow_path_send.cpp).

  // Tells the sender, then drops.
  void refuse(OwnedPacket packet, const Refusal& refusal);
  void send_error(Packet& offender, const ip4::IcmpError& error);
  // Where the packet goes back by the port it came by: its sender may do without the router.
  void redirect(Packet& packet, const neigh::Adjacency& adjacency);
  // An answer in a buffer of its own; null: there was none.
  void answer(Packet& asked, OwnedPacket packet);
  void send_own(OwnedPacket packet);
  // From the addressee to the sender of what came, with its options; none where they do not fit.
  [[nodiscard]] std::optional<ip4::AnswerOptions> options_for_answer(Packet& packet,
                                                                     Ipv4 source) const;
  [[nodiscard]] ip4::OwnHeader reply_header(Packet& packet, const ip4::AnswerOptions& options,
                                            std::uint8_t protocol);
  // Where a packet of that flow from the router itself to `destination` starts from.
  [[nodiscard]] std::optional<Ipv4> source_toward(Ipv4 destination, std::uint32_t flow) const;
  [[nodiscard]] ip4::OptionSource option_source(Ipv4 address) const;

  interface::World& world_;
  routing::Routing& routing_;
  Sender& sender_;
  const Clock& clock_;
  Neighbors* neighbors_ = nullptr;
  stats::IpCounters& counters_;  // the control thread's
  Copied copied_;
  IcmpLimiter<Ipv4> limiter_;
  RedirectLimiter<Ipv4> redirects_;
  PathMtu<Ipv4> path_mtu_{ip4::kPathMtuMin};
  ip4::Identifications identifications_;
  ip4::Reassembly<OwnedPacket> reassembly_;
  std::array<ProtocolHandler, 256> protocols_;
};

}  // namespace ringroad::host
