// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Neighbor resolution, for either family: owns the neighbor table and the packets that wait for it,
// and publishes resolved neighbors to the packet path. Neighbors (ARP) and Neighbors6 (neighbor
// discovery) send and receive the messages. Control thread only.
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "host/neighbor_news.hpp"
#include "host/neighbor_output.hpp"
#include "host/sender.hpp"
#include "neigh/pending_packets.hpp"
#include "neigh/table.hpp"
#include "neigh/table_rehearsal.hpp"
#include "routing/routing.hpp"

namespace ringroad::host {

// What both families' Resolution share.
struct ResolutionSettings {
  using Pending = neigh::PendingPackets<OwnedPacket>;
  neigh::Parameters parameters;
  neigh::Limits limits;
  Pending::Limits pending;
  std::uint64_t seed = 0;
};

// Removals of a flush.
struct Flushed {
  std::size_t removed = 0;
  bool over = false;
};

template <class Address>
class Resolution : public NeighborOutput<Address> {
 public:
  using Key = neigh::Key<Address>;
  using Table = neigh::Table<Address>;
  using Pending = ResolutionSettings::Pending;
  // Called with a packet whose next hop on that port does not answer. The callee owns the packet.
  using Unreachable = std::function<void(OwnedPacket, InterfaceId)>;

  Resolution(const ResolutionSettings& settings, interface::World& world,
             routing::Routing<Address>& routing, Sender& sender, const Clock& clock,
             Unreachable unreachable);

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

  void send(Key key, OwnedPacket packet) override;
  [[nodiscard]] std::optional<Mac> mac_of(Key key) const override;
  // What send() does with a packet that occupies so many buffers, after those that were rehearsed
  // before. Changes nothing of this.
  enum class Prospect : std::uint8_t { kSends, kWaits, kUnreachable, kNoMemory, kTableFull };
  [[nodiscard]] Prospect prospect(typename Table::Rehearsal& table, Key key,
                                  std::uint32_t buffers) const;
  [[nodiscard]] typename Table::Rehearsal rehearse() const { return {table_, clock_.now()}; }
  // Runs the timers that are due, and returns when the next one is due: at once, if more were due
  // than one round handles.
  virtual Nanoseconds tick();
  // Whether reports of used neighbors are wanted, and the reports: ids of adjacencies of this
  // family.
  [[nodiscard]] bool wants_used() const { return table_.stale() > 0 && used_.empty(); }
  void add_used(std::span<const AdjacencyId> used) {
    used_.insert(used_.end(), used.begin(), used.end());
  }
  // The control thread has handled this many more packets of the worker's punt ring.
  void count_seen_to(std::size_t worker, std::uint64_t packets) { seen_to_[worker] += packets; }
  // Continues with neighbors whose MAC addresses are known and that are not published yet. Returns
  // false if there are none.
  bool settle();
  // A port without a link forgets its neighbors (Linux's arp_evict_nocarrier,
  // ndisc_evict_nocarrier).
  void set_link(InterfaceId port, bool up);

  void set_permanent(Key key, Mac mac);
  bool erase(Key key);
  // Removes the learned neighbors of one port, or of all ports, as `ip neigh flush` does: the first
  // slice now, the others in advance().
  std::shared_ptr<const Flushed> flush(std::optional<InterfaceId> port);
  // Does the next slice of the flushes, ~2 ms. Returns false if nothing is left to do.
  bool advance();
  // Drops all waiting packets, for reason kPortDown.
  void clear();

  [[nodiscard]] const Table& table() const { return table_; }
  // Requests for the router's own addresses, by whether they were sent to many.
  struct Probes {
    std::uint64_t multicast = 0;
    std::uint64_t unicast = 0;
  };
  [[nodiscard]] const Probes& probes() const { return probes_; }
  // The number of packets that others which wait for the same neighbor pushed out.
  [[nodiscard]] std::uint64_t discards() const { return discards_; }
  [[nodiscard]] std::size_t queued(NeighborId id) const { return pending_.size(id); }
  // The number of waiting packets of all neighbors, and the buffers that they occupy.
  [[nodiscard]] std::uint64_t held() const { return pending_.size(); }
  [[nodiscard]] std::uint32_t held_buffers() const { return pending_.buffers(); }
  [[nodiscard]] const Pending::Limits& pending_limits() const { return pending_.limits(); }

 protected:
  // Sends a solicitation for the neighbor, to all or to its MAC.
  virtual void solicit(NeighborId id, bool broadcast) = 0;
  // The events must be carried out before the next call.
  void learn(const typename Table::Advertisement& advertisement, neigh::Events& events) {
    table_.learn(advertisement, clock_.now(), events);
  }
  void use(NeighborId id, neigh::Events& events) { table_.mark_used(id, clock_.now(), events); }
  [[nodiscard]] bool suspect(NeighborId id, neigh::Events& events) {
    return table_.suspect(id, clock_.now(), events);
  }
  void carry_out(const neigh::Events& events);
  // The newest packet that waits for this neighbor, or null.
  [[nodiscard]] Packet* newest_waiting(NeighborId id) const {
    const OwnedPacket* const newest = pending_.newest(id);
    return newest != nullptr ? newest->get() : nullptr;
  }
  void count_probe(bool is_for_many) { ++(is_for_many ? probes_.multicast : probes_.unicast); }
  [[nodiscard]] interface::World& world() const { return world_; }
  [[nodiscard]] Sender& sender() const { return sender_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }

 private:
  // Removes the entries that did not change since the flush began, by port and address.
  struct Flush {
    std::optional<InterfaceId> port;
    Nanoseconds began;
    bool link_lost;  // neighbors that are removed then count as failed
    std::shared_ptr<Flushed> outcome;
    std::optional<Key> after{};
    bool doubting = false;
  };

  std::shared_ptr<const Flushed> flush(std::optional<InterfaceId> port, bool link_lost);
  bool advance(Flush& flush);
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
  void mark_used(Nanoseconds now);
  void ask_again(Nanoseconds now);

  interface::World& world_;
  routing::Routing<Address>& routing_;
  Sender& sender_;
  const Clock& clock_;
  Unreachable unreachable_;
  Table table_;
  NeighborNews<Address> news_;
  Nanoseconds next_ask_{};
  Pending pending_;
  std::unordered_map<NeighborId, Settling> settling_;
  std::vector<std::uint64_t> seen_to_;  // handled packets, by worker
  bool started_ = false;
  std::vector<worker::Worker*> workers_;
  std::deque<Flush> flushes_;
  Probes probes_;
  std::uint64_t discards_ = 0;
  std::vector<AdjacencyId> used_;  // reported as used, and not handled yet
};

extern template class Resolution<Ipv4>;
extern template class Resolution<Ipv6>;

}  // namespace ringroad::host
