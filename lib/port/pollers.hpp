// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Lets a driver's own thread wait for the workers before it removes memory that they may be
// reading.
#include <rte_rcu_qsbr.h>

namespace ringroad::port {

// Sets the RCU readers that poll the ports: before the first poll; null after the last. Called by
// the control thread.
void set_pollers(rte_rcu_qsbr* pollers);

// Returns when every poller has ended its current loop or sleeps. Called by any thread except
// theirs.
void wait_for_pollers();

}  // namespace ringroad::port
