// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Where the threads run that are no workers.
#include <span>
#include <vector>

namespace ringroad {

// Returns the cores that the process was started on. DPDK binds its threads to fewer.
[[nodiscard]] std::vector<unsigned> cores_at_start();

// Returns the cores of `all` that are not among `taken`.
[[nodiscard]] std::vector<unsigned> cores_without(std::span<const unsigned> all,
                                                  std::span<const unsigned> taken);

// Binds the calling thread to these cores, where all other threads run before it from then on.
void stay_in_background(std::span<const unsigned> cores);

}  // namespace ringroad
