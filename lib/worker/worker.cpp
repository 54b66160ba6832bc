// SPDX-License-Identifier: BSD-3-Clause
#include "worker/worker.hpp"

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "worker/arp_sender.hpp"
#include "worker/pipeline.hpp"

namespace ringroad::worker {
namespace {

using stats::DropReason;

constexpr std::uint32_t kReclaimsASecond = 1000;
// The drop reason of a packet that finds no room in the punt ring. A packet that would have been
// dropped anyway, after an ICMP error, keeps its own reason.
DropReason reason_if_not_punted(PuntReason reason) {
  switch (reason) {
    case PuntReason::kTtlExceeded:
      return DropReason::kTtlExceeded;
    case PuntReason::kFragmentationNeeded:
      return DropReason::kFragmentationNeeded;
    case PuntReason::kPacketTooBig:
      return DropReason::kPacketTooBig;
    case PuntReason::kBeyondScope:
      return DropReason::kScope;
    case PuntReason::kNoRoute:
      return DropReason::kNoRoute;
    case PuntReason::kUnreachable:
      return DropReason::kUnreachable;
    case PuntReason::kProhibited:
      return DropReason::kProhibited;
    case PuntReason::kRejected:
      return DropReason::kFirewall;
    case PuntReason::kArp:
    case PuntReason::kNeighborDiscovery:
    case PuntReason::kLocal:
    case PuntReason::kBroadcast:
    case PuntReason::kUnresolved:
    case PuntReason::kFragment:
    case PuntReason::kOptions:
    case PuntReason::kRedirect:
      break;
  }
  return DropReason::kPuntQueueFull;
}

}  // namespace

bool Worker::poll_once() {
  const std::uint64_t stopped = stopped_.load(std::memory_order_acquire);
  shut_ = stopped | closed_.load(std::memory_order_acquire);
  std::uint32_t other = poll_inject();
  std::uint32_t received = 0;
  for (const RxQueue& queue : rx_queues()) {
    if (((stopped >> queue.port.value()) & 1U) == 0) [[likely]] {
      received += poll_rx(queue);
    }
  }
  if (takes_steered_) [[unlikely]] {
    received += poll_steered();
  }
  if (context_.held.count != 0) [[unlikely]] {
    const std::uint16_t held = context_.held.count;
    send_held();
    flush_punts();
    other += held - context_.held.count;
  }
  if (backlogged_ != 0) [[unlikely]] {
    other += drain_bands();
  }
  context_.drop_list.flush();
  rte_rcu_qsbr_quiescent(&readers_, settings_.id.value());

  const std::uint64_t now = stats::cycles_now();
  const std::uint64_t spent = last_cycles_ == 0 ? 0 : now - last_cycles_;
  last_cycles_ = now;
  if (now >= next_reclaim_) [[unlikely]] {
    next_reclaim_ = now + rte_get_tsc_hz() / kReclaimsASecond;
    reclaim();
    adopt_taps();
    if (tx_waits_.load(std::memory_order_relaxed)) [[unlikely]] {
      adopt_tx();
    }
  }
  counters_.polls.add(1);
  if (received > 0) {
    counters_.busy_polls.add(1);
    counters_.busy_cycles.add(spent);
    empty_polls_ = 0;
    return true;
  }
  if (other > 0) {
    counters_.control_polls.add(1);
    counters_.control_cycles.add(spent);
    empty_polls_ = 0;
    return true;
  }
  counters_.idle_cycles.add(spent);
  if (++empty_polls_ % kIdlePolls == 0) {
    rest();
  }
  return false;
}

std::uint32_t Worker::poll_inject() {
  const unsigned waiting = inject_.size();
  if (waiting == 0) [[likely]] {
    return 0;
  }
  unsigned sent = 0;
  while (sent < waiting) {
    const unsigned count = send_injected(waiting - sent);
    if (count == 0) {
      break;
    }
    sent += count;
  }
  return sent;
}

unsigned Worker::send_injected(unsigned most) {
  std::array<Packet*, kBurstMax> packets;
  const unsigned count =
      inject_.pop(packets.data(), std::min<unsigned>(most, static_cast<unsigned>(packets.size())));
  // Consecutive packets of one port are sent together.
  for (unsigned i = 0; i < count;) {
    if (packets[i] == nullptr) [[unlikely]] {
      do_call();
      ++i;
      continue;
    }
    const PortId port = meta(*packets[i]).egress;
    Egress::Stage stage;
    for (; i < count && packets[i] != nullptr && meta(*packets[i]).egress == port; ++i) {
      stage.add(packets[i], meta(*packets[i]).priority);
    }
    send(port, stage);
  }
  return count;
}

std::uint32_t Worker::poll_rx(const RxQueue& queue) {
  const bool watched = (bursts_ & watched_bursts_) == 0;
  if (watched) [[unlikely]] {
    times_.start();
  }
  const std::uint16_t count =
      rte_eth_rx_burst(queue.device, queue.queue, burst_.packets.data(), kBurstMax);
  if (count == 0) {
    return 0;
  }
  ++bursts_;
  if (queue.fetch) {
#pragma GCC unroll 4
    for (std::uint16_t i = 0; i < count; ++i) {
      rte_prefetch0(expected_frame(*burst_.packets[i]));
    }
  }
  if (watched) [[unlikely]] {
    begin_watch(queue.port, count);
  }
  const std::uint16_t own = queue.steered ? steer(queue.port, count) : count;
  if (own > 0) [[likely]] {
    carry(interface_of(queue.port), own);
  }
  if (watched) [[unlikely]] {
    end_watch();
  }
  return count;
}

void Worker::begin_watch(PortId port, std::uint16_t count) {
  const bool timed = (bursts_ - 1) % kTimedBursts == 0;
  if (timed) {
    times_.lap(stats::Stage::kRx);
    times_.count(count);
    watch_.set_times(&times_);
  }
  const bool recorded = watch_.begin(port, std::span{burst_.packets}.first(count));
  context_.watch = timed || recorded ? &watch_ : nullptr;
}

void Worker::end_watch() {
  watch_.end();
  watch_.set_times(nullptr);
  context_.watch = watched_bursts_ == 0 ? &watch_ : nullptr;
}

void Worker::adopt_taps() {
  const bool on = watch_.is_on();
  context_.watch = on ? &watch_ : nullptr;
  watched_bursts_ = on ? 0 : kTimedBursts - 1;
  taps_adopted_.store(on, std::memory_order_relaxed);
}

void Worker::set_taps(Watch::Plan* plan) {
  watch_.set_plan(plan);
  sleeper_->wake();
}

void Worker::carry(InterfaceId ingress, std::uint16_t count) {
  counters_.packets.add(count);
  burst_.begin(ingress, count);
  ethernet::input(context_, burst_, *types_, kCheckedLines);
  // Packets that waited for a neighbor were injected before the neighbor was published: they are
  // sent before packets of this burst, which may have found the neighbor published.
  poll_inject();
  if (context_.held.count != 0) [[unlikely]] {
    send_held();
  }
  flush_egress();
  flush_punts();
}

void Worker::flush_egress() {
  while (context_.egress.ports != 0) {
    const auto index = static_cast<std::uint16_t>(std::countr_zero(context_.egress.ports));
    context_.egress.ports &= context_.egress.ports - 1;
    Egress::Stage& stage = context_.egress.stages[index];
    send(PortId{index}, stage);
    stage.clear();
    if (context_.watch != nullptr) [[unlikely]] {
      watch_.banded();
    }
  }
}

void Worker::send(PortId port, Egress::Stage& stage) {
  const TxPath& path = tx_[port.value()];
  if (port::TxQueue* const queue = path.now(); queue != nullptr) [[likely]] {
    if (is_open(port.value())) [[likely]] {
      queue->send(context_, stage);
    } else {
      queue->hold(context_, stage);
    }
    if (queue->backlog() > 0) [[unlikely]] {
      backlogged_ |= std::uint64_t{1} << port.value();
      limit_backlog(*queue);
    }
  } else {
    send_through(*path.owner, port, stage);
  }
}

// Bands hold no more than their share of the buffers, whatever their limits are.
void Worker::limit_backlog(port::TxQueue& queue) {
  if (settings_.pools != nullptr && queue.backlog() > port::kAlwaysWait) {
    queue.shed(context_, settings_.pools->bands_most());
  }
}

void Worker::send_through(Worker& owner, PortId port, Egress::Stage& stage) {
  for (std::uint16_t i = 0; i < stage.count; ++i) {
    Packet* const packet = stage.packets[i];
    meta(*packet).egress = port;
    meta(*packet).priority = stage.priorities[i];
    if (!owner.inject(packet)) {
      context_.drop(packet, DropReason::kInjectQueueFull, interface_of(port));
    }
  }
}

void Worker::flush_punts() {
  if (context_.punts.count == 0) [[likely]] {
    return;
  }
  const bool scarce = settings_.pools != nullptr && settings_.pools->spare() == 0;
  for (std::uint16_t i = 0; i < context_.punts.count; ++i) {
    Packet* const packet = context_.punts.packets[i];
    const PuntReason reason = meta(*packet).punt;
    const bool arp = reason == PuntReason::kArp || reason == PuntReason::kNeighborDiscovery;
    PacketRing& ring = arp ? arp_punts_ : punts_;
    const bool has_room =
        arp ? has_room_for_arp(*packet, scarce) : !scarce || ring.size() < port::kAlwaysWait;
    if (!has_room || !ring.push(packet)) {
      context_.drop(packet, reason_if_not_punted(reason), meta(*packet).ingress);
    }
  }
  context_.punts.count = 0;
  if (settings_.bell != nullptr) {
    settings_.bell->ring();
  }
}

// ARP from strangers must not crowd out the answers that the router waits for.
bool Worker::has_room_for_arp(Packet& packet, bool scarce) const {
  const unsigned waiting = arp_punts_.size();
  if (waiting < (scarce ? port::kAlwaysWait : kArpRing / 2)) [[likely]] {
    return true;
  }
  switch (arp_sender(context_.tables, packet)) {
    case ArpSender::kNeighbor:
      return true;
    case ArpSender::kSpeaksToUs:
      return !scarce && waiting < kArpRing / 4 * 3;
    case ArpSender::kStranger:
      break;
  }
  return false;
}

std::uint32_t Worker::drain_bands() {
  std::uint32_t sent = 0;
  for (std::uint64_t ports = backlogged_; ports != 0; ports &= ports - 1) {
    const auto index = static_cast<std::size_t>(std::countr_zero(ports));
    port::TxQueue& queue = *tx_[index].now();
    if (is_open(index)) [[likely]] {
      sent += queue.drain(context_);
    } else if (((closed_.load(std::memory_order_relaxed) >> index) & 1U) != 0) {
      queue.clear([&](Packet* packet) {
        context_.drop(packet, DropReason::kPortDown,
                      InterfaceId{static_cast<InterfaceId::rep>(index)});
      });
    }
    if (queue.backlog() == 0) {
      backlogged_ &= ~(std::uint64_t{1} << index);
    }
  }
  return sent;
}

void Worker::reclaim() {
  const bool low = settings_.pools != nullptr && settings_.pools->low();
  for (std::size_t port = 0; port < tx_.size(); ++port) {
    if (port::TxQueue* const queue = tx_[port].now(); queue != nullptr && is_open(port)) {
      queue->reclaim(low);
    }
  }
}

}  // namespace ringroad::worker
