// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/interrupt.hpp"

#include <csignal>

namespace ringroad::roadctl {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void note(int /*signal*/) { interrupted = 1; }

}  // namespace

void catch_interrupts() {
  struct sigaction action{};
  action.sa_handler = note;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

bool was_interrupted() { return interrupted != 0; }

}  // namespace ringroad::roadctl
