#pragma once
// The router's conversation with its neighbours: the neighbour table, the packets that wait for it,
// the ARP messages, and what the packet path is told of the outcome. Control thread only.
#include <functional>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
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
  Neighbors(const Settings& settings, World& world, Routing& routing, Sender& sender,
            const Clock& clock, Unreachable unreachable);

  // That port's own, instead of the settings'.
  void set_parameters(PortId port, const neigh::Parameters& parameters) {
    table_.set_parameters(port, parameters);
  }
  void set_workers(std::vector<worker::Worker*> workers) { workers_ = std::move(workers); }

  // An IPv4 packet for that neighbour: goes at once, or waits until its MAC is known.
  void send(neigh::Key key, ip::OwnedPacket packet);
  // A frame of EtherType 0x0806.
  void arp_input(ip::OwnedPacket frame);
  // Runs the timers that are due.
  void tick();

  void set_permanent(neigh::Key key, Mac mac);
  bool erase(neigh::Key key);
  std::size_t flush(std::optional<PortId> port);
  // Gives up everything that waits, for reason kPortDown.
  void clear();

  [[nodiscard]] const neigh::Table& table() const { return table_; }
  [[nodiscard]] std::size_t queued(NeighborId id) const;
  // Packets that wait, all neighbours together.
  [[nodiscard]] std::uint64_t held() const;

 private:
  void carry_out(const neigh::Events& events);
  void solicit(NeighborId id, bool broadcast);
  [[nodiscard]] std::optional<Ipv4> source_for(NeighborId id) const;
  void resolved(NeighborId id);
  void failed(NeighborId id);
  void find_used(Nanoseconds now);
  void ask_again(Nanoseconds now);
  // What `message` tells, and whether it concerned us.
  bool answer(const neigh::ArpMessage& message, const PortView& port, std::uint8_t worker);

  World& world_;
  Routing& routing_;
  Sender& sender_;
  const Clock& clock_;
  Unreachable unreachable_;
  Bytes queue_bytes_;
  neigh::Table table_;
  Nanoseconds next_ask_{};
  std::unordered_map<NeighborId, neigh::PendingQueue<ip::OwnedPacket>> pending_;
  std::vector<worker::Worker*> workers_;
};

}  // namespace ringroad::control
