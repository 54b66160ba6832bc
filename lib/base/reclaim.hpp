// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Memory that readers may still hold is freed only after every reader has passed a quiescent state.
// Tables with lock-free readers pass retired memory to a Reclaimer; the control thread owns one
// backed by RCU, tests own one that they run by hand.
#include <functional>

namespace ringroad {

class Reclaimer {
 public:
  virtual ~Reclaimer() = default;
  // Runs `release` after every reader that is now inside a read-side section has left it. Called by
  // the table's only writer, after the memory was unlinked.
  virtual void retire(std::function<void()> release) = 0;
};

}  // namespace ringroad
