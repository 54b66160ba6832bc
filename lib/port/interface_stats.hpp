// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The kernel's counters of a network interface, since this object was created. They are read by
// rtnetlink, because /sys may show another network namespace than that of the process.
#include <cstdint>
#include <optional>

#include "base/file_descriptor.hpp"

namespace ringroad::port {

class InterfaceStats {
 public:
  struct Counts {
    std::uint64_t rx_dropped = 0;
    std::uint64_t tx_dropped = 0;
  };

  // The kernel's index of the interface; for 0 or an interface that no longer exists all counters
  // stay 0.
  explicit InterfaceStats(unsigned interface);

  // An interface that no longer exists keeps its last counters.
  [[nodiscard]] Counts read();

 private:
  [[nodiscard]] std::optional<Counts> ask();

  unsigned interface_;
  FileDescriptor socket_;
  Counts before_;
  Counts last_;
};

}  // namespace ringroad::port
