// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <utility>

namespace ringroad::log {

bool set_up(std::string_view level) {
  static constexpr std::array kLevels{
      std::pair{std::string_view{"debug"}, spdlog::level::debug},
      std::pair{std::string_view{"info"}, spdlog::level::info},
      std::pair{std::string_view{"warning"}, spdlog::level::warn},
      std::pair{std::string_view{"error"}, spdlog::level::err},
  };
  for (const auto& [name, value] : kLevels) {
    if (name == level) {
      auto logger = spdlog::get("ringroad");
      if (!logger) {
        logger = spdlog::stderr_logger_mt("ringroad");
      }
      logger->set_pattern("ringroad: %v");
      logger->set_level(value);
      logger->flush_on(spdlog::level::trace);
      spdlog::set_default_logger(logger);
      return true;
    }
  }
  return false;
}

}  // namespace ringroad::log
