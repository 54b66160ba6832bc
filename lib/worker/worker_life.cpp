// SPDX-License-Identifier: BSD-3-Clause
// How a worker is created, gets ports, rests and stops.
#include <fmt/format.h>
#include <sys/prctl.h>

#include <thread>
#include <utility>

#include "worker/pipeline.hpp"
#include "worker/worker.hpp"

namespace ringroad::worker {
namespace {

using stats::DropReason;

constexpr unsigned kInjectRing = 4096;
constexpr unsigned kHandedOnRing = 1024;
constexpr unsigned kPuntRing = 4096;
// The number of rests in which a worker only pauses the core.
constexpr std::uint32_t kPauses = 4;
// The number of loops without RX when it stops, to empty the bands.
constexpr std::uint32_t kLastLoops = 10000;

}  // namespace

Worker::Worker(const Settings& settings, const Tables& tables, rte_rcu_qsbr& readers)
    : settings_{settings},
      readers_{readers},
      types_{make_ether_types()},
      used_(tables.adjacencies.capacity()),
      context_{tables},
      interfaces_(tables.interfaces.size()),
      watch_{static_cast<std::uint8_t>(settings.id.value())} {
  rx_.reserve(kRxQueuesMax);
  context_.interfaces = interfaces_;
  context_.worker = static_cast<std::uint8_t>(settings.id.value());
  context_.thread = settings.id.value();
  context_.used = used_;
  context_.is_worker = true;
  for (std::uint16_t& next : context_.identifications) {
    next = static_cast<std::uint16_t>(rte_rand());
  }
  rte_rcu_qsbr_thread_register(&readers_, settings.id.value());
  rte_rcu_qsbr_thread_online(&readers_, settings.id.value());
}

Result<std::unique_ptr<Worker>> Worker::make(const Settings& settings, const Tables& tables,
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
  worker->steered_ = std::move(*handed_on);
  worker->arp_punts_ = std::move(*arp);
  worker->punts_ = std::move(*punts);
  worker->sleeper_ = std::move(*sleeper);
  return worker;
}

void Worker::add_rx(const RxQueue& queue) {
  rx_.push_back(queue);
  rx_.back().steered = queue.spread || steering_.has_value();
  rx_count_.store(rx_.size(), std::memory_order_release);
}

void Worker::watch_rx(const port::Port& port) {
  for (const RxQueue& queue : rx_) {
    if (queue.device == port.device()) {
      sleeper_->watch(queue.port, queue.device, queue.queue, port.rx_event(queue.queue));
    }
  }
}

void Worker::use_device(PortId id, const port::Port& port) {
  for (RxQueue& queue : rx_) {
    queue.device = queue.port == id ? port.device() : queue.device;
  }
  if (port::TxQueue* const queue = tx(id)) {
    queue->reset(port.device(), port.tx_retry(queue->number()));
  }
}

void Worker::add_tx(PortId port, std::unique_ptr<port::TxQueue> queue) {
  TxPath& path = tx_[port.value()];
  path.owned = std::move(queue);
  path.queue.store(path.owned.get(), std::memory_order_release);
}

void Worker::replace_tx(PortId port, std::unique_ptr<port::TxQueue> queue) {
  TxPath& path = tx_[port.value()];
  path.owned_next = std::move(queue);
  path.next.store(path.owned_next.get(), std::memory_order_release);
  tx_waits_.store(true, std::memory_order_release);
  sleeper_->wake();
}

bool Worker::has_replaced_tx(PortId port) {
  TxPath& path = tx_[port.value()];
  if (!path.owned_next) {
    return true;
  }
  if (path.next.load(std::memory_order_acquire) != nullptr) {
    return false;
  }
  path.owned = std::move(path.owned_next);
  return true;
}

void Worker::adopt_tx() {
  tx_waits_.store(false, std::memory_order_relaxed);
  for (std::size_t port = 0; port < tx_.size(); ++port) {
    TxPath& path = tx_[port];
    port::TxQueue* const next = path.next.load(std::memory_order_acquire);
    if (next == nullptr) {
      continue;
    }
    next->take_over(*path.now(), context_);
    path.queue.store(next, std::memory_order_release);
    path.next.store(nullptr, std::memory_order_release);
    if (next->backlog() > 0) {
      backlogged_ |= std::uint64_t{1} << port;
    }
  }
  context_.drop_list.flush();
}

void Worker::add_tx_through(PortId port, Worker& owner) { tx_[port.value()].owner = &owner; }

port::TxQueue* Worker::tx(PortId port) {
  return port.value() < tx_.size() ? tx_[port.value()].queue.load(std::memory_order_acquire)
                                   : nullptr;
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
  std::uint64_t packets = inject_.size() + arp_punts_.size() + punts_.size() + context_.held.count +
                          context_.in_hooks();
  for (const TxPath& path : tx_) {
    const port::TxQueue* const queue = path.now();
    packets += queue != nullptr ? queue->backlog() : 0;
  }
  return packets;
}

std::uint32_t Worker::in_rings() const {
  return inject_.size() + steered_.size() + arp_punts_.size() + punts_.size() + context_.held.count;
}

void Worker::take_used(std::uint32_t end, std::vector<AdjacencyId>& used) {
  for (std::uint32_t i = 0; i < end; ++i) {
    if (used_[i].load(std::memory_order_relaxed) != 0) [[unlikely]] {
      used_[i].store(0, std::memory_order_relaxed);
      used.emplace_back(i);
    }
  }
}

void Worker::rest() {
  if (settings_.idle == IdleMode::kPoll || backlogged_ != 0 || context_.held.count != 0) {
    return;  // bands that hold packets have the timers of their rates
  }
  const std::uint32_t rests = empty_polls_ / kIdlePolls;
  if (rests <= kPauses) {
    Sleeper::pause();
    count_rest();
    return;
  }
  sleeper_->arm(stopped_.load(std::memory_order_acquire));
  bool woken = true;
  if (!poll_once() && backlogged_ == 0) {
    // A sleeping worker reads no table, so the writer need not wait for it.
    rte_rcu_qsbr_thread_offline(&readers_, settings_.id.value());
    woken = sleeper_->sleep(rests - kPauses);
    rte_rcu_qsbr_thread_online(&readers_, settings_.id.value());
  }
  sleeper_->disarm(stopped_.load(std::memory_order_acquire));
  count_rest();
  if (!woken) {
    const bool packets = poll_once();
    sleeper_->found_after_timeout(packets);
    if (!packets) {
      empty_polls_ = (rests + 1) * kIdlePolls - 1;  // it sleeps again after one more poll
    }
  }
}

// The loop that finds a packet after a sleep has not worked on it all that time.
void Worker::count_rest() {
  const std::uint64_t now = stats::cycles_now();
  counters_.idle_cycles.add(now - last_cycles_);
  last_cycles_ = now;
}

void Worker::call(const std::function<void()>& what) {
  if (!runs_.load(std::memory_order_acquire)) {
    what();
    return;
  }
  call_.store(&what, std::memory_order_release);
  while (!inject_.push(nullptr) && runs_.load(std::memory_order_acquire)) {
    std::this_thread::yield();
  }
  sleeper_->wake();
  while (call_.load(std::memory_order_acquire) != nullptr) {
    // A loop that has ended does not take the call any more.
    if (!runs_.load(std::memory_order_acquire) &&
        call_.exchange(nullptr, std::memory_order_acq_rel) != nullptr) {
      what();
      return;
    }
    std::this_thread::yield();
  }
}

void Worker::do_call() {
  if (const auto* const what = call_.load(std::memory_order_acquire)) {
    (*what)();
    call_.store(nullptr, std::memory_order_release);
  }
}

void Worker::run(const std::atomic<bool>& stop) {
  runs_.store(true, std::memory_order_release);
  if (settings_.idle != IdleMode::kPoll) {
    prctl(PR_SET_TIMERSLACK, 1UL);  // sleeps end when they should, not 50 us later
  }
  while (!stop.load(std::memory_order_relaxed)) {
    poll_once();
  }
  // Queued packets are still sent, as far as the devices accept them.
  for (std::uint32_t i = 0; i < kLastLoops && (inject_.size() > 0 || backlogged_ != 0); ++i) {
    poll_inject();
    drain_bands();
  }
  runs_.store(false, std::memory_order_release);
  rte_rcu_qsbr_thread_offline(&readers_, settings_.id.value());
}

void Worker::clear() {
  Packet* packet = nullptr;
  while (inject_.pop(&packet, 1) == 1) {
    if (packet == nullptr) {
      continue;
    }
    context_.drop(packet, DropReason::kPortDown, interface_of(meta(*packet).egress));
  }
  for (PacketRing* ring : {&arp_punts_, &punts_}) {
    while (ring->pop(&packet, 1) == 1) {
      context_.drop(packet, DropReason::kPortDown, meta(*packet).ingress);
    }
  }
  for (; context_.held.count > 0; --context_.held.count) {
    Packet* const kept = context_.held.packets[context_.held.count - 1U];
    context_.drop(kept, DropReason::kPortDown, meta(*kept).ingress);
  }
  while (steered_.pop(&packet, 1) == 1) {
    drop_steered(packet, DropReason::kPortDown);
  }
  for (const std::uint16_t i : numbers(tx_.size())) {
    if (port::TxQueue* const queue = tx_[i].now()) {
      queue->clear(
          [&](Packet* queued) { context_.drop(queued, DropReason::kPortDown, InterfaceId{i}); });
    }
  }
  context_.drop_list.flush();
}

}  // namespace ringroad::worker
