// SPDX-License-Identifier: BSD-3-Clause
// Keeps what a reload applied that waits for it.
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

Reply confirm(Router& router, Options& options) {
  options.only({});
  return options.error() ? outcome(options, {}) : outcome(options, router.reload().confirm());
}

const Verb kConfirm{"confirm", confirm};

}  // namespace

}  // namespace ringroad::control
