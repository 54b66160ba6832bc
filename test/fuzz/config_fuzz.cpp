// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer over the configuration: any text is refused with its problems, or accepted, and then
// what is written of it reads back the same.
#include <cstdio>
#include <cstdlib>

#include "config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringroad::config;
  const auto config = parse({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  if (!config) {
    return config.error().empty() ? (std::abort(), 0) : 0;
  }
  const std::string yaml = to_yaml(*config);
  const auto again = parse(yaml, "written.yaml");
  if (!again || *again != *config) {
    std::fprintf(stderr, "%s\n%s\n", yaml.c_str(),
                 again ? "reads back different" : again.error().front().to_string().c_str());
    std::abort();
  }
  return 0;
}
