// SPDX-License-Identifier: BSD-3-Clause
// The data types of nft(8): their names, and how their values are read and printed.
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/mac.hpp"
#include "nft/field.hpp"
#include "nft/time.hpp"
#include "nft/type_names.hpp"

namespace ringroad::nft {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view word, int base) {
  std::uint64_t number = 0;
  const char* const begin = word.data();  // NOLINT(bugprone-suspicious-stringview-data-usage)
  const char* const end = begin + word.size();
  const auto [stop, error] = std::from_chars(begin, end, number, base);
  return error == std::errc{} && stop == end && !word.empty() ? std::optional{number}
                                                              : std::nullopt;
}

std::optional<Value> parse_integer(std::string_view word) {
  const bool hex = word.starts_with("0x") || word.starts_with("0X");
  const auto number = hex ? parse_number(word.substr(2), 16) : parse_number(word, 10);
  return number ? std::optional{Value{*number}} : std::nullopt;
}

// Up to 128 bits in hexadecimal.
std::optional<Value> parse_long(std::string_view word) {
  constexpr std::size_t kDigits = 16;  // of 64 bits
  constexpr std::size_t kPrefix = 2;   // 0x
  const bool hex = word.starts_with("0x") || word.starts_with("0X");
  if (!hex || word.size() <= kPrefix + kDigits) {
    return parse_integer(word);
  }
  const std::size_t split = word.size() - kDigits;
  const auto high = parse_number(word.substr(kPrefix, split - kPrefix), 16);
  const auto low = parse_number(word.substr(split), 16);
  return high && low ? std::optional{Value{*high, *low}} : std::nullopt;
}

// "MAJOR:MINOR" in hexadecimal, tc(8)'s handles.
std::optional<Value> parse_handle(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == std::string_view::npos) {
    return parse_integer(word);
  }
  const auto major = colon == 0 ? 0 : parse_number(word.substr(0, colon), 16);
  const auto minor = colon + 1 == word.size() ? 0 : parse_number(word.substr(colon + 1), 16);
  if (!major || !minor || *major > 0xffff || *minor > 0xffff) {
    return std::nullopt;
  }
  return Value{*major << 16U | *minor};
}

