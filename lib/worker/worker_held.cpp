// SPDX-License-Identifier: BSD-3-Clause
// The packets that a worker holds until their neighbor is published.
#include <algorithm>
#include <utility>

#include "ip4/input.hpp"
#include "ip4/output.hpp"
#include "ip4/route.hpp"
#include "ip6/input.hpp"
#include "ip6/output.hpp"
#include "ip6/route.hpp"
#include "worker/worker.hpp"

namespace ringroad::worker {

// Sends the held packets whose neighbor was published meanwhile: after what the control thread
// injected, and before the current burst, which may have found the neighbor published.
void Worker::send_held() {
  *in_hand_ = context_.egress;
  for (Egress::Stage& stage : context_.egress.stages) {
    stage.clear();
  }
  context_.egress.ports = 0;
  HeldList& held = context_.held;
  const std::uint16_t before = std::exchange(held.count, std::uint16_t{0});
  for (std::uint16_t done = 0; done < before;) {
    const auto count =
        std::min<std::uint16_t>(static_cast<std::uint16_t>(before - done), kBurstMax);
    flush_punts();
    send_published({held.packets.data() + done, count});
    poll_inject();
    flush_egress();
    done = static_cast<std::uint16_t>(done + count);
  }
  context_.egress = *in_hand_;
}

namespace {

// The stages of one family that held packets pass.
struct HeldStages {
  void (*describe)(Burst& burst, std::size_t index);
  void (*route)(const StageContext& context, Burst& burst);
  void (*output)(StageContext& context, Burst& burst);
  PuntReason too_long;
};
constexpr HeldStages kHeld4{ip4::describe, ip4::route, ip4::output, PuntReason::kFragment};
constexpr HeldStages kHeld6{ip6::describe, ip6::route, ip6::output, PuntReason::kPacketTooBig};

// Packets whose neighbor is still to be published move to the front of the held list. Packets whose
// neighbor is not resolved any more are punted.
void send_published_of(StageContext& context, std::span<Packet* const> packets,
                       const HeldStages& stages) {
  if (packets.empty()) {
    return;
  }
  Burst burst;
  burst.begin(InterfaceId{}, static_cast<std::uint16_t>(packets.size()));
  std::ranges::copy(packets, burst.packets.begin());
  burst.l2_classes.fill(L2Class::kHost);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    stages.describe(burst, i);
  }
  stages.route(context, burst);
  std::uint64_t published = burst.all();
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const neigh::Adjacency& adjacency = *burst.adjacencies[i];
    // The interface's MTU may have been lowered meanwhile.
    const bool is_long = exceeds(*packets[i], adjacency.mtu.load(std::memory_order_relaxed));
    if (adjacency.kind == neigh::AdjacencyKind::kUnicast && !is_long) {
      continue;
    }
    published &= ~(std::uint64_t{1} << i);
    if (is_long) {
      meta(*packets[i]).punt = stages.too_long;
    }
    if (!is_long && adjacency.hold.load(std::memory_order_relaxed)) {
      context.held.packets[context.held.count++] = packets[i];
    } else {
      context.punts.packets[context.punts.count++] = packets[i];
    }
  }
  burst.compact(published);
  stages.output(context, burst);
}

}  // namespace

// The packets of each family keep their order.
void Worker::send_published(std::span<Packet* const> packets) {
  std::array<Packet*, kBurstMax> sorted;
  const auto sort = std::span{sorted}.first(packets.size());
  std::ranges::copy(packets, sort.begin());
  const auto sixes =
      std::ranges::stable_partition(sort, [](Packet* packet) { return !is_ipv6(*packet); });
  send_published_of(context_, sort.first(sort.size() - sixes.size()), kHeld4);
  send_published_of(context_, sort.last(sixes.size()), kHeld6);
}

}  // namespace ringroad::worker
