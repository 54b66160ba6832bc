// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The run-to-completion loop of one core: its RX queues, its TX queue on every port, its bands, its
// counters. One thread runs it; the control thread feeds `inject`, empties the punt rings and reads
// the counters.
#include <rte_rcu_qsbr.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/own_lines.hpp"
#include "ethernet/input.hpp"
#include "packet/stage.hpp"
#include "packet/steering.hpp"
#include "port/pools.hpp"
#include "port/tx_queue.hpp"
#include "stats/counter.hpp"
#include "stats/stage_times.hpp"
#include "worker/doorbell.hpp"
#include "worker/idle.hpp"
#include "worker/ring.hpp"

namespace ringroad::worker {

struct alignas(64) LoopCounters {
  stats::Counter packets;      // received
  stats::Counter polls;        // loops
  stats::Counter busy_polls;   // loops that received
  stats::Counter busy_cycles;  // of those loops
  // Loops that sent only what the control thread handed over or what waited in bands.
  stats::Counter control_polls;
  stats::Counter control_cycles;
  stats::Counter idle_cycles;  // of all others
};

class Worker {
 public:
  struct Settings {
    WorkerId id;
    unsigned core = 0;
    IdleMode idle = IdleMode::kPoll;
    // Used to find out how many buffers are left: if few are, devices must return theirs and fewer
    // packets may wait.
    const port::Pools* pools = nullptr;
    // Wakes the control thread after packets were punted. If null, the control thread polls.
    Doorbell* bell = nullptr;
  };

  [[nodiscard]] static Result<std::unique_ptr<Worker>> make(const Settings& settings,
                                                            const Tables& tables,
                                                            rte_rcu_qsbr& readers);

  struct RxQueue {
    PortId port;
    std::uint16_t device;
    std::uint16_t queue;
    bool fetch;   // its frames are not in this core's cache when they arrive
    bool spread;  // its flows go to all workers, because the device has no RSS (Linux's RPS)
    bool steered = false;  // each frame goes to the worker that set_steering() or `spread` says
  };

  // Control thread. While the loop runs, the port must be gated, and there must be room.
  void add_rx(const RxQueue& queue);
  [[nodiscard]] bool has_room_for_rx(std::size_t queues) const {
    return rx_.size() + queues <= kRxQueuesMax;
  }
  // All workers, in the same order for each, this one included. `spreads`: flows of RX queues with
  // `spread` are distributed over them. Before the loop runs.
  void set_peers(const std::vector<Worker*>& peers, bool spreads) {
    peers_ = peers;
    takes_steered_ = spreads;
  }
  // Control thread. From the next loop on, frames of all RX queues go to the workers that this
  // chooses. To be set for all peers before frames depend on it. With nothing, `spread` decides.
  void set_steering(std::optional<FlowSteering> steering);
  // Called whenever the port was started, while this worker does not use it.
  void watch_rx(const port::Port& port);
  // Called after the port's device was opened again, with whatever number it has now, while this
  // worker does not use it.
  void use_device(PortId id, const port::Port& port);
  // While the loop runs, the port must be gated.
  void add_tx(PortId port, std::unique_ptr<port::TxQueue> queue);
  // Called if the device has fewer TX queues than there are workers: `owner` sends for this one.
  void add_tx_through(PortId port, Worker& owner);
  // Control thread. From the worker's next millisecond on this queue sends in place of the present
  // one, whose waiting packets it takes over. Not called again before has_replaced_tx().
  void replace_tx(PortId port, std::unique_ptr<port::TxQueue> queue);
  // Control thread. Frees the queue before, if the worker has left it.
  [[nodiscard]] bool has_replaced_tx(PortId port);
  // Takes the queues of replace_tx(). Called by the worker's loop, or by the control thread while
  // no loop runs.
  void adopt_tx();

  // Runs one loop: sends injected packets, polls every RX queue, drains the bands. Returns false if
  // there was nothing to do.
  bool poll_once();
  // Loops until `stop` is set, then unregisters from the readers.
  void run(const std::atomic<bool>& stop);
  // Drops everything that is queued here, for reason kPortDown. Called when no loop runs any more.
  void clear();

