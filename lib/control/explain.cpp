// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "control/explain_steps.hpp"
#include "control/rehearsal.hpp"
#include "control/route_text.hpp"

namespace ringroad::control {
namespace {

using Kind = WatchRecord::Kind;
using stats::DropReason;

enum class Verdict : std::uint8_t { kForward, kDeliver, kDrop };

struct Outcome {
  Verdict verdict = Verdict::kDeliver;
  std::optional<DropReason> reason;
  std::optional<DropReason> lost_answer;  // for which the router's own packet would be dropped
  InterfaceId egress{};                   // the interface by which it leaves, if it does
};

// What became of the packet, from what was recorded of it.
Outcome outcome_of(const std::vector<tap::Event>& events) {
  bool is_local = false;
  bool is_answered = false;  // the router has it, and its buffer became the answer
  bool is_punted = false;
  bool leaves = false;
  Outcome outcome;
  for (const tap::Event& event : events) {
    const WatchRecord& record = event.record;
    switch (record.kind) {
      case Kind::kPunted:
        is_punted = true;
        is_answered = is_answered || is_local;
        is_local = is_local || static_cast<PuntReason>(record.detail) == PuntReason::kLocal;
        break;
      case Kind::kStaged:
        if (is_punted) {
          break;  // output() recorded it with the rest of its burst
        }
        [[fallthrough]];
      case Kind::kHandedOver:
      case Kind::kWaits:
        leaves = true;
        is_answered = is_answered || is_local;
        outcome.egress = InterfaceId{record.interface};
        break;
      case Kind::kDelivered:
        is_local = is_answered = true;
        break;
      case Kind::kDropped:
        outcome.reason = outcome.reason.value_or(static_cast<DropReason>(record.value));
        break;
      default:
        break;
    }
  }
  outcome.verdict = is_answered || (is_local && !outcome.reason) ? Verdict::kDeliver
                    : leaves                                     ? Verdict::kForward
                    : outcome.reason                             ? Verdict::kDrop
                                                                 : Verdict::kDeliver;
  if (outcome.verdict == Verdict::kDeliver) {
    outcome.lost_answer = outcome.reason;
  }
  if (outcome.verdict != Verdict::kDrop) {
    outcome.reason.reset();
  }
  return outcome;
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kForward:
      return "forward";
    case Verdict::kDeliver:
      return "deliver";
    case Verdict::kDrop:
      break;
  }
  return "drop";
}

// A port that drops what it is given, or a band that is full now.
std::optional<DropReason> lost_at(const Router& router, const RehearsedFrame& frame) {
  const InterfaceId port = interface_of(frame.port);
  if (!router.links().linked(port)) {
    return DropReason::kPortDown;
  }
  const BandState band = band_of(router, frame);
  return !frame.waits && band.is_full ? std::optional{DropReason::kBandFull} : std::nullopt;
}

Json egress_of(const RehearsedFrame& frame, const std::string& port, EitherAddress via,
               std::size_t frames) {
  const Sent sent = read(frame);
  return {{"port", port},
          {"via", via.to_string()},
          {"mac", frame.waits ? Json() : Json(sent.destination.to_string())},
          {"band", frame.band},
          {"bytes", frame.bytes},
          {"frames", frames},
          {"waits", frame.waits}};
}

// The ICMP message that the packet would cause, or the error that none is sent of.
Json icmp_of(const Router& router, const Rehearsed& rehearsed, bool is_local) {
  for (const RehearsedFrame& frame : rehearsed.frames) {
    const Sent sent = read(frame);
    if ((frame.is_answer || is_local) && sent.icmp) {
      Json icmp{{"type", sent.icmp->type},
                {"code", sent.icmp->code},
                {"from", sent.source_ip},
                {"to", sent.destination_ip},
                {"port", router.world().port(interface_of(frame.port)).name},
                {"sent", true}};
      if (const auto mtu = sent.mtu()) {
        icmp["mtu"] = *mtu;
      }
      if (const auto pointer = sent.pointer()) {
        icmp["pointer"] = *pointer;
      }
      if (sent.is_redirect()) {
        icmp["gateway"] = sent.icmp->target;
      }
      return icmp;
    }
  }
  for (const tap::Event& event : rehearsed.events) {
    const WatchRecord& record = event.record;
    const auto silence = static_cast<Silence>(record.detail);
    if (record.kind == Kind::kAnswered) {
      const std::string_view why = silence == Silence::kNone && rehearsed.lost_answer
                                       ? stats::meaning(*rehearsed.lost_answer)
                                       : silence_text(silence);
      return {{"type", record.value}, {"code", record.other}, {"sent", false}, {"why", why}};
    }
  }
  return {};
}

Json sends_of(const Router& router, const std::vector<RehearsedFrame>& frames) {
  Json sends = Json::array();
  for (const RehearsedFrame& frame : frames) {
    Json one{{"port", router.world().port(interface_of(frame.port)).name},
             {"what", describe(frame)},
             {"band", frame.band},
             {"bytes", frame.bytes},
             {"waits", frame.waits}};
    if (!frame.waits) {
      one["frame"] = fmt::format("{:02x}", fmt::join(frame.octets, ""));
    }
    sends.push_back(std::move(one));
  }
  return sends;
}

}  // namespace

