// ringroad run|check|version
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/log.hpp"
#include "check.hpp"
#include "run.hpp"

namespace {

constexpr int kUsage = 2;

int dispatch(int argc, char** argv) {
  CLI::App app{"Ringroad: an IPv4 router on DPDK", "ringroad"};
  app.require_subcommand(1);
  std::string path;
  std::string level = "info";

  CLI::App* const run = app.add_subcommand("run", "route packets until SIGINT or SIGTERM");
  run->add_option("CONFIG", path, "the YAML configuration")->required();
  run->add_option("--log-level", level, "what is logged to stderr")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  CLI::App* const check =
      app.add_subcommand("check", "validate a configuration and print every problem in it");
  check->add_option("CONFIG", path, "the YAML configuration")->required();
  CLI::App* const version = app.add_subcommand("version", "print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  ringroad::log::set_up(level);
  if (version->parsed()) {
    fmt::print("ringroad {}\n", RINGROAD_VERSION);
    return 0;
  }
  return run->parsed() ? ringroad::app::run(path, level == "debug") : ringroad::app::check(path);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return dispatch(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ringroad: {}\n", error.what());
    return 1;
  }
}
