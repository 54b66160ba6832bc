// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reads YAML into a typed and validated configuration, and writes it back. Setup and control code
// only; no EAL is needed.
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"

namespace ringroad::config {

// One error in a file.
struct Problem {
  std::string file;
  int line = 0;     // from 1; 0: the file as a whole
  int column = 0;   // from 1
  std::string key;  // "routes[2].via"; empty: the file as a whole
  std::string what;

  // The form is "router.yaml:14:10: routes[2].via: 10.0.0.300 is not an IPv4 address".
  [[nodiscard]] std::string to_string() const;
};

// All problems of the file, in the order of its lines; the list is never empty.
using Problems = std::vector<Problem>;

// An error in a Config that the router finds when it starts: the device refuses a value, or does
// not exist.
struct Fault {
  enum class At : std::uint8_t { kNowhere, kBuffers, kPort, kRoute, kRouteFile, kNeighbor };
  std::string what;
  At at = At::kNowhere;
  std::string port{};        // name of a port or a sub-interface
  std::size_t index = 0;     // index in Config's list of that kind
  std::string_view field{};  // "mtu"
  bool ipv6 = false;         // of a route, route file or neighbor: which lists of Config
};
// The position of the fault in the file, as a Problem.
[[nodiscard]] Problem place(const std::string& path, const Fault& fault);
[[nodiscard]] Problem place(std::string_view yaml, const std::string& file, const Fault& fault);
// The position of a key, "ports.lan.mtu"; if the file does not have it, of the part that would.
[[nodiscard]] Problem place(std::string_view yaml, const std::string& file, std::string_view key,
                            std::string what);

[[nodiscard]] std::expected<Config, Problems> load(const std::string& path);
// The text of a file, at most a byte more than a configuration may have.
[[nodiscard]] std::expected<std::string, Problems> read_file(const std::string& path);
// `file` is the name in the reported problems; relative paths of route files start at its folder.
[[nodiscard]] std::expected<Config, Problems> parse(std::string_view yaml, const std::string& file);

// Returns YAML that parse() turns into an equal Config.
[[nodiscard]] std::string to_yaml(const Config& config);
// Returns items of the `routes:` and `neighbors:` lists, in the form of the file.
[[nodiscard]] std::string to_yaml(std::span<const Route> routes, const Config& config);
[[nodiscard]] std::string to_yaml(std::span<const Route6> routes, const Config& config);
[[nodiscard]] std::string to_yaml(std::span<const StaticNeighbor> neighbors);
[[nodiscard]] std::string to_yaml(std::span<const StaticNeighbor6> neighbors);

}  // namespace ringroad::config
