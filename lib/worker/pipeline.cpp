#include "worker/pipeline.hpp"

#include <algorithm>

#include "ip/forward.hpp"
#include "ip/ingress_checks.hpp"
#include "ip/input.hpp"
#include "ip/output.hpp"
#include "ip/route.hpp"

namespace ringroad::worker {

using ip::HookPoint;
using stats::Stage;

namespace {

bool no_hooks(const ip::Tables& tables) {
  return std::ranges::all_of(tables.hooks, [](ip::Hook hook) { return hook == nullptr; });
}

}  // namespace

void ipv4_line(ip::StageContext& context, ip::Burst& burst) {
  ip::input(context, burst);
  checked_ipv4_line(context, burst);
}

void checked_ipv4_line(ip::StageContext& context, ip::Burst& burst) {
  ip::run_hook(HookPoint::kPreRouting, context, burst);
  if (burst.has_options) [[unlikely]] {
    ip::set_options_aside(context, burst);
  }
  context.lap(Stage::kInput);
  ip::route(context, burst);
  const bool passed = ip::ingress_checks(context, burst);
  context.lap(Stage::kRoute);
  if (passed && no_hooks(context.tables) && ip::send_plain(context, burst)) [[likely]] {
    context.lap(Stage::kOutput);
    return;
  }
  ip::forward(context, burst);
  ip::run_hook(HookPoint::kForward, context, burst);
  context.lap(Stage::kForward);
  ip::run_hook(HookPoint::kPostRouting, context, burst);
  ip::output(context, burst);
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