std::optional<Value> parse_service(std::string_view word) {
  servent entry{};
  servent* found = nullptr;
  std::array<char, 1024> buffer;
  if (getservbyname_r(std::string{word}.c_str(), nullptr, &entry, buffer.data(), buffer.size(),
                      &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return Value{
      static_cast<std::uint64_t>(__builtin_bswap16(static_cast<std::uint16_t>(found->s_port)))};
}

std::optional<Value> time_value(std::string_view word) {
  const auto time = parse_time(word);
  return time ? std::optional{Value{
                    static_cast<std::uint64_t>(*time / std::chrono::milliseconds{1})}}
              : std::nullopt;
}

}  // namespace

bool is_flags(Type type) {
  return type == Type::kTcpFlags || type == Type::kCtState || type == Type::kCtStatus;
}

Value name_value(std::string_view name) {
  Value value;
  for (std::size_t i = 0; i < name.size() && i < 16; ++i) {
    value = value | Value{static_cast<std::uint8_t>(name[i])}.shifted_left(
                        static_cast<unsigned>(120 - 8 * i));
  }
  return value;
}

std::string name_of(Value value) {
  std::string name;
  for (unsigned shift = 120;; shift -= 8) {
    const auto octet = static_cast<char>(value.shifted_right(shift).low & 0xff);
    if (octet == '\0' || shift == 0) {
      return name;
    }
    name += octet;
  }
}

std::string_view to_string(Type type) {
  constexpr std::array<std::string_view, 28> kNames{
      "integer",    "ipv4_addr",    "ipv6_addr",    "ether_addr", "ether_type",  "nf_proto",
      "inet_proto", "inet_service", "icmp_type",    "icmp_code",  "icmpv6_type", "icmpv6_code",
      "tcp_flag",   "dscp",         "ecn",          "mark",       "classid",     "iface_index",
      "ifname",     "pkt_type",     "fib_addrtype", "boolean",    "mh_type",     "integer",
      "ct_state",   "ct_dir",       "ct_status",    "time"};
  return kNames.at(static_cast<std::size_t>(type));
}

std::vector<std::string_view> names_of(Type type) {
  std::vector<std::string_view> all;
  for (const Name& name : type_names(type)) {
    all.push_back(name.text);
  }
  return all;
}

std::optional<Value> parse_value(Type type, std::string_view word) {
  switch (type) {
    case Type::kIpv4:
      if (const auto address = Ipv4::parse(word)) {
        return Value{address->value()};
      }
      return std::nullopt;
    case Type::kIpv6:
      if (const auto address = Ipv6::parse(word)) {
        return Value{address->high(), address->low()};
      }
      return std::nullopt;
    case Type::kMac:
      if (const auto mac = Mac::parse(word)) {
        Value value;
        for (const std::uint8_t octet : mac->octets) {
          value = value.shifted_left(8) | Value{octet};
        }
        return value;
      }
      return std::nullopt;
    case Type::kInterface:
    case Type::kName:
      return word.empty() || word.size() > kNameMax ? std::nullopt
                                                    : std::optional{name_value(word)};
    case Type::kPriority:
      return parse_handle(word);
    case Type::kRaw:
      return parse_long(word);
    case Type::kTime:
      return time_value(word);
    default:
      break;
  }
  const auto all = type_names(type);
  const auto named = std::ranges::find(all, word, &Name::text);
  if (named != all.end()) {
    return Value{named->value};
  }
  const auto number = parse_integer(word);
  return number || type != Type::kPort ? number : parse_service(word);
}

std::string print_value(Type type, Value value) {
  switch (type) {
    case Type::kIpv4:
      return Ipv4{static_cast<std::uint32_t>(value.low)}.to_string();
    case Type::kIpv6:
      return Ipv6{value.high, value.low}.to_string();
    case Type::kMac: {
      std::string text;
      for (unsigned shift = 48; shift != 0; shift -= 8) {
        text += fmt::format("{}{:02x}", text.empty() ? "" : ":", value.low >> (shift - 8) & 0xff);
      }
      return text;
    }
    case Type::kInterface:
    case Type::kName:
      return type == Type::kInterface && value.is_zero() ? "0"
                                                         : fmt::format("\"{}\"", name_of(value));
    case Type::kRaw:
      return value.high == 0 ? fmt::format("0x{:x}", value.low)
                             : fmt::format("0x{:x}{:016x}", value.high, value.low);
    case Type::kPriority:
      return fmt::format("{:x}:{:x}", value.low >> 16U, value.low & 0xffff);
    case Type::kMark:
      return fmt::format("0x{:08x}", value.low);
    case Type::kPort:
      return fmt::format("{}", value.low);
    case Type::kTime:
      return print_time(std::chrono::milliseconds{value.low});
    default:
      break;
  }
  const auto all = type_names(type);
  if (is_flags(type) && !value.is_zero()) {
    std::string text;
    std::uint64_t nameless = value.low;
    for (const Name& name : all) {
      if ((value.low & name.value) != 0) {
        text += fmt::format("{}{}", text.empty() ? "" : ",", name.text);
        nameless &= ~std::uint64_t{name.value};
      }
    }
    for (; nameless != 0; nameless &= nameless - 1) {
      text += fmt::format("{}0x{:x}", text.empty() ? "" : ",", nameless & -nameless);
    }
    return text;
  }
  const auto named = std::ranges::find(
      all, value.low, [](const Name& name) -> std::uint64_t { return name.value; });
  if (named != all.end()) {
    return std::string{named->text};
  }
  if (type == Type::kEtherType) {
    return fmt::format("0x{:04x}", value.low);
  }
  if (is_flags(type)) {
    return "0x0";
  }
  return type == Type::kDscp || type == Type::kEcn ? fmt::format("0x{:02x}", value.low)
                                                   : fmt::format("{}", value.low);
}

}  // namespace ringroad::nft
