#include "config/model.hpp"

#include <algorithm>

namespace ringroad::config {

Scheduler Config::scheduler_of(const Port& port) const {
  const auto found = std::ranges::find(schedulers, port.scheduler, &Scheduler::name);
  return found == schedulers.end() ? Scheduler{} : *found;
}

}  // namespace ringroad::config
