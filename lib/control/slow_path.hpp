#pragma once
// What workers hand up: packets for the router itself, packets that need a neighbour's MAC or
// cutting, packets whose sender is told why they went no further. Control thread only.
#include <array>
#include <functional>

#include "base/clock.hpp"
#include "control/neighbors.hpp"
#include "control/routing.hpp"
#include "control/sender.hpp"
#include "ip/icmp.hpp"
#include "ip/icmp_limiter.hpp"
#include "ip/reassembly.hpp"
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
  void host_unreachable(ip::OwnedPacket packet);

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
  [[nodiscard]] const stats::IpCounters& counters() const { return counters_; }

 private:
  struct Refusal {
    stats::DropReason reason;
    ip::IcmpError error;
  };

  void deliver_locally(ip::OwnedPacket packet);
  // The datagram, where this fragment was the last that it lacked.
  [[nodiscard]] ip::OwnedPacket reassemble(ip::OwnedPacket packet);
  void icmp_input(ip::OwnedPacket packet);
  // Tells the sender, then drops.
  void refuse(ip::OwnedPacket packet, const Refusal& refusal);
  void send_error(ip::Packet& offender, const ip::IcmpError& error);
  void send_own(ip::OwnedPacket packet);
  // To its next hop, which may have to be asked for first.
  void to_neighbor(ip::OwnedPacket packet);
  void to_neighbor(ip::OwnedPacket packet, const neigh::Adjacency& adjacency);
  // In as many pieces as that MTU asks for.
  void cut(ip::OwnedPacket packet, const neigh::Adjacency& adjacency, std::uint16_t mtu);
  [[nodiscard]] const neigh::Adjacency& adjacency_of(ip::Packet& packet) const;
  // Runs one hook over one packet; null where the hook kept or dropped it.
  [[nodiscard]] ip::OwnedPacket run_hook(ip::HookPoint point, ip::OwnedPacket packet);
  // Where a packet of that flow from the router itself to `destination` starts from.
  [[nodiscard]] std::optional<Ipv4> source_toward(Ipv4 destination, std::uint32_t flow) const;

  World& world_;
  Routing& routing_;
  Sender& sender_;
  const Clock& clock_;
  Neighbors* neighbors_ = nullptr;
  stats::IpCounters counters_;
  ip::IcmpLimiter limiter_;
  ip::Reassembly<ip::OwnedPacket> reassembly_;
  std::array<ProtocolHandler, 256> protocols_;
  std::uint16_t identification_ = 0;
};

}  // namespace ringroad::control
