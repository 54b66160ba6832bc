// SPDX-License-Identifier: BSD-3-Clause
// Reports the progress or the result of loading a file of routes.
#include "control/json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

Json report_load(const Router& router) {
  const routing::RouteLoad* const load = router.configuration().load();
  if (load == nullptr) {
    return {{"load", 0}, {"state", "none"}};
  }
  const routing::RouteLoad::Outcome& outcome = load->outcome();
  Json answer{{"load", router.configuration().load_number()},
              {"file", load->file().path},
              {"state", to_string(load->state())},
              {"percent", load->percent()}};
  if (load->finished()) {
    answer["added"] = outcome.added;
    answer["skipped_ipv4"] = outcome.skipped_ipv4;
    answer["skipped_ipv6"] = outcome.skipped_ipv6;
    answer["bad_lines"] = outcome.bad_lines;
    answer["complaints"] = outcome.complaints;
    answer["error"] = outcome.error.empty() ? Json() : Json(outcome.error);
  }
  return answer;
}

Reply show_load(Router& router, Options& options) {
  if (options.has("load") &&
      options.number("load", 0xffffffffU) != router.configuration().load_number()) {
    options.complain("another file was loaded since; see the router's log for the first");
  }
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  return at_once(report_load(router));
}

const Verb kShowLoad{"show load", show_load};

}  // namespace

}  // namespace ringroad::control