  // Control thread. Says what the worker does with a port from its next loop on. Once the worker
  // has passed a quiescent state, it has taken effect.
  enum class Gate : std::uint8_t {
    kOpen,
    kStopped,  // calls no driver; packets to be sent wait (Linux's netif_tx_stop_queue)
    kClosed,   // drops waiting and arriving packets, because there is no link
    kGone,     // drops waiting packets and calls no driver, because there is no device
  };
  void set_gate(PortId port, Gate gate);

  // Any thread. Hands over a whole frame with meta().egress and .priority set. Returns false if the
  // ring is full.
  [[nodiscard]] bool inject(Packet* packet) {
    const bool taken = inject_.push(packet);
    sleeper_->wake();
    return taken;
  }
  // Control thread. Runs `what` on the worker's thread, between two bursts and behind the packets
  // that were injected before, and waits until it is done. If no loop runs, it runs here.
  void call(const std::function<void()>& what);
  // The number of injected packets that the worker has not sent yet.
  [[nodiscard]] unsigned injected() const { return inject_.size(); }
  // Control thread. ARP has a ring of its own, so that no other traffic crowds it out.
  [[nodiscard]] PacketRing& arp_punts() { return arp_punts_; }
  [[nodiscard]] PacketRing& punts() { return punts_; }

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const LoopCounters& counters() const { return counters_; }
  [[nodiscard]] const Sleeper& sleeper() const { return *sleeper_; }
  [[nodiscard]] const InterfaceCounters& interface(InterfaceId id) const {
    return interfaces_[id.value()];
  }
  [[nodiscard]] const stats::DropCounters& drops() const { return context_.drops; }
  // The number of packets that it created: copies for the control thread, and answers.
  [[nodiscard]] std::uint64_t generated() const { return context_.generated.get(); }
  [[nodiscard]] std::uint64_t delivered() const { return context_.delivered.get(); }
  [[nodiscard]] const stats::IpCounters& ip_counters() const { return context_.counters; }
  // The bytes of packets that it copied. Forwarding copies none.
  [[nodiscard]] std::uint64_t copied_bytes() const { return context_.copied_bytes.get(); }
  [[nodiscard]] const stats::StageTimes& times() const { return times_; }
  // Control thread. Sets what is traced and captured, from the worker's next millisecond on; null:
  // nothing. The plan before it may be freed after a quiescent state.
  void set_taps(Watch::Plan* plan);
  // Whether the worker records now what the plan says.
  [[nodiscard]] bool has_taps() const { return taps_adopted_.load(std::memory_order_relaxed); }
  // The number of records that its ring had no room for.
  [[nodiscard]] std::uint64_t lost_records() const { return watch_.lost(); }
  // Returns null if another worker sends for this one, and for a sub-interface.
  [[nodiscard]] port::TxQueue* tx(PortId port);
  // The number of packets in the rings to and from the control thread, and in the bands.
  [[nodiscard]] std::uint64_t held() const;
  // The number of packets in its rings, and of those held until their neighbor is published.
  [[nodiscard]] std::uint32_t in_rings() const;
  // Control thread. Appends to `used` the adjacencies below `end` that this worker used since the
  // last call, of those with `report_use` set. ~0.4 ns for each adjacency below `end`.
  void take_used(std::uint32_t end, std::vector<AdjacencyId>& used);

 private:
  static constexpr unsigned kArpRing = 1024;
  static constexpr std::uint32_t kIdlePolls = 64;     // loops without a packet before it rests
  static constexpr std::uint64_t kTimedBursts = 128;  // one burst in so many is timed by stage

  Worker(const Settings& settings, const Tables& tables, rte_rcu_qsbr& readers);

