// SPDX-License-Identifier: BSD-3-Clause
// Reports the last events of the log.
#include "base/log.hpp"
#include "control/json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

constexpr std::uint32_t kEventsByDefault = 100;

Json event_of(const log::Event& event) {
  Json answer{{"time", log::to_string(event.time)},
              {"level", log::name_of(event.level)},
              {"what", event.what}};
  if (event.repeated > 0) {
    answer["repeated"] = event.repeated;
    answer["last"] = log::to_string(event.last);
  }
  for (const auto& [name, value] : event.fields) {
    answer[name] = value;
  }
  return answer;
}

Reply show_log(Router& /*router*/, Options& options) {
  options.only({"n"});
  const std::uint32_t most =
      options.has("n") ? options.number("n", log::History::kEvents) : kEventsByDefault;
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  Json events = Json::array();
  for (const log::Event& event : log::history(most)) {
    events.push_back(event_of(event));
  }
  return at_once(std::move(events));
}

const Verb kShowLog{"show log", show_log};

}  // namespace

}  // namespace ringroad::control
