// SPDX-License-Identifier: BSD-3-Clause
#include "stats/drop_reason.hpp"

#include <array>

namespace ringroad::stats {
namespace {

struct Text {
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array<Text, kDropReasons> kTexts{{
#define RINGROAD_TEXT(enumerator, name, meaning) {name, meaning},
    RINGROAD_DROP_REASONS(RINGROAD_TEXT)
#undef RINGROAD_TEXT
}};

}  // namespace

std::string_view name(DropReason reason) {
  return kTexts.at(static_cast<std::size_t>(reason)).name;
}

std::string_view meaning(DropReason reason) {
  return kTexts.at(static_cast<std::size_t>(reason)).meaning;
}

}  // namespace ringroad::stats
