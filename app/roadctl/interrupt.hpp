// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Lets a command that goes on until it is told to stop end in good order at SIGINT or SIGTERM.

namespace ringroad::roadctl {

// From now on the signals only set what was_interrupted() returns, and a closed pipe is an error of
// the write.
void catch_interrupts();
[[nodiscard]] bool was_interrupted();

}  // namespace ringroad::roadctl
