// SPDX-License-Identifier: BSD-3-Clause
#include "fib/route.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ringroad::fib {
namespace {

template <class T>
using Named = std::pair<T, std::string_view>;

constexpr std::array kTables{Named<Table>{Table::kLocal, "local"},
                             Named<Table>{Table::kMain, "main"},
                             Named<Table>{Table::kDefault, "default"}};
constexpr std::array kProtocols{Named<Protocol>{Protocol::kKernel, "kernel"},
                                Named<Protocol>{Protocol::kStatic, "static"},
                                Named<Protocol>{Protocol::kConnected, "connected"},
                                Named<Protocol>{Protocol::kRa, "ra"},
                                Named<Protocol>{Protocol::kZebra, "zebra"},
                                Named<Protocol>{Protocol::kBird, "bird"},
                                Named<Protocol>{Protocol::kBabel, "babel"},
                                Named<Protocol>{Protocol::kBgp, "bgp"},
                                Named<Protocol>{Protocol::kIsis, "isis"},
                                Named<Protocol>{Protocol::kOspf, "ospf"},
                                Named<Protocol>{Protocol::kRip, "rip"}};

template <class T, std::size_t N>
std::string name_of(const std::array<Named<T>, N>& names, T value) {
  const auto* const found = std::ranges::find(names, value, &Named<T>::first);
  return found == names.end() ? std::to_string(static_cast<unsigned>(value))
                              : std::string{found->second};
}

}  // namespace

std::string to_string(Table table) { return name_of(kTables, table); }

std::string to_string(Protocol protocol) { return name_of(kProtocols, protocol); }

std::optional<Table> parse_table(std::string_view text) {
  const auto* const named = std::ranges::find(kTables, text, &Named<Table>::second);
  if (named != kTables.end()) {
    return named->first;
  }
  std::uint8_t number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  return error == std::errc{} && end == text.end() && number != 0 ? std::optional{Table{number}}
                                                                  : std::nullopt;
}

std::string TableNames::to_string(Table table) const {
  const auto named = std::ranges::find(names_, table, &decltype(names_)::value_type::first);
  return named == names_.end() ? fib::to_string(table) : named->second;
}

std::optional<Table> TableNames::parse(std::string_view text) const {
  const auto named = std::ranges::find(names_, text, &decltype(names_)::value_type::second);
  return named == names_.end() ? parse_table(text) : named->first;
}

}  // namespace ringroad::fib
