// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Neighbor resolution: owns the neighbor table and the packets that wait for it, sends and receives
// ARP messages, and publishes resolved neighbors to the packet path. Control thread only.
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "host/addresses.hpp"
#include "host/sender.hpp"
#include "neigh/arp_message.hpp"
#include "neigh/pending_packets.hpp"
#include "neigh/table.hpp"
#include "routing/routing.hpp"

namespace ringroad::host {

class Neighbors {
 public:
  using Pending = neigh::PendingPackets<OwnedPacket>;
  // Told of each packet whose next hop did not answer; it goes with the call.
  // A packet whose next hop, on that port, does not answer.
  using Unreachable = std::function<void(OwnedPacket, InterfaceId)>;

  struct Settings {
    neigh::Parameters parameters;
    neigh::Limits limits;
    Pending::Limits pending;
    std::uint64_t seed = 0;
  };
  Neighbors(const Settings& settings, interface::World& world, routing::Routing& routing,
            Addresses& addresses, Sender& sender, const Clock& clock, Unreachable unreachable);

  // That port's own, instead of the settings'.
  void set_parameters(InterfaceId port, const neigh::Parameters& parameters) {
    table_.set_parameters(port, parameters);
  }
  void set_workers(std::vector<worker::Worker*> workers) {
    workers_ = std::move(workers);
    seen_to_.resize(workers_.size());
  }
  // Workers may run from now on.
  void start() { started_ = true; }

  // An IPv4 packet for that neighbor: goes at once, or waits until its MAC is known.
  void send(neigh::Key4 key, OwnedPacket packet);
  // A frame of EtherType 0x0806.
  void arp_input(OwnedPacket frame);
  // Runs the timers that are due, and says when the next one is: at once, where there were more
  // than may hold up a round.
  Nanoseconds tick();
  // So many packets that a worker handed up were seen to.
  void count_seen_to(std::size_t worker, std::uint64_t packets) { seen_to_[worker] += packets; }
  // Goes on with neighbors whose MACs are known and that are not published yet. False where there
  // are none.
  bool settle();
  // Without it nothing is known of anybody there (Linux's arp_evict_nocarrier).
  void set_link(InterfaceId port, bool up);

  void set_permanent(neigh::Key4 key, Mac mac);
  bool erase(neigh::Key4 key);
  // `ip neigh flush` of one port, or of all: as many as a slice takes now, the others by advance().
  struct Flushed {
    std::size_t removed = 0;
    bool over = false;
  };
  std::shared_ptr<const Flushed> flush(std::optional<InterfaceId> port);
  // The next slice of that, ~2 ms. False where nothing is left to do.
  bool advance();
  // Gives up everything that waits, for reason kPortDown.
  void clear();

  [[nodiscard]] const neigh::Table4& table() const { return table_; }
  // Requests for an address of the router's own, by how they came.
  struct Probes {
    std::uint64_t broadcast = 0;
    std::uint64_t unicast = 0;
  };
  [[nodiscard]] const Probes& probes() const { return probes_; }
  [[nodiscard]] std::size_t queued(NeighborId id) const { return pending_.size(id); }
  // Packets that wait, all neighbors together, and the buffers they occupy.
  [[nodiscard]] std::uint64_t held() const { return pending_.size(); }
  [[nodiscard]] std::uint32_t held_buffers() const { return pending_.buffers(); }
  [[nodiscard]] const Pending::Limits& pending_limits() const { return pending_.limits(); }

 private:
  // Entries that are as they were when it began go, port by port and address by address.
  struct Flush {
    std::optional<InterfaceId> port;
    Nanoseconds began;
    bool link_lost;  // who is not known then is taken for failed
    std::shared_ptr<Flushed> outcome;
    std::optional<neigh::Key4> after{};
    bool doubting = false;
  };

  std::shared_ptr<const Flushed> flush(std::optional<InterfaceId> port, bool link_lost);
  bool advance(Flush& flush);
  void carry_out(const neigh::Events& events);
  void solicit(NeighborId id, bool broadcast);
  [[nodiscard]] std::optional<Ipv4> source_for(NeighborId id) const;
  void resolved(NeighborId id);
  struct Settling {
    std::uint64_t left_by = 0;  // every worker keeps its packets once this state is passed
    // From then on: for each worker, what of all that it handed up must have been seen to.
    std::vector<std::uint64_t> seen_to_at{};
  };
  [[nodiscard]] bool is_settled(Settling& settling);
  // Hands the workers what waits for that neighbor; false where they had no room for all.
  bool hand_over(NeighborId id);
  void publish(NeighborId id);
  void failed(NeighborId id);
  void drop_waiting(std::optional<InterfaceId> only);
  void find_used();
  void mark_used(Nanoseconds now);
  void ask_again(Nanoseconds now);
  void answer(const neigh::ArpMessage& request, const interface::InterfaceView& port,
              std::uint8_t worker);

  interface::World& world_;
  routing::Routing& routing_;
  Addresses& addresses_;
  Sender& sender_;
  const Clock& clock_;
  Unreachable unreachable_;
  neigh::Table4 table_;
  Probes probes_;
  Nanoseconds next_ask_{};
  Pending pending_;
  std::unordered_map<NeighborId, Settling> settling_;
  std::vector<std::uint64_t> seen_to_;  // by worker
  bool started_ = false;
  std::vector<worker::Worker*> workers_;
  std::deque<Flush> flushes_;
  std::vector<AdjacencyId> used_;  // reported, and not seen to yet
};

}  // namespace ringroad::host
