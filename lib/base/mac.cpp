// SPDX-License-Identifier: BSD-3-Clause
#include "base/mac.hpp"

#include <fmt/format.h>

#include <charconv>

namespace ringroad {

std::optional<Mac> Mac::parse(std::string_view text) {
  if (text.size() != 17) {
    return std::nullopt;
  }
  Mac mac;
  for (std::size_t i = 0; i < 6; ++i) {
    const char* const begin = text.data() + 3 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, mac.octets.at(i), 16);
    if (error != std::errc{} || end != begin + 2 || (i < 5 && *end != ':')) {
      return std::nullopt;
    }
  }
  return mac;
}

std::string Mac::to_string() const { return fmt::format("{:02x}", fmt::join(octets, ":")); }

}  // namespace ringroad
