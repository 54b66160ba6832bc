// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The kernel's counters of a network interface, since this object was made. Asked for by rtnetlink:
// /sys shows another network namespace than the process may be in.
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

  // Its kernel number; 0 or one that is no more: everything stays 0.
  explicit InterfaceStats(unsigned interface);

  // What is no more keeps what was read last.
  [[nodiscard]] Counts read();

 private:
  [[nodiscard]] std::optional<Counts> ask();

  unsigned interface_;
  FileDescriptor socket_;
  Counts before_;
  Counts last_;
};

}  // namespace ringroad::port
