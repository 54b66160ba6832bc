// SPDX-License-Identifier: BSD-3-Clause
#include "config/model.hpp"

#include <algorithm>

namespace ringroad::config {

Scheduler Config::scheduler_of(const Port& port) const {
  const auto found = std::ranges::find(schedulers, port.scheduler, &Scheduler::name);
  return found == schedulers.end() ? Scheduler{} : *found;
}

std::size_t Config::devices() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(ports, [](const Port& port) { return !port.vlan; }));
}

}  // namespace ringroad::config
