// SPDX-License-Identifier: BSD-3-Clause
// Starts or stops the measurement of how long packets wait in bands.
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

Reply bands_delays(Router& router, Options& options) {
  options.only({"port", "on"});
  const std::optional<PortId> port = optional_device(router, options);
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
