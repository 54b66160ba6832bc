#include "worker/pipeline.hpp"

#include "ip/forward.hpp"
#include "ip/ingress_checks.hpp"
#include "ip/input.hpp"
#include "ip/output.hpp"
#include "ip/route.hpp"

namespace ringroad::worker {

using ip::HookPoint;
using stats::Stage;

namespace {

// The packets of a burst about which nothing needs thought.
void go_straight(ip::StageContext& context, ip::Burst& burst) {
  const ip::Hooks& hooks = context.tables.hooks;
  if (hooks.at(HookPoint::kForward) == nullptr && hooks.at(HookPoint::kPostRouting) == nullptr)
      [[likely]] {
    ip::send_straight(context, burst);
    ip::note_hairpins(context, burst);
    return;
  }
  ip::lower_ttls(burst);
  ip::note_hairpins(context, burst);
  ip::run_hooks(HookPoint::kForward, context, burst);
  ip::run_hooks(HookPoint::kPostRouting, context, burst);
  ip::send_lowered(context, burst);
}

}  // namespace

void ipv4_line(ip::StageContext& context, ip::Burst& burst) {
  ip::input(context, burst);
  checked_ipv4_line(context, burst);
}

void checked_ipv4_line(ip::StageContext& context, ip::Burst& burst) {
  ip::run_hooks(HookPoint::kPreRouting, context, burst);
  if (burst.has_options) [[unlikely]] {
    ip::set_options_aside(context, burst);
  }
  context.lap(Stage::kInput);
  ip::route(context, burst);
  ip::ingress_checks(context, burst);
  context.lap(Stage::kRoute);
  if (burst.count == 0) [[unlikely]] {
    return;
  }
  if (ip::goes_straight(burst)) [[likely]] {
    go_straight(context, burst);
  } else {
    ip::forward(context, burst);
    ip::run_hooks(HookPoint::kForward, context, burst);
    context.lap(Stage::kForward);
    ip::run_hooks(HookPoint::kPostRouting, context, burst);
    ip::output(context, burst);
  }
  context.lap(Stage::kOutput);
}

void arp_line(ip::StageContext& context, ip::Burst& burst) {
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    context.punt(burst, i, ip::PuntReason::kArp);
  }
}

std::unique_ptr<port::EtherTypes> make_ether_types() {
  auto types = std::make_unique<port::EtherTypes>();
  types->add(RTE_ETHER_TYPE_IPV4, ipv4_line);
  types->add(RTE_ETHER_TYPE_ARP, arp_line);
  return types;
}

}  // namespace ringroad::worker
