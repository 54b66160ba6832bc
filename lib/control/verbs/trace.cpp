// SPDX-License-Identifier: BSD-3-Clause
// Traces packets: what each stage did with them, and how long it took.
#include "control/json.hpp"
#include "control/tap_options.hpp"
#include "control/trace_steps.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

// The most packets of one answer.
constexpr std::size_t kTracedPackets = 100;

Reply read_trace(Router& router, Options& options, std::uint32_t serial) {
  options.only({"trace", "stop"});
  const bool stop = options.flag("stop");
  const auto found = session_of(router, options, Tap::Kind::kTrace, "trace", serial);
  if (!found) {
    return refused(found.error());
  }
  tap::Taps::Session& session = **found;
  // What was recorded up to now is still in the rings.
  router.taps().advance();
  Json packets = Json::array();
  for (; !session.traced.empty() && packets.size() < kTracedPackets; session.traced.pop_front()) {
    packets.push_back(describe_trace(router, session.traced.front()));
  }
  if (stop) {
    for (const tap::TracedPacket& packet : router.taps().unfinished(serial)) {
      if (packets.size() < kTracedPackets) {
        packets.push_back(describe_trace(router, packet));
      }
    }
  }
  const Json answer{{"packets", std::move(packets)},
                    {"lost", session.lost},
                    {"done", tap::Taps::is_complete(session) && session.traced.empty()}};
  if (stop) {
    router.taps().close(serial);
  }
  return at_once(answer);
}

Reply trace(Router& router, Options& options) {
  if (const auto serial = continued_tap(options, "trace")) {
    return read_trace(router, options, *serial);
  }
  options.only({"port", "packets", "filter", "program"});
  tap::Request request = read_tap(router, options, Tap::Kind::kTrace);
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  return begin_tap(router, std::move(request), "trace");
}

const Verb kTrace{"trace", trace};

}  // namespace

}  // namespace ringroad::control
