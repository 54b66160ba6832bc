// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// For commands without an end of their own: SIGINT and SIGTERM end them in good order.

namespace ringroad::roadctl {

// From now on the signals only set what was_interrupted() returns, and a closed pipe is an error of
// the write.
void catch_interrupts();
[[nodiscard]] bool was_interrupted();

}  // namespace ringroad::roadctl
