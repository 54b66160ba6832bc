// SPDX-License-Identifier: BSD-3-Clause
#include "control/firewall_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "nft/print.hpp"

namespace ringroad::control {
namespace {

using What = filter::Step::What;

std::string verdict_text(const filter::Step& step) {
  using Kind = nft::Verdict::Kind;
  const auto chain = [&] { return step.table->chains[step.verdict.chain].name; };
  switch (step.verdict.kind) {
    case Kind::kAccept:
      return "accept";
    case Kind::kDrop:
      return "drop";
    case Kind::kContinue:
      return "continue";
    case Kind::kReturn:
      return "return";
    case Kind::kJump:
      return "jump " + chain();
    case Kind::kGoto:
      return "goto " + chain();
  }
  return {};
}

std::string outcome_text(const filter::Step& step) {
  switch (step.what) {
    case What::kVerdict:
      return verdict_text(step);
    case What::kReject:
      return "reject";
    case What::kNat:
      return "decides about the translation";
    default:
      return "goes on";
  }
}

std::string_view state_text(filter::TrackedAs as) {
  static constexpr std::array<std::string_view, 5> kNames{"invalid", "new", "established",
                                                          "related", "untracked"};
  return kNames.at(static_cast<std::size_t>(as));
}

std::string tracked_text(const filter::Step& step) {
  if (step.as == filter::TrackedAs::kInvalid || step.as == filter::TrackedAs::kUntracked) {
    return fmt::format("connection tracking: {}", state_text(step.as));
  }
  return fmt::format("connection tracking: {}, {} direction", state_text(step.as),
                     step.direction == filter::Direction::kOriginal ? "original" : "reply");
}

std::string translated_text(const filter::Step& step) {
  const filter::Step::End& end = step.end;
  const std::string address =
      end.is_ipv6 ? end.address.to_string() : filter::narrowed(end.address).to_string();
  return fmt::format("translated: the {} is {}{}",
                     end.which == filter::Manip::kSource ? "source" : "destination", address,
                     end.has_port ? fmt::format(" port {}", end.port) : std::string{});
}

std::string rule_text(const filter::Step& step) {
  const std::string where = fmt::format("{} {} {}", nft::to_string(step.table->family),
                                        step.table->name, step.chain->name);
  if (step.what == What::kPolicy) {
    return step.chain->base ? fmt::format("{}: policy {}", where, step.accepts ? "accept" : "drop")
                            : fmt::format("{}: its end", where);
  }
  return fmt::format("{}, handle {}: `{}`: {}", where, step.rule->handle,
                     nft::print(*step.table, *step.rule, {.handles = false}), outcome_text(step));
}

}  // namespace

std::string_view hook_name(HookPoint point) {
  static constexpr std::array<std::string_view, kHookPoints> kNames{
      "PRE_ROUTING", "INPUT", "FORWARD", "OUTPUT", "POST_ROUTING", "INGRESS"};
  return kNames.at(static_cast<std::size_t>(point));
}

filter::Step firewall_step(const tap::Event& event) {
  filter::Step step;
  if (event.octets.size() == sizeof step) {
    std::memcpy(&step, event.octets.data(), sizeof step);
  }
  return step;
}

std::string firewall_text(const Router& router, const tap::Event& event) {
  const filter::Step step = firewall_step(event);
  const filter::Program* const program = router.firewall().program();
  std::string says;
  if (step.what == What::kTracked) {
    says = tracked_text(step);
  } else if (step.what == What::kTranslated) {
    says = translated_text(step);
  } else if (program == nullptr || program->serial() != step.program) {
    says = "a rule of a ruleset that has been replaced";
  } else if (step.what == What::kPassed) {
    says = "passes as other packets of its connection: no rule can decide otherwise";
  } else {
    says = rule_text(step);
  }
  return fmt::format("{}: {}", hook_name(static_cast<HookPoint>(event.record.detail)), says);
}

}  // namespace ringroad::control
