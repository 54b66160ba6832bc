#include "worker/worker.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_mempool.h>
#include <rte_prefetch.h>
#include <sys/prctl.h>

#include <algorithm>
#include <bit>

#include "ip/ecn.hpp"
#include "worker/arp_sender.hpp"
#include "worker/pipeline.hpp"

namespace ringroad::worker {
namespace {

using stats::DropReason;

constexpr unsigned kInjectRing = 4096;
constexpr unsigned kHandedOnRing = 1024;
constexpr unsigned kArpRing = 1024;
constexpr unsigned kPuntRing = 4096;
constexpr std::uint64_t kTimedBursts = 128;  // one in so many is timed by stage
// Loops without a packet before a worker rests, and rests in which it only pauses.
constexpr std::uint32_t kIdlePolls = 64;
constexpr std::uint32_t kPauses = 4;
constexpr std::uint32_t kReclaimsASecond = 1000;
// Loops without RX at the end, to empty the bands.
constexpr std::uint32_t kLastLoops = 10000;

// What a packet counts as where the control thread has no room for it: those that only wait for an
// ICMP error are dropped for their own reason, as they would have been with it.
DropReason reason_if_not_punted(ip::PuntReason reason) {
  switch (reason) {
    case ip::PuntReason::kTtlExceeded:
      return DropReason::kTtlExceeded;
    case ip::PuntReason::kFragmentationNeeded:
      return DropReason::kFragmentationNeeded;
    case ip::PuntReason::kNoRoute:
      return DropReason::kNoRoute;
    case ip::PuntReason::kUnreachable:
      return DropReason::kUnreachable;
    case ip::PuntReason::kProhibited:
      return DropReason::kProhibited;
    case ip::PuntReason::kArp:
    case ip::PuntReason::kLocal:
    case ip::PuntReason::kUnresolved:
    case ip::PuntReason::kFragment:
    case ip::PuntReason::kOptions:
    case ip::PuntReason::kRedirect:
      break;
  }
  return DropReason::kPuntQueueFull;
}

}  // namespace

Worker::Worker(const Settings& settings, const ip::Tables& tables, rte_rcu_qsbr& readers)
    : settings_{settings},
      readers_{readers},
      types_{make_ether_types()},
      used_(tables.adjacencies.capacity()),
      context_{tables},
      interfaces_(tables.interfaces.size()) {
  context_.interfaces = interfaces_;
  context_.worker = static_cast<std::uint8_t>(settings.id.value());
  context_.used = used_;
  tx_.resize(ip::kPortsMax);
  rte_rcu_qsbr_thread_register(&readers_, settings.id.value());
  rte_rcu_qsbr_thread_online(&readers_, settings.id.value());
}

Result<std::unique_ptr<Worker>> Worker::make(const Settings& settings, const ip::Tables& tables,
                                             rte_rcu_qsbr& readers) {
  using Producers = PacketRing::Producers;
  const auto name = [&](std::string_view what) {
    return fmt::format("rr-{}-{}", what, settings.id.value());
  };
  auto inject = PacketRing::make(name("inject"), kInjectRing, Producers::kSeveral);
  auto handed_on = PacketRing::make(name("flows"), kHandedOnRing, Producers::kSeveral);
  auto arp = PacketRing::make(name("arp"), kArpRing, Producers::kOne);
  auto punts = PacketRing::make(name("punt"), kPuntRing, Producers::kOne);
  for (const auto* ring : {&inject, &handed_on, &arp, &punts}) {
    if (!*ring) {
      return std::unexpected{ring->error()};
    }
  }
  auto sleeper = Sleeper::make(settings.idle);
  if (!sleeper) {
    return std::unexpected{sleeper.error()};
  }
  std::unique_ptr<Worker> worker{new Worker{settings, tables, readers}};
  worker->inject_ = std::move(*inject);
  worker->handed_on_ = std::move(*handed_on);
  worker->arp_punts_ = std::move(*arp);
  worker->punts_ = std::move(*punts);
  worker->sleeper_ = std::move(*sleeper);
  return worker;
}

void Worker::watch_rx(const port::Port& port) {
  for (const RxQueue& queue : rx_) {
    if (queue.device == port.device()) {
      sleeper_->watch(queue.port, queue.device, queue.queue, port.rx_event(queue.queue));
    }
  }
}

void Worker::add_tx(PortId port, std::unique_ptr<port::TxQueue> queue) {
  tx_[port.value()].queue = std::move(queue);
}

void Worker::add_tx_through(PortId port, Worker& owner) { tx_[port.value()].owner = &owner; }

port::TxQueue* Worker::tx(PortId port) {
  return port.value() < tx_.size() ? tx_[port.value()].queue.get() : nullptr;
}

void Worker::set_gate(PortId port, Gate gate) {
  const std::uint64_t bit = std::uint64_t{1} << port.value();
  const auto set = [bit](std::atomic<std::uint64_t>& bits, bool on) {
    const std::uint64_t others = bits.load(std::memory_order_relaxed) & ~bit;
    bits.store(others | (on ? bit : 0), std::memory_order_release);
  };
  set(stopped_, gate == Gate::kStopped || gate == Gate::kGone);
  set(closed_, gate == Gate::kClosed || gate == Gate::kGone);
}

std::uint64_t Worker::held() const {
  std::uint64_t packets = inject_.size() + arp_punts_.size() + punts_.size();
  for (const TxPath& path : tx_) {
    packets += path.queue ? path.queue->backlog() : 0;
  }
  return packets;
}

void Worker::take_used(std::uint32_t end, std::vector<AdjacencyId>& used) {
  for (std::uint32_t i = 0; i < end; ++i) {
    if (used_[i].load(std::memory_order_relaxed) != 0) [[unlikely]] {
      used_[i].store(0, std::memory_order_relaxed);
      used.emplace_back(i);
    }
  }
}

bool Worker::poll_once() {
  const std::uint64_t stopped = stopped_.load(std::memory_order_acquire);
  shut_ = stopped | closed_.load(std::memory_order_acquire);
  std::uint32_t other = poll_inject();
  std::uint32_t received = 0;
  for (const RxQueue& queue : rx_) {
    if (((stopped >> queue.port.value()) & 1U) == 0) [[likely]] {
      received += poll_rx(queue);
    }
  }
  if (!peers_.empty()) [[unlikely]] {
    received += poll_handed_on();
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
  if (inject_.size() == 0) [[likely]] {
    return 0;
  }
  std::array<ip::Packet*, ip::kBurstMax> packets;
  const unsigned count = inject_.pop(packets.data(), packets.size());
  // Those of a port that follow each other go together.
  for (unsigned i = 0; i < count;) {
    const PortId port = ip::meta(*packets[i]).egress;
    ip::Egress::Stage stage;
    for (; i < count && ip::meta(*packets[i]).egress == port; ++i) {
      stage.add(packets[i], ip::meta(*packets[i]).priority);
    }
    send(port, stage);
  }
  return count;
}

std::uint32_t Worker::poll_rx(const RxQueue& queue) {
  const bool timed = (bursts_ % kTimedBursts) == 0;
  if (timed) [[unlikely]] {
    times_.start();
  }
  const std::uint16_t count =
      rte_eth_rx_burst(queue.device, queue.queue, burst_.packets.data(), ip::kBurstMax);
  if (count == 0) {
    return 0;
  }
  ++bursts_;
  if (timed) [[unlikely]] {
    times_.lap(stats::Stage::kRx);
    times_.count(count);
    context_.times = &times_;
  }
  if (queue.fetch) {
#pragma GCC unroll 4
    for (std::uint16_t i = 0; i < count; ++i) {
      rte_prefetch0(ip::expected_frame(*burst_.packets[i]));
    }
  }
  const std::uint16_t own = queue.spread ? hand_on(queue.port, count) : count;
  if (own > 0) [[likely]] {
    carry(queue.port, own);
  }
  context_.times = nullptr;
  return count;
}

void Worker::carry(PortId port, std::uint16_t count) {
  counters_.packets.add(count);
  burst_.begin(port, count);
  port::ethernet_input(context_, burst_, *types_, checked_ipv4_line);
  // What waited for a neighbour was handed over before the neighbour was published: it goes first.
  poll_inject();
  flush_egress();
  flush_punts();
}

// Whatever is no IPv4 packet stays, and so do fragments of headers: the checks are yet to come.
std::uint16_t Worker::hand_on(PortId port, std::uint16_t count) {
  const auto worker_of = [this](ip::Packet& packet) -> Worker* {
    const auto offset = ip::ipv4_offset(packet);
    if (!offset) {
      return this;
    }
    const std::span<const std::uint8_t> bytes{ip::frame(packet) + *offset,
                                              packet.data_len - std::size_t{*offset}};
    const std::uint64_t hash = context_.tables.flow_hash.of(bytes);
    return peers_[hash * peers_.size() >> 32U];
  };
  std::uint16_t own = 0;
  std::uint64_t told = 0;  // a bit each
  for (std::uint16_t i = 0; i < count; ++i) {
    ip::Packet* const packet = burst_.packets[i];
    Worker* const worker = worker_of(*packet);
    if (worker == this) {
      burst_.packets[own++] = packet;
      continue;
    }
    ip::meta(*packet).ingress = port;
    if (!worker->handed_on_.push(packet)) {
      lose_handed_on(packet, DropReason::kInjectQueueFull);
    }
    told |= std::uint64_t{1} << (worker->settings_.id.value() % 64);
  }
  for (Worker* const peer : peers_) {
    if ((told >> (peer->settings_.id.value() % 64) & 1U) != 0) {
      peer->sleeper_->wake();
    }
  }
  return own;
}

// Whoever carries a packet counts it as received: nobody will.
void Worker::lose_handed_on(ip::Packet* packet, DropReason reason) {
  counters_.packets.add(1);
  ip::InterfaceCounters& counters = interfaces_[ip::meta(*packet).ingress.value()];
  counters.rx_packets.add(1);
  counters.rx_bytes.add(packet->pkt_len);
  context_.drop(packet, reason);
}

std::uint32_t Worker::poll_handed_on() {
  std::array<ip::Packet*, ip::kBurstMax> packets;
  const unsigned count = handed_on_.pop(packets.data(), packets.size());
  for (unsigned i = 0; i < count; ++i) {
    rte_prefetch0(&ip::meta(*packets[i]));
    rte_prefetch0(ip::expected_frame(*packets[i]));
  }
  // Those of a port that follow each other go together.
  for (unsigned i = 0; i < count;) {
    const PortId port = ip::meta(*packets[i]).ingress;
    std::uint16_t together = 0;
    for (; i < count && ip::meta(*packets[i]).ingress == port; ++i) {
      burst_.packets[together++] = packets[i];
    }
    carry(port, together);
  }
  return count;
}

void Worker::flush_egress() {
  while (context_.egress.ports != 0) {
    const auto index = static_cast<std::uint16_t>(std::countr_zero(context_.egress.ports));
    context_.egress.ports &= context_.egress.ports - 1;
    ip::Egress::Stage& stage = context_.egress.stages[index];
    send(PortId{index}, stage);
    stage.clear();
    context_.lap(stats::Stage::kBands);
  }
}

void Worker::send(PortId port, ip::Egress::Stage& stage) {
  TxPath& path = tx_[port.value()];
  if (path.queue) [[likely]] {
    if (is_open(port.value())) [[likely]] {
      path.queue->send(context_, stage);
    } else {
      path.queue->hold(context_, stage);
    }
    if (path.queue->backlog() > 0) [[unlikely]] {
      backlogged_ |= std::uint64_t{1} << port.value();
    }
  } else {
    send_through(*path.owner, port, stage);
  }
}

void Worker::send_through(Worker& owner, PortId port, ip::Egress::Stage& stage) {
  for (std::uint16_t i = 0; i < stage.count; ++i) {
    ip::Packet* const packet = stage.packets[i];
    ip::meta(*packet).egress = port;
    ip::meta(*packet).priority = stage.priorities[i];
    if (!owner.inject(packet)) {
      context_.drop(packet, DropReason::kInjectQueueFull);
    }
  }
}

void Worker::flush_punts() {
  for (std::uint16_t i = 0; i < context_.punts.count; ++i) {
    ip::Packet* const packet = context_.punts.packets[i];
    const ip::PuntReason reason = ip::meta(*packet).punt;
    const bool arp = reason == ip::PuntReason::kArp;
    PacketRing& ring = arp ? arp_punts_ : punts_;
    if ((arp && !has_room_for_arp(*packet)) || !ring.push(packet)) {
      context_.drop(packet, reason_if_not_punted(reason));
    }
  }
  context_.punts.count = 0;
}

// A storm of strangers must not crowd out the answers that the router waits for.
bool Worker::has_room_for_arp(ip::Packet& packet) const {
  const unsigned waiting = arp_punts_.size();
  if (waiting < kArpRing / 2) [[likely]] {
    return true;
  }
  switch (arp_sender(context_.tables, packet)) {
    case ArpSender::kNeighbor:
      return true;
    case ArpSender::kSpeaksToUs:
      return waiting < kArpRing / 4 * 3;
    case ArpSender::kStranger:
      break;
  }
  return false;
}

std::uint32_t Worker::drain_bands() {
  std::uint32_t sent = 0;
  for (std::uint64_t ports = backlogged_; ports != 0; ports &= ports - 1) {
    const auto index = static_cast<std::size_t>(std::countr_zero(ports));
    port::TxQueue& queue = *tx_[index].queue;
    if (is_open(index)) [[likely]] {
      sent += queue.drain(context_);
    } else if (((closed_.load(std::memory_order_relaxed) >> index) & 1U) != 0) {
      queue.clear([&](ip::Packet* packet) { context_.drop(packet, DropReason::kPortDown); });
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
    if (tx_[port].queue && is_open(port)) {
      tx_[port].queue->reclaim(low);
    }
  }
}

void Worker::rest() {
  if (settings_.idle == Idle::kPoll || backlogged_ != 0) {
    return;  // bands that hold packets have the timers of their rates
  }
  const std::uint32_t rests = empty_polls_ / kIdlePolls;
  if (rests <= kPauses) {
    Sleeper::pause();
    return;
  }
  sleeper_->arm(stopped_.load(std::memory_order_acquire));
  bool woken = true;
  if (!poll_once() && backlogged_ == 0) {
    // While it sleeps it reads nothing: the writer need not wait for it.
    rte_rcu_qsbr_thread_offline(&readers_, settings_.id.value());
    woken = sleeper_->sleep(rests - kPauses);
    rte_rcu_qsbr_thread_online(&readers_, settings_.id.value());
  }
  sleeper_->disarm(stopped_.load(std::memory_order_acquire));
  if (!woken) {
    const bool packets = poll_once();
    sleeper_->found_after_timeout(packets);
    if (!packets) {
      empty_polls_ = (rests + 1) * kIdlePolls - 1;  // it goes on sleeping after one more look
    }
  }
}

void Worker::run(const std::atomic<bool>& stop) {
  if (settings_.idle != Idle::kPoll) {
    prctl(PR_SET_TIMERSLACK, 1UL);  // sleeps end when they should, not 50 us later
  }
  while (!stop.load(std::memory_order_relaxed)) {
    poll_once();
  }
  // What is queued still goes, as far as the devices take it.
  for (std::uint32_t i = 0; i < kLastLoops && (inject_.size() > 0 || backlogged_ != 0); ++i) {
    poll_inject();
    drain_bands();
  }
  rte_rcu_qsbr_thread_offline(&readers_, settings_.id.value());
}

void Worker::clear() {
  const auto give_up = [&](ip::Packet* packet) { context_.drop(packet, DropReason::kPortDown); };
  ip::Packet* packet = nullptr;
  for (PacketRing* ring : {&inject_, &arp_punts_, &punts_}) {
    while (ring->pop(&packet, 1) == 1) {
      give_up(packet);
    }
  }
  while (handed_on_.pop(&packet, 1) == 1) {
    lose_handed_on(packet, DropReason::kPortDown);
  }
  for (TxPath& path : tx_) {
    if (path.queue) {
      path.queue->clear(give_up);
    }
  }
  context_.drop_list.flush();
}

}  // namespace ringroad::worker
