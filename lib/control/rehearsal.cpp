// SPDX-License-Identifier: BSD-3-Clause
#include "control/rehearsal.hpp"

#include <fmt/format.h>
#include <rte_ring_elem.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "control/rehearsed_neighbors.hpp"
#include "ethernet/input.hpp"
#include "ip6/header.hpp"
#include "packet/tos.hpp"
#include "sched/classifier.hpp"
#include "worker/pipeline.hpp"

namespace ringroad::control {
namespace {

using stats::DropReason;

// No hook is ever removed.
class NothingRetired final : public Reclaimer {
  void retire(std::function<void()> release) override { release(); }
};

// Why only fragments on their way to the router are dropped, which its own packets never are.
bool is_of_reassembly(DropReason reason) {
  using enum DropReason;
  return reason == kReassemblyTimeout || reason == kReassemblyOverlap ||
         reason == kReassemblyInvalid || reason == kReassemblyDuplicate ||
         reason == kReassemblyTooFar || reason == kReassemblyMemory;
}

// The ring into which the rehearsal's threads record, and its reader.
class Records {
 public:
  Records() : ring_{static_cast<rte_ring*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, kBytes))} {
    if (ring_ != nullptr) {
      rte_ring_init(ring_.get(), "rehearsal", kElements, RING_F_SP_ENQ | RING_F_SC_DEQ);
    }
  }

  [[nodiscard]] bool is_ready() const { return ring_ != nullptr; }
  [[nodiscard]] Watch::Plan& plan(const Tables& tables) {
    plan_.ring = ring_.get();
    plan_.adjacencies = tables.adjacencies.data();
    plan_.marks = &marks_;
    return plan_;
  }
  [[nodiscard]] std::vector<tap::Event> events() {
    Elements elements(rte_ring_count(ring_.get()));
    const unsigned count =
        rte_ring_dequeue_burst_elem(ring_.get(), elements.data(), WatchRecord::kElement,
                                    static_cast<unsigned>(elements.size()), nullptr);
    std::vector<tap::Event> events;
    for (std::size_t at = 0; at < count;) {
      tap::Event& event = events.emplace_back();
      std::memcpy(&event.record, elements[at].data(), sizeof event.record);
      const std::uint8_t* const octets = elements[at].data() + sizeof event.record;
      event.octets.assign(octets, octets + event.record.octets);
      at += event.record.elements;
    }
    return events;
  }

 private:
  using Elements = decltype(Watch::Plan::staged);

  // A datagram for the router whose fragments contradict each other may have thousands of them,
  // each with a record of its drop.
  static constexpr unsigned kElements = 16384;
  static constexpr std::size_t kStaged = 4096;  // of one packet in one burst
  static constexpr std::size_t kBytes =
      RTE_ALIGN_CEIL(sizeof(rte_ring) + std::size_t{kElements} * WatchRecord::kElement,
                     std::size_t{RTE_CACHE_LINE_SIZE});

  struct Free {
    void operator()(rte_ring* ring) const { std::free(ring); }  // NOLINT(cppcoreguidelines-*)
  };
  std::unique_ptr<rte_ring, Free> ring_;
  std::atomic<bool> marks_{false};
  Watch::Plan plan_{.taps = {Tap{}}, .staged = Elements(kStaged)};
};

std::vector<std::uint8_t> octets_of(const Packet& packet) {
  std::vector<std::uint8_t> octets(packet.pkt_len);
  const void* const bytes = rte_pktmbuf_read(&packet, 0, packet.pkt_len, octets.data());
  if (bytes != octets.data()) {
    std::memcpy(octets.data(), bytes, octets.size());
  }
  return octets;
}

