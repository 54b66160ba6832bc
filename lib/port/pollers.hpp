// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The workers as a driver's own thread sees them: what they may be reading it must not take away.
#include <rte_rcu_qsbr.h>

namespace ringroad::port {

// Sets the readers that poll the ports: before the first poll, and null after the last. Control
// thread.
void set_pollers(rte_rcu_qsbr* pollers);

// Returns when every poller has ended the loop it is in, or sleeps. From any thread but theirs.
void wait_for_pollers();

}  // namespace ringroad::port
