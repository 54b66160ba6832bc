// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// SlowPath's twin for IPv6: handles the packets that workers punt. Control thread only.
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
#include "ip6/extension_headers.hpp"
#include "ip6/icmp.hpp"
#include "ip6/reassembly.hpp"
#include "routing/routing.hpp"
#include "stats/ip_counters.hpp"

namespace ringroad::host {

class SlowPath6 {
 public:
  struct Settings {
    IcmpLimiter<Ipv6>::Limits limits;
    ReassemblySettings reassembly;
  };
  SlowPath6(const interface::World& world, const routing::Routing6& routing, Sender& sender,
            const Clock& clock, const Settings& settings);
  // For the rehearsal of one packet, like SlowPath's.
  SlowPath6(const SlowPath6& real, Sender& sender);
  // Copies the fragments that wait for this packet, if it is a fragment. Returns false if no
  // buffers are free.
  [[nodiscard]] bool prepare(const SlowPath6& real, Packet& packet);

  // Called before the first packet. Both objects need each other, so it is no constructor argument.
  void set_neighbors(NeighborOutput<Ipv6>& neighbors) { neighbors_ = &neighbors; }
  void set_limits(const IcmpLimiter<Ipv6>::Limits& limits) { limiter_.set_limits(limits); }

  void handle(OwnedPacket packet);
  // Answers a packet whose next hop did not answer solicitations.
  void address_unreachable(OwnedPacket packet, InterfaceId port);

  // Registers the handler of a protocol (Linux's inet6_protos). The handler is called with packets
  // addressed to the router, after the input hook; `offset` is where its header begins in the
  // frame. Returns false if the protocol has a handler.
  using ProtocolHandler = std::function<void(OwnedPacket, std::uint32_t offset)>;
  bool add_protocol(std::uint8_t protocol, ProtocolHandler handler);
  // Called with each query of multicast listener discovery.
  std::function<void(InterfaceId, Packet&)> on_mld_query;

  // Whether fragments are put together before PREROUTING, and cut again when they leave (Linux's
  // nf_defrag_ipv6).
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
    ip6::IcmpError error;
    std::optional<InterfaceId> port{};  // where the drop is counted; none: the ingress port
  };

  // Forwarded packets (slow_path6.cpp).

  // Checks the hop-by-hop options of the packet, and puts it together with the other fragments of
  // its datagram if it is one. Then runs the stages of a worker over it.
  void with_options(OwnedPacket packet);
  void carry(Reassembled whole);
  // `offset`: of the fragment header. Without a packet if the datagram is not complete, or a hook
  // has dropped it.
  [[nodiscard]] Reassembled defragmented(OwnedPacket packet, std::uint32_t offset);
  // The neighbor to which a packet goes that takes this way; none: the way leads to no neighbor.
  [[nodiscard]] static std::optional<neigh::Key6> next_hop_of(Packet& packet,
                                                              const neigh::Adjacency& adjacency);
  // Sends the packet to its next hop, which may have to be resolved first.
  void to_neighbor(OwnedPacket packet, const neigh::Adjacency& adjacency);
  void too_big(OwnedPacket packet, std::uint16_t mtu);
  [[nodiscard]] std::uint16_t mtu_of(const neigh::Adjacency& adjacency, InterfaceId ingress) const;
  [[nodiscard]] const neigh::Adjacency& adjacency_of(Packet& packet) const;
  // Runs the hooks of that point over one packet. Returns null if a hook holds or dropped it.
  [[nodiscard]] OwnedPacket run_hooks(HookPoint point, OwnedPacket packet,
                                      const neigh::Adjacency* way = nullptr, bool is_own = false);

  // Packets for the router itself (slow_path6_local.cpp).

  void deliver_locally(OwnedPacket packet);
  // Drops the packet, and reports a parameter problem if that is what was found.
  void refuse(OwnedPacket packet, const ip6::Step& step);
  // Returns the datagram if this fragment, whose header is at `offset`, completes it, otherwise
  // null.
  [[nodiscard]] Reassembled reassemble(OwnedPacket packet, std::uint32_t offset);
  void icmp_input(OwnedPacket packet, std::uint32_t offset);
  void echo(OwnedPacket packet, std::uint32_t offset);
  [[nodiscard]] bool learn_path_mtu(Packet& packet, std::uint32_t offset);
  void tcp_input(OwnedPacket packet, std::uint32_t offset);
  void udp_input(OwnedPacket packet, std::uint32_t offset);
  void udp_lite_input(OwnedPacket packet, std::uint32_t offset);
  [[nodiscard]] ip6::Reassembly<OwnedPacket> make_reassembly(const ReassemblySettings& settings);
  void add_protocols();

  // Packets from the router itself (slow_path6_send.cpp).

  // Sends an ICMP error to the sender, then drops the packet.
  void refuse(OwnedPacket packet, const Refusal& refusal);
  // Drops a packet that a rule of the firewall rejected, and answers it as the rule says.
  void reject(OwnedPacket packet);
  void send_error(Packet& offender, const ip6::IcmpError& error);
  // Returns the error, charged to the sender's limit, or why none is sent.
  [[nodiscard]] std::expected<OwnedPacket, Silence> make_error(Packet& offender,
                                                               const ip6::IcmpError& error);
  // Sends a redirect if the packet leaves by the port that received it, so that its sender can use
  // the better first hop.
  void redirect(Packet& packet, const neigh::Adjacency& adjacency);
  // Sends an answer that has its own buffer. Does nothing if `packet` is null.
  void answer(Packet& asked, OwnedPacket packet);
  // By this way, or else by that of its destination.
  void send_own(OwnedPacket packet, const neigh::Adjacency* way = nullptr);
  // Fragments the packet for that MTU, and sends the fragments.
  void cut(OwnedPacket packet, const neigh::Adjacency* way, std::uint16_t mtu);
  void send_to(OwnedPacket packet, const neigh::Adjacency* way);
  // Returns the source address for an answer to `destination`, which for a link-local one is on the
  // link of `ingress`: one of the port by which the answer leaves, or, for an error, by which the
  // packet came (RFC 4443 2.2).
  enum class About : std::uint8_t { kAnswer, kError };
  [[nodiscard]] std::optional<Ipv6> source_toward(Ipv6 destination, InterfaceId ingress,
                                                  About about) const;

  const interface::World& world_;
  const routing::Routing6& routing_;
  Sender& sender_;
  const Clock& clock_;
  NeighborOutput<Ipv6>* neighbors_ = nullptr;
  const SlowPath6* real_ = nullptr;  // of a rehearsal
  stats::IpCounters& counters_;      // the control thread's
  IcmpLimiter<Ipv6> limiter_;
  RedirectLimiter<Ipv6> redirects_;
  PathMtu<Ipv6> path_mtu_{ip6::kMtuMin};
  bool defragments_ = false;
  ip6::Reassembly<OwnedPacket> reassembly_;
  std::array<ProtocolHandler, 256> protocols_;
};

}  // namespace ringroad::host
