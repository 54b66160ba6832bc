// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reads the words that identify a route and its next hops on the command line.
#include <string_view>

#include "roadctl/word_reader.hpp"

namespace ringroad::roadctl {

[[nodiscard]] WordReader route_reader(Words words);

}  // namespace ringroad::roadctl
