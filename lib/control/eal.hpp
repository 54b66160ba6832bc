// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// DPDK's environment, started from the configuration: nobody types its flags.
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "config/model.hpp"

namespace ringroad::control {

// The machine as it is, asked before DPDK is: whether we are root, have the cores and the memory.
// Says what is missing and what to do about it.
[[nodiscard]] Status check_machine(const config::Config& config);

// What `rte_eal_init` is given. The control thread is lcore 0, worker i is lcore i + 1.
[[nodiscard]] std::vector<std::string> eal_arguments(const config::Config& config, bool hugepages,
                                                     bool verbose);

// One in a process; DPDK cannot be started twice.
class Eal {
 public:
  [[nodiscard]] static Result<Eal> start(const config::Config& config, bool verbose);
  Eal(Eal&& other) noexcept : started_{std::exchange(other.started_, false)} {}
  Eal& operator=(Eal&&) = delete;
  ~Eal();

 private:
  Eal() = default;
  bool started_ = true;
};

}  // namespace ringroad::control
