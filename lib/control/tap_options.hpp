// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the verbs of traces and captures share: each begins with a request that sets the tap, whose
// answer has its number; further requests with that number read what it has, and one with "stop"
// ends it. A tap whose client does not come back ends by itself.
#include "control/options.hpp"
#include "control/verb.hpp"
#include "tap/taps.hpp"

namespace ringroad::control {

// The number of the trace or capture that the request continues, by this key; none: it begins one.
[[nodiscard]] std::optional<std::uint32_t> continued_tap(Options& options, const char* key);
// The trace or capture of that number, which a request by that key continues; never null. Fails
// also with the complaint about an earlier option.
[[nodiscard]] Result<tap::Taps::Session*> session_of(Router& router, const Options& options,
                                                     Tap::Kind kind, const char* key,
                                                     std::uint32_t serial);
// Reads the options with which one begins: port, packets, filter, program.
[[nodiscard]] tap::Request read_tap(Router& router, Options& options, Tap::Kind kind);
// Opens it. The answer is complete once all workers record: `answer` and the number, by this key.
[[nodiscard]] Reply begin_tap(Router& router, tap::Request request, const char* key);

}  // namespace ringroad::control
