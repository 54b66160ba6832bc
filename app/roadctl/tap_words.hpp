// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The words of traces and captures.
#include "roadctl/asking.hpp"
#include "roadctl/word_reader.hpp"

namespace ringroad::roadctl {

// Reads "[port P] [FILTER]" into "words"; tap_options() tells them apart, because "port lan" may be
// a port of the router and "port 80" begins a filter.
[[nodiscard]] Options filter_options(Words words);
// Returns the options of the router's request. Asks the router for the names of its ports if the
// words begin with "port".
[[nodiscard]] std::expected<nlohmann::json, Failure> tap_options(nlohmann::json options,
                                                                 const Surroundings& around);

}  // namespace ringroad::roadctl
