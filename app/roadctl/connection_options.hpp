// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How connections are selected, in the words of conntrack(8) and ss(8).
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {

inline Options connections_options(Words words) {
  return WordReader{words, {kProto, kSrc, kDst, kSport, kDport, kState, kMark}}
      .pairs()
      .state_name()
      .result();
}

}  // namespace ringroad::roadctl
