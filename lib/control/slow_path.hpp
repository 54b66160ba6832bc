#pragma once
// What workers hand up: packets for the router itself, packets that need a neighbour's MAC, cutting
// or a look at their options, packets whose sender is told why they went no further. Control thread
// only.
#include <array>
#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "control/neighbors.hpp"
#include "control/routing.hpp"
#include "control/sender.hpp"
#include "ip/icmp.hpp"
#include "ip/icmp_limiter.hpp"
#include "ip/identifications.hpp"
#include "ip/options.hpp"
#include "ip/path_mtu.hpp"
#include "ip/reassembly.hpp"
#include "ip/redirect_limiter.hpp"
#include "stats/ip_counters.hpp"

namespace ringroad::control {

class SlowPath {
 public:
  struct Settings {
    ip::IcmpLimiter::Limits limits;
    ip::ReassemblySettings reassembly;
  };
  SlowPath(World& world, Routing& routing, Sender& sender, const Clock& clock,
           const Settings& settings);
  // Before the first packet: the two know each other.
  void set_neighbors(Neighbors& neighbors) { neighbors_ = &neighbors; }

  void handle(ip::OwnedPacket packet);
  // The packet's next hop did not answer (NEI-22).
  void host_unreachable(ip::OwnedPacket packet, PortId port);

  // IP protocol to handler: a protocol is one row (Linux's inet_protos; IPR-06). Takes a packet
  // addressed to the router, past the input hook. False where the protocol is taken (IPR-07).
  using ProtocolHandler = std::function<void(ip::OwnedPacket)>;
  bool add_protocol(std::uint8_t protocol, ProtocolHandler handler);

  // Runs the timers that are due.
  void tick() { reassembly_.tick(clock_.now()); }
  // Gives up everything that waits, for reason kPortDown.
  void clear() { reassembly_.clear(stats::DropReason::kPortDown); }
  // Fragments that wait for others.
  [[nodiscard]] std::uint64_t held() const { return reassembly_.held(); }
  [[nodiscard]] std::uint32_t held_buffers() const { return reassembly_.buffers(); }
  [[nodiscard]] const stats::IpCounters& counters() const { return counters_; }
  // Bytes of packets that were copied, by what for.
  struct Copied {
    stats::Counter fragments;    // for ports that take a frame in one buffer only
    stats::Counter icmp_errors;  // what they quote
  };
  [[nodiscard]] const Copied& copied() const { return copied_; }

 private:
  struct Refusal {
    stats::DropReason reason;
    ip::IcmpError error;
    std::optional<PortId> port{};  // at which it is counted; none: where it came in
  };

  // On its way through (slow_path.cpp).

  // As the worker does it for others: the options are in the way of none of its stages.
  void with_options(ip::OwnedPacket packet);
  // False: the options are wrong or not wanted, and the packet is no more.
  [[nodiscard]] bool read_options(ip::OwnedPacket& packet);
  void write_options(ip::Packet& packet);
  // To its next hop, which may have to be asked for first.
  void to_neighbor(ip::OwnedPacket packet, const neigh::Adjacency& adjacency);
  // In as many pieces as that MTU asks for.
  void cut(ip::OwnedPacket packet, const neigh::Adjacency& adjacency, std::uint16_t mtu);
  [[nodiscard]] const neigh::Adjacency& adjacency_of(ip::Packet& packet) const;
  // The hooks of that point over one packet; null where one of them held or dropped it. `way`: null
  // where it is to be looked up.
  [[nodiscard]] ip::OwnedPacket run_hooks(ip::HookPoint point, ip::OwnedPacket packet,
                                          const neigh::Adjacency* way = nullptr);

  // For the router itself (slow_path_local.cpp).

  void deliver_locally(ip::OwnedPacket packet);
  // The datagram, where this fragment was the last that it lacked.
  [[nodiscard]] ip::OwnedPacket reassemble(ip::OwnedPacket packet);
  void icmp_input(ip::OwnedPacket packet);
  void echo(ip::OwnedPacket packet);
  void tell_time(ip::OwnedPacket packet);
  // Of a message that a packet of the router's own was too large (RFC 1191). False: of another's.
  [[nodiscard]] bool learn_path_mtu(ip::Packet& packet);
  void tcp_input(ip::OwnedPacket packet);
  void udp_input(ip::OwnedPacket packet);
  void udp_lite_input(ip::OwnedPacket packet);

  // From the router itself (slow_path_send.cpp).

  // Tells the sender, then drops.
  void refuse(ip::OwnedPacket packet, const Refusal& refusal);
  void send_error(ip::Packet& offender, const ip::IcmpError& error);
  // Where the packet goes back by the port it came by: its sender may do without the router.
  void redirect(ip::Packet& packet, const neigh::Adjacency& adjacency);
  // An answer in a buffer of its own; null: there was none.
  void answer(ip::Packet& asked, ip::OwnedPacket packet);
  void send_own(ip::OwnedPacket packet);
  // From the addressee to the sender of what came, with its options; none where they do not fit.
  [[nodiscard]] std::optional<ip::AnswerOptions> options_for_answer(ip::Packet& packet,
                                                                    Ipv4 source) const;
  [[nodiscard]] ip::OwnHeader reply_header(ip::Packet& packet, const ip::AnswerOptions& options,
                                           std::uint8_t protocol);
  // Where a packet of that flow from the router itself to `destination` starts from.
  [[nodiscard]] std::optional<Ipv4> source_toward(Ipv4 destination, std::uint32_t flow) const;
  [[nodiscard]] ip::OptionSource option_source(Ipv4 address) const;

  World& world_;
  Routing& routing_;
  Sender& sender_;
  const Clock& clock_;
  Neighbors* neighbors_ = nullptr;
  stats::IpCounters counters_;
  Copied copied_;
  ip::IcmpLimiter limiter_;
  ip::RedirectLimiter redirects_;
  ip::PathMtu path_mtu_;
  ip::Identifications identifications_;
  ip::Reassembly<ip::OwnedPacket> reassembly_;
  std::array<ProtocolHandler, 256> protocols_;
};

}  // namespace ringroad::control
