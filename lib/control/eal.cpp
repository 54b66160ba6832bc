// SPDX-License-Identifier: BSD-3-Clause
#include "control/eal.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/log.hpp"
#include "control/dpdk_log.hpp"

namespace ringroad::control {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1ULL << 20U;

bool is_pci(const config::Port& port) {
  return !port.vlan && !port.device.starts_with("net_") && !port.device.starts_with("eth_");
}

std::optional<std::uint64_t> read_number(const fs::path& path) {
  std::ifstream file{path};
  std::uint64_t number = 0;
  return file >> number ? std::optional{number} : std::nullopt;
}

std::uint64_t free_hugepage_bytes() {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& size : fs::directory_iterator{"/sys/kernel/mm/hugepages", error}) {
    // hugepages-2048kB
    const std::string name = size.path().filename();
    const auto kib = std::strtoull(name.c_str() + name.find('-') + 1, nullptr, 10);
    bytes += read_number(size.path() / "free_hugepages").value_or(0) * kib * 1024;
  }
  return bytes;
}

std::uint64_t available_bytes() {
  std::ifstream file{"/proc/meminfo"};
  std::string key;
  std::string rest;
  while (file >> key && std::getline(file, rest)) {
    if (key == "MemAvailable:") {
      return std::strtoull(rest.c_str(), nullptr, 10) * 1024;
    }
  }
  return 0;
}

bool use_hugepages(const config::Memory& memory) {
  return memory.hugepages == config::HugePages::kOn ||
         (memory.hugepages == config::HugePages::kAuto &&
          free_hugepage_bytes() >= memory.size.count);
}

// Returns the cores that this thread may use. Its affinity mask has fewer, because isolcpus=
// removes cores from every process's mask until the process asks for them. Linux accepts any mask
// with at least one core of the control group, and sets the cores that both have.
cpu_set_t possible_cores() {
  cpu_set_t before;
  CPU_ZERO(&before);
  sched_getaffinity(0, sizeof before, &before);
  cpu_set_t cores;
  std::memset(&cores, 0xff, sizeof cores);
  if (sched_setaffinity(0, sizeof cores, &cores) == 0) {
    CPU_ZERO(&cores);
    sched_getaffinity(0, sizeof cores, &cores);
    sched_setaffinity(0, sizeof before, &before);
    return cores;
  }
  return before;
}

Status check_cores(const config::Config& config) {
  const cpu_set_t possible = possible_cores();
  const auto check = [&](unsigned core, std::string_view key) -> Status {
    if (core >= CPU_SETSIZE || !CPU_ISSET(core, &possible)) {
      std::string there;
      for (unsigned i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &possible)) {
          there += fmt::format("{}{}", there.empty() ? "" : ", ", i);
        }
      }
      return fail(
          fmt::format("{}: there is no core {} here; this machine offers {}", key, core, there));
    }
    return {};
  };
  if (Status status = check(config.engine.control, "engine.control"); !status) {
    return status;
  }
  for (const unsigned core : config.engine.workers) {
    if (Status status = check(core, "engine.workers"); !status) {
      return status;
    }
  }
  return {};
}

// The capabilities of ringroad.service, which ports on kernel interfaces need. A device on vfio
// needs none of them; a device on uio needs more, and DPDK reports the missing ones.
bool has_network_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  constexpr std::uint32_t kNeeded = 1U << CAP_NET_ADMIN | 1U << CAP_NET_RAW;
  return syscall(SYS_capget, &header, sets.data()) == 0 && (sets[0].effective & kNeeded) == kNeeded;
}

Status check_memory(const config::Memory& memory) {
  const std::uint64_t wanted = memory.size.count;
  if (use_hugepages(memory)) {
    const std::uint64_t free = free_hugepage_bytes();
    if (free < wanted) {
      return fail(
          fmt::format("engine.memory: {} MiB of hugepages are free, {} MiB are wanted; "
                      "reserve them with: ringroad-bind hugepages {}M",
                      free / kMiB, wanted / kMiB, (wanted + kMiB - 1) / kMiB));
    }
    return {};
  }
  const std::uint64_t available = available_bytes();
  if (available < wanted) {
    return fail(
        fmt::format("engine.memory: {} MiB are available, {} MiB are wanted; lower "
                    "engine.memory.size and engine.memory.buffers",
                    available / kMiB, wanted / kMiB));
  }
  return {};
}

}  // namespace

Status check_machine(const config::Config& config) {
  if (geteuid() != 0 && !has_network_capabilities()) {
    return fail(
        "ringroad takes over network devices and must be run as root, or with CAP_NET_ADMIN and "
        "CAP_NET_RAW: sudo ringroad run ...");
  }
  if (Status status = check_cores(config); !status) {
    return status;
  }
  return check_memory(config.engine.memory);
}

std::vector<std::string> eal_arguments(const config::Config& config, bool hugepages, bool verbose) {
  std::string lcores = fmt::format("0@{}", config.engine.control);
  for (std::size_t i = 0; i < config.engine.workers.size(); ++i) {
    lcores += fmt::format(",{}@{}", i + 1, config.engine.workers[i]);
  }
  std::vector<std::string> arguments{"ringroad",
                                     "--lcores",
                                     lcores,
                                     "-m",
                                     fmt::format("{}", config.engine.memory.size.count / kMiB),
                                     "--file-prefix",
                                     fmt::format("ringroad-{}", getpid()),
                                     "--no-telemetry",
                                     "--log-level",
                                     verbose ? "*:info" : "*:error"};
  if (hugepages) {
    // --in-memory leaves no files behind, however the process ends. memif and virtio_user share one
    // file for each memory segment list with a peer.
    arguments.insert(arguments.end(), {"--in-memory", "--single-file-segments"});
  } else {
    arguments.insert(arguments.end(), {"--no-huge", "--no-shconf"});
  }
  bool pci = false;
  for (const config::Port& port : config.ports) {
    if (is_pci(port)) {
      arguments.insert(arguments.end(), {"-a", port.device});
      pci = true;
    }
  }
  if (!pci) {
    arguments.emplace_back("--no-pci");
  }
  return arguments;
}

Result<Eal> Eal::start(const config::Config& config, bool verbose) {
  const bool hugepages = use_hugepages(config.engine.memory);
  if (!hugepages) {
    log::info("no hugepages: packet buffers are in ordinary memory, at about half the speed");
  }
  std::vector<std::string> arguments = eal_arguments(config, hugepages, verbose);
  std::vector<char*> argv;
  argv.reserve(arguments.size());
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  adopt_dpdk_log();
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    return fail(fmt::format("DPDK does not start: {}; it was given: {}", rte_strerror(rte_errno),
                            fmt::join(arguments, " ")));
  }
  return Eal{};
}

Eal::~Eal() {
  if (started_) {
    // DPDK leaves its empty runtime folder behind, one for each run.
    const fs::path runtime{rte_eal_get_runtime_dir()};
    rte_eal_cleanup();
    std::error_code ignored;
    fs::remove(runtime, ignored);
    release_dpdk_log();
  }
}

}  // namespace ringroad::control
