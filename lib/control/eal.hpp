// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Starts DPDK's environment from the configuration; the operator gives no EAL arguments.
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "config/model.hpp"

namespace ringroad::control {

// Checks before DPDK is started that the process has the privileges, the cores and the memory that
// it needs. The error says what is missing and what the operator can do.
[[nodiscard]] Status check_machine(const config::Config& config);

// Returns the arguments for `rte_eal_init`. The control thread is lcore 0, worker i is lcore i + 1.
[[nodiscard]] std::vector<std::string> eal_arguments(const config::Config& config, bool hugepages,
                                                     bool verbose);

// Only one may exist in a process, because DPDK cannot be started twice.
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
