// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Values in the form of the file. Private to lib/config.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/model.hpp"
#include "config/words.hpp"

namespace ringroad::config {

// Prints a plain scalar if every YAML reader reads it as that string, otherwise a quoted one.
[[nodiscard]] std::string scalar(const std::string& text);

[[nodiscard]] std::string scalar_of(Ipv4 address);
[[nodiscard]] std::string scalar_of(Ipv6 address);
[[nodiscard]] std::string scalar_of(const InterfaceAddress6& address);
[[nodiscard]] std::string scalar_of(Prefix4 prefix);
// The default route is "::/0", since "default" alone is that of IPv4.
[[nodiscard]] std::string scalar_of(Prefix6 prefix);

template <class List, class Print>
[[nodiscard]] std::string flow_list(const List& list, Print print) {
  std::vector<std::string> items;
  items.reserve(list.size());
  for (const auto& item : list) {
    items.push_back(print(item));
  }
  return fmt::format("[{}]", fmt::join(items, ", "));
}

template <class T, std::size_t N>
[[nodiscard]] std::string_view word(const std::array<Word<T>, N>& words, T meaning) {
  return std::ranges::find(words, meaning, &Word<T>::meaning)->text;
}

// Keys with their values, in the order of the file.
using Printed = std::vector<std::pair<std::string_view, std::string>>;
// Without keys that have their defaults.
[[nodiscard]] Printed printed(const RouterAdvertisements& advertisements);
// The section with its line ends; empty if it says nothing but defaults.
[[nodiscard]] std::string printed(const Firewall& firewall);

}  // namespace ringroad::config
