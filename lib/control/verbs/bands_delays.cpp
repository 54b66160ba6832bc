// SPDX-License-Identifier: BSD-3-Clause
// Starts, stops or starts anew the measurement of how long packets wait in bands.
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

Reply bands_delays(Router& router, Options& options) {
  options.only({"port", "on", "reset"});
  const std::optional<PortId> port = optional_device(router, options);
  const bool reset = options.flag("reset");
  if (reset && options.has("on")) {
    options.complain("'on' and 'reset' exclude each other");
  }
  if (reset) {
    if (!options.error()) {
      router.reset_delays(port);
    }
    return outcome(options, {});
  }
  if (!options.has("on") || !options.at("on").is_boolean()) {
    options.complain("'on' is true or false");
  }
  if (!options.error()) {
    router.measure_delays(port, options.at("on").get<bool>());
  }
  return outcome(options, {});
}

const Verb kBandsDelays{"bands delays", bands_delays};

}  // namespace

}  // namespace ringroad::control
