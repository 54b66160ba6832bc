// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// YAML in, typed and validated configuration out; and back.
// Control side only; neither needs an EAL.
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"

namespace ringroad::config {

// One thing wrong with a file.
struct Problem {
  std::string file;
  int line = 0;     // from 1; 0: the file as a whole
  int column = 0;   // from 1
  std::string key;  // "routes[2].via"; empty: the file as a whole
  std::string what;

  // "router.yaml:14:10: routes[2].via: 10.0.0.300 is not an IPv4 address"
  [[nodiscard]] std::string to_string() const;
};

// Every problem of the file, in the order of its lines; never an empty list.
using Problems = std::vector<Problem>;

// What a router finds wrong with a Config when it starts: the device will not have a value, or is
// not there.
struct Fault {
  enum class At : std::uint8_t { kNowhere, kBuffers, kPort, kRoute, kRouteFile, kNeighbor };
  std::string what;
  At at = At::kNowhere;
  std::string port{};        // a port's or a sub-interface's name
  std::size_t index = 0;     // in Config's list of that kind
  std::string_view field{};  // "mtu"
};
// Where that stands in the file, as a Problem of the reader.
[[nodiscard]] Problem place(const std::string& path, const Fault& fault);
[[nodiscard]] Problem place(std::string_view yaml, const std::string& file, const Fault& fault);

[[nodiscard]] std::expected<Config, Problems> load(const std::string& path);
// `file` is the name that problems are reported under; relative route files are taken from its
// folder.
[[nodiscard]] std::expected<Config, Problems> parse(std::string_view yaml, const std::string& file);

// YAML that parse() takes back to an equal Config.
[[nodiscard]] std::string to_yaml(const Config& config);
// Items of the `routes:` and `neighbors:` lists, as they stand there.
[[nodiscard]] std::string to_yaml(std::span<const Route> routes, const Config& config);
[[nodiscard]] std::string to_yaml(std::span<const StaticNeighbor> neighbors);

}  // namespace ringroad::config