  // Sends all packets that were injected before the call.
  std::uint32_t poll_inject();
  unsigned send_injected(unsigned most);
  void do_call();
  std::uint32_t poll_rx(const RxQueue& queue);
  std::uint32_t poll_steered();
  // Hands the packets of other workers' flows to them (Linux's RPS) and keeps the rest in `burst_`.
  // Returns how many packets it kept.
  std::uint16_t steer(PortId port, std::uint16_t count);
  void choose_workers(std::uint16_t count, std::uint8_t* workers);
  void drop_steered(Packet* packet, stats::DropReason reason);
  [[nodiscard]] std::span<const RxQueue> rx_queues() const {
    return {rx_.data(), rx_count_.load(std::memory_order_acquire)};
  }
  void carry(InterfaceId ingress, std::uint16_t count);
  void begin_watch(PortId port, std::uint16_t count);
  void end_watch();
  void adopt_taps();
  void send_held();
  void send_published(std::span<Packet* const> packets);
  std::uint32_t drain_bands();
  void flush_egress();
  void send(PortId port, Egress::Stage& stage);
  void flush_punts();
  // `scarce`: no buffers are left for packets that wait.
  [[nodiscard]] bool has_room_for_arp(Packet& packet, bool scarce) const;
  void limit_backlog(port::TxQueue& queue);
  void send_through(Worker& owner, PortId port, Egress::Stage& stage);
  [[nodiscard]] bool is_open(std::size_t port) const { return ((shut_ >> port) & 1U) == 0; }
  void reclaim();
  void rest();
  void count_rest();

  Settings settings_;
  rte_rcu_qsbr& readers_;
  std::unique_ptr<ethernet::EtherTypes> types_;
  std::unique_ptr<Sleeper> sleeper_;
  OwnLinesVector<std::atomic<std::uint8_t>> used_;
  // The control thread appends; the memory stays where it is while the loop runs.
  std::vector<RxQueue> rx_;
  std::atomic<std::size_t> rx_count_{0};
  struct TxPath {
    std::atomic<port::TxQueue*> queue{nullptr};
    std::atomic<port::TxQueue*> next{nullptr};
    Worker* owner = nullptr;
    // The control thread's.
    std::unique_ptr<port::TxQueue> owned;
    std::unique_ptr<port::TxQueue> owned_next;

    [[nodiscard]] port::TxQueue* now() const { return queue.load(std::memory_order_relaxed); }
  };
  std::vector<TxPath> tx_ = std::vector<TxPath>(kPortsMax);  // of each PortId
  std::atomic<bool> tx_waits_{false};                        // some path has a next queue
  std::vector<Worker*> peers_;
  std::optional<FlowSteering> steering_;
  bool takes_steered_ = false;  // peers may hand packets over
  PacketRing inject_;           // a null stands for a call
  std::atomic<const std::function<void()>*> call_{nullptr};
  std::atomic<bool> runs_{false};
  PacketRing steered_;  // packets as received, with meta().ingress set
  PacketRing arp_punts_;
  PacketRing punts_;
  // A bit for each port, set by the control thread.
  std::atomic<std::uint64_t> stopped_{0};
  std::atomic<std::uint64_t> closed_{0};
  std::uint64_t shut_ = 0;        // stopped or closed ports, as read at the start of this loop
  std::uint64_t backlogged_ = 0;  // bit of each port whose bands hold packets
  std::uint64_t next_reclaim_ = 0;
  std::uint32_t empty_polls_ = 0;
  std::uint64_t bursts_ = 0;
  // A burst is watched if none of these bits of its number is set: one of kTimedBursts, or each.
  std::uint64_t watched_bursts_ = kTimedBursts - 1;
  std::uint64_t last_cycles_ = 0;

  alignas(64) StageContext context_;
  std::unique_ptr<Egress> in_hand_ = std::make_unique<Egress>();
  Burst burst_;  // a member, so that its arrays are not cleared for each burst
  LoopCounters counters_;
  OwnLinesVector<InterfaceCounters> interfaces_;
  stats::StageTimes times_;
  Watch watch_;
  std::atomic<bool> taps_adopted_{false};
};

// No cache line that a worker writes is shared by workers, except those of a port's rates.
static_assert(alignof(Worker) >= kCacheLine && alignof(port::TxQueue) >= kCacheLine);
static_assert(alignof(InterfaceCounters) >= kCacheLine);

}  // namespace ringroad::worker
