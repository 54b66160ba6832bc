// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/local.hpp"

#include <utility>

#include "ip6/echo.hpp"
#include "ip6/icmp.hpp"
#include "ip6/input.hpp"
#include "ip6/output.hpp"
#include "ip6/route.hpp"
#include "ip6/run_hooks.hpp"

namespace ringroad::ip6 {
namespace {

// The echo requests that arrived by one interface: they pass INPUT, and their answers OUTPUT, the
// route lookup and POST_ROUTING; then they leave like any packet.
void answer(StageContext& context, Burst& burst) {
  run_hooks(HookPoint::kInput, context, burst);
  answer_echo_requests(context, burst);
  for (std::size_t i = 0; i < burst.count; ++i) {
    describe(burst, i);
  }
  burst.is_own = true;
  if (context.tables.hooks.at(HookPoint::kOutput) != nullptr) {
    route(context, burst);  // a rule may ask for the way out
    run_hooks(HookPoint::kOutput, context, burst);
  }
  route(context, burst);
  run_hooks(HookPoint::kPostRouting, context, burst);
  output(context, burst);
}

void add(Burst& burst, Packet* packet) {
  burst.packets[burst.count] = packet;
  burst.l2_classes[burst.count] = meta(*packet).l2_class;
  describe(burst, burst.count);
  ++burst.count;
}

}  // namespace

void deliver_here(StageContext& context) {
  const auto packets =
      std::span{context.local.packets}.first(std::exchange(context.local.count, std::uint16_t{0}));
  const LinkAddresses& links = *context.tables.link_addresses.load(std::memory_order_acquire);
  Burst burst;
  burst.begin({}, 0);
  for (Packet* const packet : packets) {
    if (!is_short_echo_request(*packet) ||
        links.contains(LinkAddresses::kAnycast, destination6_of(*packet))) {
      if (is_neighbor_discovery(
              {frame(*packet) + kL2Bytes, static_cast<std::size_t>(packet->data_len - kL2Bytes)})) {
        meta(*packet).punt = PuntReason::kNeighborDiscovery;
      }
      context.punts.packets[context.punts.count++] = packet;
      continue;
    }
    if (burst.count > 0 && meta(*packet).ingress != burst.ingress) {
      answer(context, burst);
      burst.begin({}, 0);
    }
    if (burst.count == 0) {
      burst.begin(meta(*packet).ingress, 0);
    }
    add(burst, packet);
  }
  if (burst.count > 0) {
    answer(context, burst);
  }
}

}  // namespace ringroad::ip6
