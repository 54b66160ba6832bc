// SPDX-License-Identifier: BSD-3-Clause
#include "base/ipv4.hpp"

#include <fmt/format.h>

#include <charconv>

namespace ringroad {
namespace {

// Parses one decimal number in [0, max] without leading zeros and removes it from the front of
// `text`.
std::optional<unsigned> eat_number(std::string_view& text, unsigned max) {
  unsigned value = 0;
  const char* const begin = text.data();
  const auto [end, error] = std::from_chars(begin, begin + text.size(), value);
  const auto digits = static_cast<std::size_t>(end - begin);
  if (error != std::errc{} || value > max || (digits > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return value;
}

}  // namespace

std::optional<Ipv4> Ipv4::parse(std::string_view text) {
  std::uint32_t value = 0;
  for (int octet = 0; octet < 4; ++octet) {
    if (octet > 0) {
      if (!text.starts_with('.')) {
        return std::nullopt;
      }
      text.remove_prefix(1);
    }
    const auto number = eat_number(text, 255);
    if (!number) {
      return std::nullopt;
    }
    value = value << 8 | *number;
  }
  return text.empty() ? std::optional{Ipv4{value}} : std::nullopt;
}

std::string Ipv4::to_string() const {
  return fmt::format("{}.{}.{}.{}", value_ >> 24, value_ >> 16 & 255, value_ >> 8 & 255,
                     value_ & 255);
}

}  // namespace ringroad
