// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/render_load.hpp"

#include <fmt/format.h>

#include <utility>

#include "roadctl/fields.hpp"

namespace ringroad::roadctl {

using nlohmann::json;

std::string render_load(const json& counts, const Display& /*display*/) {
  std::string text = fmt::format("{} routes added", words(counts, "added"));
  for (const auto& [key, what] : {std::pair{"bad_lines", "bad lines"},
                                  {"skipped_ipv4", "IPv4 prefixes"},
                                  {"skipped_ipv6", "IPv6 prefixes"}}) {
    if (const json& count = field(counts, key); !count.is_null() && count != 0) {
      text += fmt::format(", {} {} skipped", words(count), what);
    }
  }
  return text + "\n";
}

}  // namespace ringroad::roadctl
