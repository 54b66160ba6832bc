// SPDX-License-Identifier: BSD-3-Clause
#include "config/scalars.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "config/family.hpp"
#include "config/units.hpp"

namespace ringroad::config {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class T>
std::optional<T> read_quantity(const Value* value, Range<T> range,
                               Result<T> (*parse)(std::string_view)) {
  const auto text = read_text(value);
  if (!text) {
    return std::nullopt;
  }
  const Result<T> quantity = parse(*text);
  if (!quantity) {
    value->problem(quantity.error().what);
    return std::nullopt;
  }
  if (*quantity < range.least || *quantity > range.most) {
    value->problem(fmt::format("{} is outside {}..{}", shown(*text), to_string(range.least),
                               to_string(range.most)));
    return std::nullopt;
  }
  return *quantity;
}

}  // namespace

std::optional<std::string> read_text(const Value* value) {
  return value == nullptr ? std::nullopt : value->text();
}

std::optional<std::uint64_t> read_integer(const Value* value, Range<std::uint64_t> range) {
  const auto text = read_text(value);
  if (!text) {
    return std::nullopt;
  }
  const bool negative = text->starts_with('-');
  const std::string_view digits = std::string_view{*text}.substr(negative ? 1 : 0);
  if (digits.empty() || !std::ranges::all_of(digits, is_digit)) {
    value->problem(fmt::format("{} is not a whole number", shown(*text)));
    return std::nullopt;
  }
  std::uint64_t integer = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), integer);
  if (error != std::errc{} || (negative && integer != 0) || integer < range.least ||
      integer > range.most) {
    value->problem(fmt::format("{} is outside {}..{}", shown(*text), range.least, range.most));
    return std::nullopt;
  }
  return integer;
}

std::optional<bool> flag_of(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (std::ranges::find(kTrueWords, lower) != kTrueWords.end()) {
    return true;
  }
  return std::ranges::find(kFalseWords, lower) != kFalseWords.end() ? std::optional{false}
                                                                    : std::nullopt;
}

std::optional<bool> read_flag(const Value* value) {
  const auto text = read_text(value);
  if (!text) {
    return std::nullopt;
  }
  const auto flag = flag_of(*text);
  if (!flag) {
    value->problem(shown(*text) + " is neither true nor false");
  }
  return flag;
}

std::optional<Bytes> read(const Value* value, Range<Bytes> range) {
  return read_quantity(value, range, parse_size);
}

std::optional<BitsPerSecond> read(const Value* value, Range<BitsPerSecond> range) {
  return read_quantity(value, range, parse_rate);
}

std::optional<Nanoseconds> read(const Value* value, Range<Nanoseconds> range) {
  return read_quantity(value, range, parse_time);
}

template <class Address>
std::optional<Address> read_address(const Value* value) {
  const auto text = read_text(value);
  if (!text) {
    return std::nullopt;
  }
  const auto address = Address::parse(*text);
  if (!address) {
    value->problem(fmt::format("{} is not an {} address", shown(*text), kFamilyName<Address>));
  }
  return address;
}
template std::optional<Ipv4> read_address(const Value* value);
template std::optional<Ipv6> read_address(const Value* value);

template <class Address>
std::optional<Prefix<Address>> read_prefix(const Value* value) {
  const auto text = read_text(value);
  if (!text) {
    return std::nullopt;
  }
  const auto prefix = Prefix<Address>::parse(*text);
  if (!prefix) {
    const auto with_host_bits = AddressAndLength<Address>::parse(*text);
    value->problem(
        with_host_bits
            ? fmt::format("{} has host bits set; the prefix is {}/{}", *text,
                          with_host_bits->address.masked(with_host_bits->length).to_string(),
                          with_host_bits->length)
            : fmt::format("{} is not an {} prefix", shown(*text), kFamilyName<Address>));
  }
  return prefix;
}
template std::optional<Prefix4> read_prefix(const Value* value);
template std::optional<Prefix6> read_prefix(const Value* value);

std::optional<Mac> read_mac(const Value* value) {
  const auto text = read_text(value);
  if (!text) {
    return std::nullopt;
  }
  const auto mac = Mac::parse(*text);
  if (!mac) {
    value->problem(shown(*text) + " is not a MAC address; write it as \"02:00:00:00:00:09\"");
  } else if (!mac->is_station()) {
    value->problem(fmt::format("{} is {}, not one station's address", *text,
                               mac->is_zero() ? "zero" : "a group address"));
    return std::nullopt;
  }
  return mac;
}

bool check_name(const Entry& entry) {
  // The limit of Linux's IFNAMSIZ, so that a kernel interface can have the same name.
  constexpr std::size_t kLongest = 15;
  const std::string& name = entry.key;
  const bool good =
      name.size() <= kLongest && is_alpha(name.front()) && std::ranges::all_of(name, [](char c) {
        return is_alpha(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
      });
  if (!good) {
    entry.value.missing(
        "is not a name; write a letter, then up to 14 letters, digits, '_', '.' or '-'");
  }
  return good;
}

void report_no_word(const Value& value, std::string_view text,
                    std::span<const std::string_view> words) {
  value.problem(fmt::format("{} is none of {}", shown(text), fmt::join(words, ", ")));
}

std::string read_path(const Value* file, const std::filesystem::path& folder) {
  const auto text = read_text(file);
  if (!text) {
    return {};
  }
  std::string path = (folder / *text).lexically_normal().string();
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    file->problem(shown(*text) + " is a folder");
  } else if (::access(path.c_str(), R_OK) != 0) {
    const std::error_code reason{errno, std::generic_category()};
    file->problem(fmt::format("cannot read {}: {}", shown(*text), reason.message()));
  }
  return path;
}

}  // namespace ringroad::config
