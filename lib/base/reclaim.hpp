// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Memory that readers may still hold goes back only after every reader has passed a quiescent
// state. The tables that are read without locks hand their retired memory to a Reclaimer; the
// control thread owns one backed by RCU, tests own one they empty by hand.
#include <functional>

namespace ringroad {

class Reclaimer {
 public:
  virtual ~Reclaimer() = default;
  // Runs `release` once no reader that was inside a read-side section now is still in it. Called
  // by the table's one writer, after the memory was unlinked.
  virtual void retire(std::function<void()> release) = 0;
};

}  // namespace ringroad
