#include "bench/program.hpp"

#include <rte_eal.h>

#include <stdexcept>

namespace ringroad::bench {

void start_eal(const EalSettings& settings) {
  std::vector<std::string> arguments{
      settings.program, "--lcores",          fmt::format("0@{}", settings.core),
      "--no-pci",       "--no-telemetry",    "--log-level=4",
      "--file-prefix",  settings.file_prefix};
  arguments.emplace_back(settings.huge ? "--in-memory" : "--no-huge");
  arguments.insert(arguments.end(), settings.more.begin(), settings.more.end());
  if (!settings.huge) {
    arguments.insert(arguments.end(), settings.without_huge.begin(), settings.without_huge.end());
  }
  std::vector<char*> argv;
  argv.reserve(arguments.size());
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    throw std::runtime_error{"EAL does not start: are there hugepages? (or use --no-huge)"};
  }
}

}  // namespace ringroad::bench
