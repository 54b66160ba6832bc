// SPDX-License-Identifier: BSD-3-Clause
#include "control/dpdk_log.hpp"

#include <rte_log.h>

#include <cstdio>
#include <string>

#include "base/log.hpp"

namespace ringroad::control {
namespace {

log::Level level_of(int dpdk) {
  if (dpdk <= static_cast<int>(RTE_LOG_ERR)) {
    return log::Level::err;
  }
  switch (dpdk) {
    case RTE_LOG_WARNING:
      return log::Level::warn;
    case RTE_LOG_DEBUG:
      return log::Level::debug;
    default:
      return log::Level::info;
  }
}

// What was written since the last newline: some drivers write a line in several calls. The stream's
// lock protects it.
std::string unfinished;

ssize_t write_lines(void* /*cookie*/, const char* text, std::size_t size) {
  unfinished.append(text, size);
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = unfinished.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    if (end > begin) {
      log::event(level_of(rte_log_cur_msg_loglevel()), {{"from", "dpdk"}}, "DPDK: {}",
                 std::string_view{unfinished}.substr(begin, end - begin));
    }
  }
  unfinished.erase(0, begin);
  return static_cast<ssize_t>(size);
}

}  // namespace

void adopt_dpdk_log() {
  static std::FILE* const stream = fopencookie(
      nullptr, "w", {.read = nullptr, .write = write_lines, .seek = nullptr, .close = nullptr});
  if (stream != nullptr) {
    rte_openlog_stream(stream);
  }
}

void release_dpdk_log() { rte_openlog_stream(nullptr); }

std::uint32_t dpdk_level(std::string_view level) {
  return level == "debug" ? RTE_LOG_INFO : RTE_LOG_ERR;
}

void set_dpdk_level(std::string_view level) {
  static_cast<void>(rte_log_set_level_pattern("*", dpdk_level(level)));
}

}  // namespace ringroad::control
