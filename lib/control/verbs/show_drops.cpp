// SPDX-License-Identifier: BSD-3-Clause
// Reports dropped packets by reason, of all ports or of one: in total, now, and in the last minute.
#include "control/now_json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

Reply show_drops(Router& router, Options& options) {
  const std::optional<InterfaceId> port = optional_port(router, options);
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  return at_once(drops_json(router, port));
}

const Verb kShowDrops{"show drops", show_drops};

}  // namespace

}  // namespace ringroad::control
