// SPDX-License-Identifier: BSD-3-Clause
// Sets how much is logged.
#include "base/log.hpp"
#include "control/dpdk_log.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

Reply log_level(Router& /*router*/, Options& options) {
  options.only({"level"});
  const std::string level = options.text("level");
  if (!options.error() && !log::set_up(level)) {
    options.complain(fmt::format("'{}' is not a level: debug, info, warning or error", level));
  }
  if (!options.error()) {
    set_dpdk_level(level);
  }
  return outcome(options, {});
}

const Verb kLogLevel{"log level", log_level};

}  // namespace

}  // namespace ringroad::control
