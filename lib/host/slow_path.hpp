// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Handles the packets that workers punt: packets for the router itself, packets that wait for a
// neighbor's MAC, that must be fragmented or have options, and packets about which an ICMP error is
// sent. Control thread only.
#include <array>
#include <expected>
#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "host/icmp_limiter.hpp"
#include "host/neighbor_output.hpp"
#include "host/path_mtu.hpp"
#include "host/reassembled.hpp"
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
  SlowPath(const interface::World& world, const routing::Routing4& routing, Sender& sender,
           const Clock& clock, const Settings& settings);
  // For the rehearsal of one packet: does with it what `real` would do now, and changes nothing of
  // `real`. The packet must not change between prepare() and handle().
  SlowPath(const SlowPath& real, Sender& sender);
  // Copies the fragments that wait for this one. Returns false if no buffers are free.
  [[nodiscard]] bool prepare(const SlowPath& real, Packet& fragment);

  // Called before the first packet. Both objects need each other, so it is no constructor argument.
  void set_neighbors(NeighborOutput<Ipv4>& neighbors) { neighbors_ = &neighbors; }
  // For IPv4 routes with an IPv6 gateway (RFC 8950).
  void set_neighbors6(NeighborOutput<Ipv6>& neighbors) { neighbors6_ = &neighbors; }

  void set_limits(const IcmpLimiter<Ipv4>::Limits& limits) { limiter_.set_limits(limits); }

  void handle(OwnedPacket packet);
  // Answers a packet whose next hop did not answer.
  void host_unreachable(OwnedPacket packet, InterfaceId port);

  // Registers the handler of an IP protocol (Linux's inet_protos). The handler is called with
  // packets addressed to the router, after the input hook. Returns false if the protocol has a
  // handler.
  using ProtocolHandler = std::function<void(OwnedPacket)>;
  bool add_protocol(std::uint8_t protocol, ProtocolHandler handler);

  // Whether fragments are put together before PREROUTING, and cut again when they leave.
  void set_defragments(bool on) { defragments_ = on; }
  // Runs the timers that are due.
  void tick() { reassembly_.tick(clock_.now()); }
  // Drops all waiting fragments, for reason kPortDown.
  void clear() { reassembly_.clear(stats::DropReason::kPortDown); }
  // The number of fragments that wait for the rest of their datagrams.
  [[nodiscard]] std::uint64_t held() const { return reassembly_.held(); }
  [[nodiscard]] std::uint32_t held_buffers() const { return reassembly_.buffers(); }

 private:
  struct Refusal {
    stats::DropReason reason;
    ip4::IcmpError error;
    std::optional<InterfaceId> port{};  // where the drop is counted; none: the ingress port
  };

  // Forwarded packets (slow_path.cpp).

  // Runs the stages of a worker over a packet with options; no stage depends on the options.
  void with_options(OwnedPacket packet);
  // Of a fragment that PREROUTING asked for; null if others of its datagram are missing, or a hook
  // has the packet.
  [[nodiscard]] Reassembled defragmented(OwnedPacket packet);
  // Returns false if the options are invalid or refused; the packet is dropped or answered then.
  [[nodiscard]] bool read_options(OwnedPacket& packet);
  void write_options(Packet& packet);
  // Sends the packet to its next hop, which may have to be resolved first.
  void to_neighbor(OwnedPacket packet, const neigh::Adjacency& adjacency);
  // Fragments the packet for that MTU, and sends the fragments.
  void cut(OwnedPacket packet, const neigh::Adjacency& adjacency, std::uint16_t mtu);
  [[nodiscard]] const neigh::Adjacency& adjacency_of(Packet& packet) const;
  // Runs the hooks of that point over one packet. Returns null if a hook holds or dropped it. If
  // `way` is null, the adjacency is looked up.
  [[nodiscard]] OwnedPacket run_hooks(HookPoint point, OwnedPacket packet,
                                      const neigh::Adjacency* way = nullptr, bool is_own = false);

  // Packets for the router itself (slow_path_local.cpp).

  void deliver_locally(OwnedPacket packet);
  // Returns the packet, or the datagram that it completes, once it passed the hooks of INPUT;
  // otherwise null.
  [[nodiscard]] OwnedPacket pass_input(OwnedPacket packet);
  // Returns the datagram if this fragment completes it, otherwise null.
  [[nodiscard]] Reassembled reassemble(OwnedPacket packet);
  void icmp_input(OwnedPacket packet);
  void echo(OwnedPacket packet);
  void tell_time(OwnedPacket packet);
  // Handles the message that a packet was too large (RFC 1191). Returns false if the router did not
  // send that packet.
  [[nodiscard]] bool learn_path_mtu(Packet& packet);
  void tcp_input(OwnedPacket packet);
  void udp_input(OwnedPacket packet);
  void udp_lite_input(OwnedPacket packet);

  // Packets from the router itself (slow_path_send.cpp).

  // Sends an ICMP error to the sender, then drops the packet.
  void refuse(OwnedPacket packet, const Refusal& refusal);
  // Drops a packet that a rule of the firewall rejected, and answers it as the rule says.
  void reject(OwnedPacket packet);
  void send_error(Packet& offender, const ip4::IcmpError& error);
  // Whether the destination is all nodes, or a group.
  [[nodiscard]] bool is_for_many(Packet& packet) const;
  // Or the frame's destination was: RFC 1122 3.2.2: no error is sent about that.
  [[nodiscard]] bool was_sent_to_many(Packet& packet) const;
  // Returns the error, charged to the sender's limit, or why none is sent.
  [[nodiscard]] std::expected<OwnedPacket, Silence> make_error(Packet& offender,
                                                               const ip4::IcmpError& error);
  // Sends a redirect if the packet leaves by the port that received it, so that its sender can use
  // the better gateway.
  void redirect(Packet& packet, const neigh::Adjacency& adjacency);
  // Sends an answer that has its own buffer. Does nothing if `packet` is null.
  void answer(Packet& asked, OwnedPacket packet);
  void send_own(OwnedPacket packet);
  // Returns the options for an answer to the packet, built from its options; none if they do not
  // fit.
  [[nodiscard]] std::optional<ip4::AnswerOptions> options_for_answer(Packet& packet,
                                                                     Ipv4 source) const;
  [[nodiscard]] ip4::OwnHeader reply_header(Packet& packet, const ip4::AnswerOptions& options,
                                            std::uint8_t protocol);
  // Returns the source address for a packet of that flow that the router itself sends to
  // `destination`.
  [[nodiscard]] std::optional<Ipv4> source_toward(Ipv4 destination, std::uint32_t flow) const;
  [[nodiscard]] ip4::OptionSource option_source(Ipv4 address) const;

  [[nodiscard]] ip4::Reassembly<OwnedPacket> make_reassembly(
      const ip4::ReassemblySettings& settings);
  void add_protocols();

  const interface::World& world_;
  const routing::Routing4& routing_;
  Sender& sender_;
  const Clock& clock_;
  NeighborOutput<Ipv4>* neighbors_ = nullptr;
  NeighborOutput<Ipv6>* neighbors6_ = nullptr;
  const SlowPath* real_ = nullptr;  // of a rehearsal
  stats::IpCounters& counters_;     // the control thread's
  IcmpLimiter<Ipv4> limiter_;
  RedirectLimiter<Ipv4> redirects_;
  PathMtu<Ipv4> path_mtu_{ip4::kPathMtuMin};
  ip4::Identifications identifications_;
  ip4::Reassembly<OwnedPacket> reassembly_;
  bool defragments_ = false;
  std::array<ProtocolHandler, 256> protocols_;
};

}  // namespace ringroad::host
