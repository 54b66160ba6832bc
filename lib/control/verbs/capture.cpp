// SPDX-License-Identifier: BSD-3-Clause
// Captures packets as pcapng: what arrives and leaves, and what is dropped and why.
#include <absl/strings/escaping.h>

#include <algorithm>

#include "control/json.hpp"
#include "control/tap_options.hpp"
#include "control/verb.hpp"
#include "tap/pcapng.hpp"

namespace ringroad::control {
namespace {

// The most bytes of blocks in one answer.
constexpr std::size_t kBlockBytes = std::size_t{512} << 10U;

// Takes blocks from the front, at least one.
std::string take_blocks(std::string& blocks) {
  if (blocks.empty()) {
    return {};
  }
  const std::size_t end =
      std::max(tap::pcapng::fitting_blocks(blocks, kBlockBytes), tap::pcapng::block_bytes(blocks));
  std::string taken = blocks.substr(0, end);
  blocks.erase(0, end);
  return taken;
}

Reply read_capture(Router& router, Options& options, std::uint32_t serial) {
  options.only({"capture", "stop"});
  const bool stop = options.flag("stop");
  const auto found = session_of(router, options, Tap::Kind::kCapture, "capture", serial);
  if (!found) {
    return refused(found.error());
  }
  tap::Taps::Session& session = **found;
  if (stop) {
    // What was recorded up to now is still in the rings.
    router.taps().advance();
    router.taps().stop(serial);
  }
  std::string blocks = take_blocks(session.blocks);
  const bool is_over = stop && session.blocks.empty();
  if (is_over) {
    router.taps().append_statistics(session);
    blocks += session.blocks;
  }
  nlohmann::json answer{{"blocks", absl::Base64Escape(blocks)},
                        {"packets", session.taken},
                        {"lost", session.lost},
                        {"done", tap::Taps::is_complete(session) && session.blocks.empty()},
                        {"over", is_over}};
  if (is_over) {
    router.taps().close(serial);
  }
  return at_once(std::move(answer));
}

Reply capture(Router& router, Options& options) {
  if (const auto serial = continued_tap(options, "capture")) {
    return read_capture(router, options, *serial);
  }
  options.only({"port", "packets", "filter", "program", "snap_bytes", "drops", "promiscuous"});
  tap::Request request = read_tap(router, options, Tap::Kind::kCapture);
  request.drops_only = options.flag("drops");
  request.promiscuous = options.flag("promiscuous");
  if (options.has("snap_bytes")) {
    request.snap_bytes = options.number("snap_bytes", 262144);
  }
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  return begin_tap(router, std::move(request), "capture");
}

const Verb kCapture{"capture", capture};

}  // namespace

}  // namespace ringroad::control
