#pragma once
// The router's conversation with its neighbours: the neighbour table, the packets that wait for it,
// the ARP messages, and what the packet path is told of the outcome. Control thread only.
#include <functional>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "control/addresses.hpp"
#include "control/routing.hpp"
#include "control/sender.hpp"
#include "neigh/arp_message.hpp"
#include "neigh/pending_queue.hpp"
#include "neigh/table.hpp"

namespace ringroad::control {

class Neighbors {
 public:
  // Told of each packet whose next hop did not answer; it goes with the call.
  using Unreachable = std::function<void(ip::OwnedPacket)>;

  struct Settings {
    neigh::Parameters parameters;
    neigh::Limits limits;
    Bytes queue_bytes{212992};
    std::uint64_t seed = 0;
  };
  Neighbors(const Settings& settings, World& world, Routing& routing, Addresses& addresses,
            Sender& sender, const Clock& clock, Unreachable unreachable);

  // That port's own, instead of the settings'.
  void set_parameters(PortId port, const neigh::Parameters& parameters) {
    table_.set_parameters(port, parameters);
  }
  void set_workers(std::vector<worker::Worker*> workers) { workers_ = std::move(workers); }

  // An IPv4 packet for that neighbour: goes at once, or waits until its MAC is known.
  void send(neigh::Key key, ip::OwnedPacket packet);
  // A frame of EtherType 0x0806.
  void arp_input(ip::OwnedPacket frame);
  // Runs the timers that are due, and says when the next one is: at once, where there were more
  // than may hold up a round.
  Nanoseconds tick();
  // Without it nothing is known of anybody there (Linux's arp_evict_nocarrier).
  void set_link(PortId port, bool up);

  void set_permanent(neigh::Key key, Mac mac);
  bool erase(neigh::Key key);
  std::size_t flush(std::optional<PortId> port);
  // Gives up everything that waits, for reason kPortDown.
  void clear();

  [[nodiscard]] const neigh::Table& table() const { return table_; }
  // Requests for an address of the router's own, by how they came.
  struct Probes {
    std::uint64_t broadcast = 0;
    std::uint64_t unicast = 0;
  };
  [[nodiscard]] const Probes& probes() const { return probes_; }
  [[nodiscard]] std::size_t queued(NeighborId id) const;
  // Packets that wait, all neighbours together.
  [[nodiscard]] std::uint64_t held() const;

 private:
  void carry_out(const neigh::Events& events);
  void solicit(NeighborId id, bool broadcast);
  [[nodiscard]] std::optional<Ipv4> source_for(NeighborId id) const;
  void resolved(NeighborId id);
  void failed(NeighborId id);
  void drop_waiting(std::optional<PortId> only);
  void find_used();
  void mark_used(Nanoseconds now);
  void ask_again(Nanoseconds now);
  void answer(const neigh::ArpMessage& request, const PortView& port, std::uint8_t worker);

  World& world_;
  Routing& routing_;
  Addresses& addresses_;
  Sender& sender_;
  const Clock& clock_;
  Unreachable unreachable_;
  Bytes queue_bytes_;
  neigh::Table table_;
  Probes probes_;
  Nanoseconds next_ask_{};
  std::unordered_map<NeighborId, neigh::PendingQueue<ip::OwnedPacket>> pending_;
  std::vector<worker::Worker*> workers_;
  std::vector<AdjacencyId> used_;  // reported, and not seen to yet
};

}  // namespace ringroad::control
