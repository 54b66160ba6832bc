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
#include "host/neighbor_news.hpp"
#include "host/neighbor_output.hpp"
#include "host/sender.hpp"
#include "neigh/arp_message.hpp"
#include "neigh/pending_packets.hpp"
#include "neigh/table.hpp"
#include "neigh/table_rehearsal.hpp"
#include "routing/routing.hpp"

namespace ringroad::host {

class Neighbors final : public NeighborOutput {
 public:
  using Pending = neigh::PendingPackets<OwnedPacket>;
  // Called with a packet whose next hop on that port does not answer. The callee owns the packet.
  using Unreachable = std::function<void(OwnedPacket, InterfaceId)>;

  struct Settings {
    neigh::Parameters parameters;
    neigh::Limits limits;
    Pending::Limits pending;
    std::uint64_t seed = 0;
  };
  Neighbors(const Settings& settings, interface::World& world, routing::Routing4& routing,
            Addresses& addresses, Sender& sender, const Clock& clock, Unreachable unreachable);

  // Sets parameters for one port, which replace those of the settings.
  void set_parameters(InterfaceId port, const neigh::Parameters& parameters) {
    table_.set_parameters(port, parameters);
  }
  void set_limits(const neigh::Limits& limits, Bytes queue_of_each) {
    table_.set_limits(limits);
    pending_.set_limit_of_each(queue_of_each);
  }
  void set_workers(std::vector<worker::Worker*> workers) {
    workers_ = std::move(workers);
    seen_to_.resize(workers_.size());
  }
  // Workers may run from now on.
  void start() { started_ = true; }

  void send(neigh::Key4 key, OwnedPacket packet) override;
  void arp_input(OwnedPacket frame) override;
  // What arp_input() does with a message. Changes nothing.
  struct ArpVerdict {
    std::optional<stats::DropReason> drop{};  // none: the message is of use
    std::optional<neigh::Table4::Advertisement> learns{};
    bool answers = false;
  };
  [[nodiscard]] ArpVerdict judge(const neigh::ArpMessage& message, const PacketMeta& meta) const;
  // What send() does with a packet that occupies so many buffers, after those that were rehearsed
  // before. Changes nothing of this.
  enum class Prospect : std::uint8_t { kSends, kWaits, kUnreachable, kNoMemory, kTableFull };
  [[nodiscard]] Prospect prospect(neigh::Table4::Rehearsal& table, neigh::Key4 key,
                                  std::uint32_t buffers) const;
  [[nodiscard]] neigh::Table4::Rehearsal rehearse() const { return {table_, clock_.now()}; }
  // Runs the timers that are due, and returns when the next one is due: at once, if more were due
  // than one round handles.
  Nanoseconds tick();
  // The control thread has handled this many more packets of the worker's punt ring.
  void count_seen_to(std::size_t worker, std::uint64_t packets) { seen_to_[worker] += packets; }
  // Continues with neighbors whose MAC addresses are known and that are not published yet. Returns
  // false if there are none.
  bool settle();
  // A port without a link forgets its neighbors (Linux's arp_evict_nocarrier).
  void set_link(InterfaceId port, bool up);

  void set_permanent(neigh::Key4 key, Mac mac);
  bool erase(neigh::Key4 key);
  // Removes the learned neighbors of one port, or of all ports, as `ip neigh flush` does: the first
  // slice now, the others in advance().
  struct Flushed {
    std::size_t removed = 0;
    bool over = false;
  };
  std::shared_ptr<const Flushed> flush(std::optional<InterfaceId> port);
  // Does the next slice of the flushes, ~2 ms. Returns false if nothing is left to do.
  bool advance();
  // Drops all waiting packets, for reason kPortDown.
  void clear();

  [[nodiscard]] const neigh::Table4& table() const { return table_; }
  // ARP requests for the router's own addresses, by the destination of their frames.
  struct Probes {
    std::uint64_t broadcast = 0;
    std::uint64_t unicast = 0;
  };
  [[nodiscard]] const Probes& probes() const { return probes_; }
  [[nodiscard]] std::size_t queued(NeighborId id) const { return pending_.size(id); }
  // The number of waiting packets of all neighbors, and the buffers that they occupy.
  [[nodiscard]] std::uint64_t held() const { return pending_.size(); }
  [[nodiscard]] std::uint32_t held_buffers() const { return pending_.buffers(); }
  [[nodiscard]] const Pending::Limits& pending_limits() const { return pending_.limits(); }

 private:
  // Removes the entries that did not change since the flush began, by port and address.
  struct Flush {
    std::optional<InterfaceId> port;
    Nanoseconds began;
    bool link_lost;  // neighbors that are removed then count as failed
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
    std::uint64_t left_by = 0;  // once this state is passed, every worker holds its packets
    // Set from then on: for each worker, how many of its punted packets must have been handled.
    std::vector<std::uint64_t> seen_to_at{};
  };
  [[nodiscard]] bool is_settled(Settling& settling);
  // Hands the neighbor's waiting packets to the workers. Returns false if the workers' rings had no
  // room for all.
  bool hand_over(NeighborId id);
  void publish(NeighborId id);
  void failed(NeighborId id);
  void drop_waiting(std::optional<InterfaceId> only);
  void find_used();
  void mark_used(Nanoseconds now);
  void ask_again(Nanoseconds now);

  interface::World& world_;
  routing::Routing4& routing_;
  Addresses& addresses_;
  Sender& sender_;
  const Clock& clock_;
  Unreachable unreachable_;
  neigh::Table4 table_;
  NeighborNews news_;
  Probes probes_;
  Nanoseconds next_ask_{};
  Pending pending_;
  std::unordered_map<NeighborId, Settling> settling_;
  std::vector<std::uint64_t> seen_to_;  // handled packets, by worker
  bool started_ = false;
  std::vector<worker::Worker*> workers_;
  std::deque<Flush> flushes_;
  std::vector<AdjacencyId> used_;  // reported as used, and not handled yet
};

}  // namespace ringroad::host