Result<Json> explain(const Router& router, PortId port, std::span<const std::uint8_t> frame) {
  const auto rehearsed = rehearse(router, port, frame);
  if (!rehearsed) {
    return std::unexpected{rehearsed.error()};
  }
  Outcome outcome = outcome_of(rehearsed->events);
  std::vector<const RehearsedFrame*> own;
  for (const RehearsedFrame& one : rehearsed->frames) {
    if (outcome.verdict == Verdict::kForward && !one.is_answer) {
      own.push_back(&one);
    }
  }
  ExplainSteps steps{router, port, frame};
  steps.walk(*rehearsed);
  Json answer{{"verdict", ""},         {"reason", nullptr}, {"steps", Json::array()},
              {"egress", nullptr},     {"icmp", nullptr},   {"lost_answer", nullptr},
              {"sends", Json::array()}};
  if (!own.empty()) {
    answer["egress"] = egress_of(*own.front(), router.world().port(outcome.egress).name,
                                 steps.next_hop(*own.front()), own.size());
    steps.add_output(*own.front(), outcome.egress, own.size());
    if (const auto lost = lost_at(router, *own.front())) {
      outcome.verdict = Verdict::kDrop;
      outcome.reason = lost;
    }
  }
  for (const RehearsedFrame& one : rehearsed->frames) {
    if (one.is_answer || outcome.verdict == Verdict::kDeliver) {
      steps.add_answer(one);
    }
  }
  if (const auto lost = rehearsed->lost_answer ? rehearsed->lost_answer : outcome.lost_answer) {
    answer["lost_answer"] = stats::name(*lost);
    steps.add("answer", fmt::format("lost: {}: {}", stats::name(*lost), stats::meaning(*lost)));
  }
  answer["icmp"] = icmp_of(router, *rehearsed, outcome.verdict == Verdict::kDeliver);
  answer["sends"] = sends_of(router, rehearsed->frames);
  answer["verdict"] = name_of(outcome.verdict);
  if (outcome.reason) {
    answer["reason"] = stats::name(*outcome.reason);
    steps.add("verdict", fmt::format("dropped: {}", stats::meaning(*outcome.reason)));
  } else if (!own.empty()) {
    steps.add("verdict",
              fmt::format("{} by {}", own.front()->waits ? "would wait, then leave" : "forwarded",
                          router.world().port(outcome.egress).name));
  } else {
    steps.add("verdict", "the router takes it");
  }
  answer["steps"] = steps.take();
  return answer;
}

}  // namespace ringroad::control
