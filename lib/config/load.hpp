#pragma once
// YAML in, typed and validated configuration out; and back.
// Control side only; neither needs an EAL.
#include <expected>
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

[[nodiscard]] std::expected<Config, Problems> load(const std::string& path);
// `file` is the name that problems are reported under; relative route files are taken from its
// folder.
[[nodiscard]] std::expected<Config, Problems> parse(std::string_view yaml, const std::string& file);

// YAML that parse() takes back to an equal Config.
[[nodiscard]] std::string to_yaml(const Config& config);

}  // namespace ringroad::config
