// SPDX-License-Identifier: BSD-3-Clause
#include "worker/pipeline.hpp"

#include "ip4/forward.hpp"
#include "ip4/ingress_checks.hpp"
#include "ip4/input.hpp"
#include "ip4/local.hpp"
#include "ip4/output.hpp"
#include "ip4/route.hpp"
#include "ip4/run_hooks.hpp"
#include "ip6/forward.hpp"
#include "ip6/ingress_checks.hpp"
#include "ip6/input.hpp"
#include "ip6/local.hpp"
#include "ip6/output.hpp"
#include "ip6/route.hpp"
#include "ip6/run_hooks.hpp"
#include "packet/link_output.hpp"

namespace ringroad::worker {

using stats::Stage;

namespace {

[[nodiscard]] bool has_output_hooks(const Hooks& hooks) {
  return hooks.at(HookPoint::kForward) != nullptr || hooks.at(HookPoint::kPostRouting) != nullptr;
}

// Process a burst in which all packets are plain.

void go_straight(StageContext& context, Burst& burst) {
  if (!has_output_hooks(context.tables.hooks)) [[likely]] {
    ip4::send_straight(context, burst);
    ip4::note_hairpins(context, burst);
    return;
  }
  ip4::lower_ttls(burst);
  ip4::note_hairpins(context, burst);
  ip4::run_hooks(HookPoint::kForward, context, burst);
  ip4::run_hooks(HookPoint::kPostRouting, context, burst);
  ip4::send_lowered(context, burst);
}

void go_straight6(StageContext& context, Burst& burst) {
  if (!has_output_hooks(context.tables.hooks)) [[likely]] {
    ip6::send_straight(context, burst);
    ip6::note_hairpins(context, burst);
    return;
  }
  ip6::lower_hop_limits(burst);
  ip6::note_hairpins(context, burst);
  ip6::run_hooks(HookPoint::kForward, context, burst);
  ip6::run_hooks(HookPoint::kPostRouting, context, burst);
  ip6::send_lowered(context, burst);
}

}  // namespace

void ipv4_line(StageContext& context, Burst& burst) {
  ip4::input(context, burst);
  checked_ipv4_line(context, burst);
}

void checked_ipv4_line(StageContext& context, Burst& burst) {
  ip4::run_hooks(HookPoint::kPreRouting, context, burst);
  if (burst.has_options) [[unlikely]] {
    ip4::set_options_aside(context, burst);
  }
  context.passed(Stage::kInput, burst);
  ip4::route(context, burst);
  ip4::ingress_checks(context, burst);
  context.passed(Stage::kRoute, burst);
  if (burst.count == 0) [[unlikely]] {
    return;
  }
  if (goes_straight(burst)) [[likely]] {
    go_straight(context, burst);
  } else {
    ip4::forward(context, burst);
    if (context.local.count > 0) {
      ip4::deliver_here(context);
    }
    ip4::run_hooks(HookPoint::kForward, context, burst);
    context.passed(Stage::kForward, burst);
    ip4::run_hooks(HookPoint::kPostRouting, context, burst);
    ip4::output(context, burst);
  }
  context.passed(Stage::kOutput, burst);
}

namespace {

void drop_all(StageContext& context, const Burst& burst, stats::DropReason reason) {
  for (Packet* const packet : std::span{burst.packets}.first(burst.count)) {
    context.drop(packet, reason, burst.ingress);
  }
}

}  // namespace

void ipv6_line(StageContext& context, Burst& burst) {
  const Interface& ingress = context.tables.interfaces[burst.ingress.value()];
  if (!ingress.runs_ipv6.load(std::memory_order_relaxed)) [[unlikely]] {
    drop_all(context, burst, stats::DropReason::kUnknownEthertype);
    return;
  }
  ip6::input(context, burst);
  checked_ipv6_line(context, burst);
}

void checked_ipv6_line(StageContext& context, Burst& burst) {
  if (burst.has_options && context.tables.hooks.at(HookPoint::kPreRouting) != nullptr)
      [[unlikely]] {
    ip6::set_wrong_options_aside(context, burst);
  }
  ip6::run_hooks(HookPoint::kPreRouting, context, burst);
  if (burst.has_options) [[unlikely]] {
    ip6::set_options_aside(context, burst);
  }
  context.passed(Stage::kInput, burst);
  ip6::route(context, burst);
  ip6::ingress_checks(context, burst);
  context.passed(Stage::kRoute, burst);
  if (burst.count == 0) [[unlikely]] {
    return;
  }
  if (goes_straight(burst)) [[likely]] {
    go_straight6(context, burst);
  } else {
    ip6::forward(context, burst);
    if (context.local.count > 0) {
      ip6::deliver_here(context);
    }
    ip6::run_hooks(HookPoint::kForward, context, burst);
    context.passed(Stage::kForward, burst);
    ip6::run_hooks(HookPoint::kPostRouting, context, burst);
    ip6::output(context, burst);
  }
  context.passed(Stage::kOutput, burst);
}

void arp_line(StageContext& context, Burst& burst) {
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    context.punt(burst, i, PuntReason::kArp);
  }
}

std::unique_ptr<ethernet::EtherTypes> make_ether_types() {
  auto types = std::make_unique<ethernet::EtherTypes>();
  types->add(RTE_ETHER_TYPE_IPV4, ipv4_line);
  types->add(RTE_ETHER_TYPE_IPV6, ipv6_line);
  types->add(RTE_ETHER_TYPE_ARP, arp_line);
  return types;
}

}  // namespace ringroad::worker