class Rehearsal {
 public:
  explicit Rehearsal(const Router& router)
      : router_{router},
        real_{router.world().tables()},
        hooks_{retired_},
        tables_{.trie = real_.trie,
                .trie6 = real_.trie6,
                .next_hops = real_.next_hops,
                .adjacencies = real_.adjacencies,
                .own_addresses = real_.own_addresses,
                .link_addresses = real_.link_addresses,
                .interfaces = real_.interfaces.first(router.world().ids_end()),
                .hooks = hooks_,
                .flow_hash = real_.flow_hash,
                .interface_addresses = real_.interface_addresses},
        counters_(tables_.interfaces.size()),
        worker_{std::make_unique<StageContext>(tables_)},
        sender_{router.world(), tables_, router.pools().first()},
        slow_path_{router.slow_path(), sender_},
        slow_path6_{router.slow_path6(), sender_},
        neighbors_{router.neighbors(), sender_,
                   [this](OwnedPacket packet, InterfaceId port) {
                     slow_path_.host_unreachable(std::move(packet), port);
                   }},
        neighbors6_{router.neighbors6(), sender_, [this](OwnedPacket packet, InterfaceId port) {
                      if (is_version6(*packet)) {
                        slow_path6_.address_unreachable(std::move(packet), port);
                      } else {  // by an IPv6 gateway
                        slow_path_.host_unreachable(std::move(packet), port);
                      }
                    }} {
    worker_->is_worker = true;
    worker_->interfaces = counters_;
    worker_->redirects = router.redirect_notes();
    // The notes of packets with options, which the control thread's own stages forward.
    sender_.context().redirects = router.sender().context().redirects;
    sender_.collect(collected_);
    slow_path_.set_neighbors(neighbors_);
    slow_path_.set_neighbors6(neighbors6_);
    slow_path6_.set_neighbors(neighbors6_);
    firewall_ = router.firewall().rehearse(hooks_);
  }

  [[nodiscard]] Result<Rehearsed> run(PortId port, std::span<const std::uint8_t> frame) {
    OwnedPacket packet{rte_pktmbuf_alloc(&router_.pools().first())};
    if (!packet || !records_.is_ready()) {
      return fail("no packet buffer is free");
    }
    char* const room = rte_pktmbuf_append(packet.get(), static_cast<std::uint16_t>(frame.size()));
    if (room == nullptr) {
      return fail(fmt::format("the frame has {} bytes; a buffer has room for {}", frame.size(),
                              rte_pktmbuf_tailroom(packet.get())));
    }
    std::memcpy(room, frame.data(), frame.size());
    meta(*packet) = {};
    run_worker(port, packet.release());
    const auto punted = std::span{worker_->punts.packets}.first(worker_->punts.count);
    const auto ingress = punted.empty() ? std::optional<InterfaceId>{} : meta(*punted[0]).ingress;
    sender_.set_taps(&records_.plan(tables_));
    bool good = true;
    for (Packet* const one : punted) {
      OwnedPacket owned{one};
      good = good && run_control_thread(std::move(owned));
    }
    if (!good) {
      return fail("no packet buffer is free for copies of the fragments that wait");
    }
    Rehearsed rehearsed{
        .events = records_.events(), .frames = {}, .lost_answer = {}, .ingress = ingress};
    rehearsed.lost_answer = lost_answer(rehearsed.events);
    take_frames(rehearsed.frames);
    return rehearsed;
  }

 private:
  void run_worker(PortId port, Packet* packet) {
    Watch watch{0};
    watch.set_plan(&records_.plan(tables_));
    worker_->watch = &watch;
    static_cast<void>(watch.begin(port, {&packet, 1}));
    static const auto types = worker::make_ether_types();
    Burst burst;
    burst.begin(interface_of(port), 1);
    burst.packets[0] = packet;
    ethernet::input(*worker_, burst, *types, worker::kCheckedLines);
    worker_->drop_list.flush();
    watch.end();
    worker_->watch = nullptr;
  }

  [[nodiscard]] bool run_control_thread(OwnedPacket packet) {
    const PuntReason punt = meta(*packet).punt;
    if (is_ipv6(*packet)) {
      if (punt != PuntReason::kNeighborDiscovery &&
          !slow_path6_.prepare(router_.slow_path6(), *packet)) {
        return false;
      }
      slow_path6_.handle(std::move(packet));
      return true;
    }
    if (punt != PuntReason::kArp && is_fragment(ipv4(*packet)) &&
        !slow_path_.prepare(router_.slow_path(), *packet)) {
      return false;
    }
    slow_path_.handle(std::move(packet));
    return true;
  }

