// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/nud.hpp"

namespace ringroad::neigh {

std::string_view to_string(State state) {
  switch (state) {
    case State::kIncomplete:
      return "INCOMPLETE";
    case State::kReachable:
      return "REACHABLE";
    case State::kStale:
      return "STALE";
    case State::kDelay:
      return "DELAY";
    case State::kProbe:
      return "PROBE";
    case State::kFailed:
      return "FAILED";
    case State::kPermanent:
      return "PERMANENT";
  }
  return "NONE";
}

}  // namespace ringroad::neigh
