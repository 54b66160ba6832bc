// SPDX-License-Identifier: BSD-3-Clause
// ringroad run|check|version
#include <fmt/format.h>
#include <rte_version.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/log.hpp"
#include "check.hpp"
#include "run.hpp"
#include "version.hpp"

namespace {

constexpr int kUsage = 2;

// Runs before all other code of this program, which may be compiled for instructions that an older
// processor lacks. Newer instructions, such as AVX-512, are detected where they are used.
[[gnu::constructor(101), gnu::target("arch=x86-64")]] void check_processor() {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("x86-64-v3")) {
    static constexpr char kRefusal[] =
        "ringroad: this processor is older than x86-64-v3 (AVX2, BMI2: Haswell, Zen)\n";
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kRefusal, sizeof kRefusal - 1);
    _exit(kUsage);
  }
}

int dispatch(int argc, char** argv) {
  CLI::App app{"Ringroad: an IPv4 router on DPDK", "ringroad"};
  app.require_subcommand(1);
  const std::string said = fmt::format("ringroad {}, {}", ringroad::kVersion, rte_version());
  app.set_version_flag("--version", said, "print the version");
  std::string path;
  std::string level = "info";

  CLI::App* const run =
      app.add_subcommand("run", "route packets until SIGINT or SIGTERM; SIGHUP reloads CONFIG");
  run->add_option("CONFIG", path, "the YAML configuration")->required();
  run->add_option("--log-level", level, "what is logged to stderr")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  CLI::App* const check =
      app.add_subcommand("check", "validate a configuration and print every problem in it");
  check->add_option("CONFIG", path, "the YAML configuration")->required();
  CLI::App* const version = app.add_subcommand("version", "print the version, as --version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  ringroad::log::set_up(level);
  if (version->parsed()) {
    fmt::print("{}\n", said);
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
