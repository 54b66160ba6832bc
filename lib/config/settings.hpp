// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A configuration as a list of keys with values in the form of the file, in which two can be
// compared. Private to lib/config.
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"

namespace ringroad::config {

struct Setting {
  std::string_view key;            // below its part: "mtu"
  std::string value;               // in the form of the file
  std::vector<std::string> items;  // of a list that is compared item by item
  bool is_list = false;
};

// A named part of the file, such as a port, or a section that is always there, such as `engine`.
struct Part {
  std::string_view section;  // "ports"
  std::string key;           // "ports.lan"; "engine"
  std::string summary;       // the value that is shown if the whole part comes or goes
  bool named = false;        // the part may come and go
  std::vector<Setting> settings;
};

// All keys of the configuration with their values, defaults included, without routes.
[[nodiscard]] std::vector<Part> parts_of(const Config& config);

}  // namespace ringroad::config
