// SPDX-License-Identifier: BSD-3-Clause
#include "config/dscp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/model.hpp"

namespace ringroad::config {
namespace {

struct Named {
  std::string_view name;
  std::uint8_t dscp;
};
// IANA's registry: RFC 2474, 2597, 3246, 5865, 8622. If a value has several names, the first is
// written.
constexpr std::array kNamed{
    Named{"cs0", 0},   Named{"df", 0},    Named{"be", 0},    Named{"le", 1},    Named{"cs1", 8},
    Named{"af11", 10}, Named{"af12", 12}, Named{"af13", 14}, Named{"cs2", 16},  Named{"af21", 18},
    Named{"af22", 20}, Named{"af23", 22}, Named{"cs3", 24},  Named{"af31", 26}, Named{"af32", 28},
    Named{"af33", 30}, Named{"cs4", 32},  Named{"af41", 34}, Named{"af42", 36}, Named{"af43", 38},
    Named{"cs5", 40},  Named{"va", 44},   Named{"ef", 46},   Named{"cs6", 48},  Named{"cs7", 56}};

}  // namespace

std::optional<std::uint8_t> parse_dscp(std::string_view text) {
  const auto* const named = std::ranges::find(kNamed, text, &Named::name);
  if (named != kNamed.end()) {
    return named->dscp;
  }
  std::uint8_t dscp = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), dscp);
  const bool whole = error == std::errc{} && stop == text.data() + text.size();
  return whole && dscp < kDscps ? std::optional{dscp} : std::nullopt;
}

std::string dscp_name(std::uint8_t dscp) {
  const auto* const named = std::ranges::find(kNamed, dscp, &Named::dscp);
  return named == kNamed.end() ? fmt::format("{}", dscp) : std::string{named->name};
}

}  // namespace ringroad::config
