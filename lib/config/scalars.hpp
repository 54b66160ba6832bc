// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Readers of typed single values. Each reports errors and then returns nothing; it also returns
// nothing for a null pointer, which Fields::find returns for an absent key. Private to lib/config.
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/mac.hpp"
#include "base/units.hpp"
#include "config/value.hpp"
#include "config/words.hpp"

namespace ringroad::config {

template <class T>
struct Range {
  T least;
  T most;
};

[[nodiscard]] std::optional<std::uint64_t> read_integer(const Value* value,
                                                        Range<std::uint64_t> range);
template <std::unsigned_integral T>
[[nodiscard]] std::optional<T> read(const Value* value, Range<T> range) {
  const auto integer = read_integer(value, {range.least, range.most});
  return integer ? std::optional{static_cast<T>(*integer)} : std::nullopt;
}
[[nodiscard]] std::optional<Bytes> read(const Value* value, Range<Bytes> range);
[[nodiscard]] std::optional<BitsPerSecond> read(const Value* value, Range<BitsPerSecond> range);
[[nodiscard]] std::optional<Nanoseconds> read(const Value* value, Range<Nanoseconds> range);

// Accepts YAML 1.1's words in any case, as netplan does.
[[nodiscard]] std::optional<bool> flag_of(std::string_view text);
[[nodiscard]] std::optional<bool> read_flag(const Value* value);

[[nodiscard]] std::optional<std::string> read_text(const Value* value);
// The absolute path of a file that can be read, or an empty text. `folder`: where a relative path
// starts.
[[nodiscard]] std::string read_path(const Value* file, const std::filesystem::path& folder);
template <class Address>
[[nodiscard]] std::optional<Address> read_address(const Value* value);
template <class Address>
[[nodiscard]] std::optional<Prefix<Address>> read_prefix(const Value* value);
[[nodiscard]] std::optional<Mac> read_mac(const Value* value);  // must be the address of a station

// Checks the name of a port or a scheduler, which is a key.
bool check_name(const Entry& entry);

void report_no_word(const Value& value, std::string_view text,
                    std::span<const std::string_view> words);

template <class T, std::size_t N>
[[nodiscard]] std::optional<T> read(const Value* value, const std::array<Word<T>, N>& words) {
  const auto text = read_text(value);
  if (!text) {
    return std::nullopt;
  }
  std::array<std::string_view, N> texts{};
  // If a word means true or false, all spellings of that value are accepted.
  const auto flag = flag_of(*text);
  for (std::size_t i = 0; i < N; ++i) {
    if (*text == words[i].text || (flag && flag == flag_of(words[i].text))) {
      return words[i].meaning;
    }
    texts[i] = words[i].text;
  }
  report_no_word(*value, *text, texts);
  return std::nullopt;
}

template <class T, class From>
void assign(T& target, std::optional<From> value) {
  if (value) {
    target = *value;  // NOLINT(bugprone-optional-value-conversion): T is one at times
  }
}

}  // namespace ringroad::config
