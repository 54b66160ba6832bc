// SPDX-License-Identifier: BSD-3-Clause
#include "check.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "config/load.hpp"
#include "routing/route_file.hpp"

namespace ringroad::app {
namespace {

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

int check(const std::string& path) {
  const auto config = config::load(path);
  if (!config) {
    for (const config::Problem& problem : config.error()) {
      fmt::print(stderr, "{}\n", problem.to_string());
    }
    return 2;
  }
  int status = 0;
  for (const config::RouteFile& file : config->route_files) {
    if (const auto contents = routing::read_route_file(file); !contents.error.empty()) {
      fmt::print(stderr, "{}\n", contents.error);
      status = 2;
    }
  }
  if (status != 0) {
    return status;
  }
  fmt::print("{}: ok: {}, {}, {}", path, counted(config->ports.size(), "port"),
             counted(config->engine.workers.size(), "worker"),
             counted(config->routes.size() + config->routes6.size(), "route"));
  if (!config->route_files.empty()) {
    fmt::print(", {}", counted(config->route_files.size(), "route file"));
  }
  fmt::print("\n");
  return 0;
}

}  // namespace ringroad::app