  // Drops of packets that are neither the rehearsed one nor fragments that waited for it.
  [[nodiscard]] std::optional<DropReason> lost_answer(const std::vector<tap::Event>& events) const {
    for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
      const auto recorded = std::ranges::count_if(events, [i](const tap::Event& event) {
        return event.record.kind == WatchRecord::Kind::kDropped && event.record.value == i;
      });
      const auto reason = static_cast<DropReason>(i);
      if (!is_of_reassembly(reason) &&
          sender_.context().drops.get(reason) + worker_->drops.get(reason) >
              static_cast<std::uint64_t>(recorded)) {
        return reason;
      }
    }
    return std::nullopt;
  }

  // What the worker would send comes before what the control thread would send.
  void take_frames(std::vector<RehearsedFrame>& frames) {
    for (std::uint16_t port = 0; const Egress::Stage& stage : worker_->egress.stages) {
      for (std::uint16_t i = 0; i < stage.count; ++i) {
        add(frames, OwnedPacket{stage.packets[i]}, PortId{port}, stage.priorities[i]);
      }
      ++port;
    }
    for (OwnedPacket& packet : collected_) {
      const PacketMeta sent = meta(*packet);
      add(frames, std::move(packet), sent.egress, sent.priority);
    }
    for (std::uint16_t i = 0; i < worker_->held.count; ++i) {
      OwnedPacket packet{worker_->held.packets[i]};
      const FlowHash& hash = router_.world().tables().flow_hash;
      if (is_version6(*packet)) {
        const auto& way =
            router_.routing6().resolve(destination6_of(*packet), hash.of_ipv6(*packet));
        add_waiting<Ipv6>(frames, {{way.port, way.next_hop6}, std::move(packet)});
      } else {
        const auto& way = router_.routing().resolve(destination_of(*packet), hash(*packet));
        if (way.leads_to_ipv6()) {
          add_waiting<Ipv6>(frames, {{way.port, way.next_hop6}, std::move(packet)});
        } else {
          add_waiting<Ipv4>(frames, {{way.port, way.next_hop}, std::move(packet)});
        }
      }
    }
    for (auto& one : neighbors_.waiting()) {
      add_waiting<Ipv4>(frames, std::move(one));
    }
    for (auto& one : neighbors6_.waiting()) {
      add_waiting<Ipv6>(frames, std::move(one));
    }
  }

  static std::uint8_t tos_of(Packet& packet) {
    return is_version6(packet) ? ip6::traffic_class(ipv6(packet)) : ipv4(packet).type_of_service;
  }

  template <class Address>
  void add_waiting(std::vector<RehearsedFrame>& frames,
                   typename RehearsedNeighbors<Address>::Waiting waiting) {
    const interface::InterfaceView& view = router_.world().port(waiting.key.port);
    const std::uint8_t tos = tos_of(*waiting.packet);
    add(frames, std::move(waiting.packet), view.egress, priority_of_tos(tos));
    frames.back().waits = true;
    frames.back().neighbor = waiting.key.address;
    frames.back().asks_from = waiting.asks_from;
    frames.back().bytes += static_cast<std::uint32_t>(view.tags.count * neigh::kTagBytes);
  }

  void add(std::vector<RehearsedFrame>& frames, OwnedPacket packet, PortId port,
           std::uint8_t priority) const {
    RehearsedFrame& frame =
        frames.emplace_back(RehearsedFrame{.port = port,
                                           .priority = priority,
                                           .is_answer = !Watch::is_marked(*packet),
                                           .bytes = packet->pkt_len,
                                           .octets = octets_of(*packet)});
    for (const auto& worker : router_.workers()) {
      if (const port::TxQueue* const queue = worker->tx(port)) {
        const sched::Classifier classifier{queue->bands().discipline()};
        Packet* const one = packet.get();
        classifier.classify(&one, {&priority, 1}, &frame.band);
        break;
      }
    }
  }

  const Router& router_;
  const Tables& real_;
  NothingRetired retired_;
  Hooks hooks_;
  Tables tables_;
  std::vector<InterfaceCounters> counters_;
  std::unique_ptr<StageContext> worker_;
  std::vector<OwnedPacket> collected_;
  host::Sender sender_;
  host::SlowPath slow_path_;
  host::SlowPath6 slow_path6_;
  RehearsedNeighbors<Ipv4> neighbors_;
  RehearsedNeighbors<Ipv6> neighbors6_;
  Records records_;
  std::unique_ptr<filter::Rehearsal> firewall_;
};

}  // namespace

Result<Rehearsed> rehearse(const Router& router, PortId port, std::span<const std::uint8_t> frame) {
  return Rehearsal{router}.run(port, frame);
}

}  // namespace ringroad::control
