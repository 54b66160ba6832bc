// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The options of a request to the control socket, and functions with which verbs read them. Only
// verbs use this header.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.hpp"
#include "control/router.hpp"

namespace ringroad::control {

// The options of a request. Each is checked when a verb reads it; the first error is kept.
class Options {
 public:
  explicit Options(const nlohmann::json& options) : options_{options} {}

  [[nodiscard]] bool has(const char* key) const {
    return options_.contains(key) && !options_[key].is_null();
  }
  [[nodiscard]] std::string text(const char* key) {
    if (!has(key) || !options_[key].is_string()) {
      complain(fmt::format("'{}' is missing", key));
      return {};
    }
    return options_[key].get<std::string>();
  }
  template <class T>
  [[nodiscard]] T parsed(const char* key, std::optional<T> (*parse)(std::string_view),
                         std::string_view what) {
    return parsed_text(text(key), parse, what);
  }
  template <class T>
  [[nodiscard]] T parsed_text(const std::string& value, std::optional<T> (*parse)(std::string_view),
                              std::string_view what) {
    const auto result = parse(value);
    if (!result) {
      complain(fmt::format("'{}' is not {}", value, what));
    }
    return result.value_or(T{});
  }
  [[nodiscard]] std::uint32_t number(const char* key, std::uint32_t most) {
    if (!has(key)) {
      complain(fmt::format("'{}' is missing", key));
      return 0;
    }
    const nlohmann::json& value = options_[key];
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) {
      complain(fmt::format("'{}' is not a number of 0 to {}", key, most));
      return 0;
    }
    return value.get<std::uint32_t>();
  }
  [[nodiscard]] bool flag(const char* key) {
    if (has(key) && !options_[key].is_boolean()) {
      complain(fmt::format("'{}' is true or false", key));
      return false;
    }
    return has(key) && options_[key].get<bool>();
  }
  // Returns 4 or 6, or 0 for both families.
  [[nodiscard]] std::uint32_t family() {
    if (!has("family")) {
      return 0;
    }
    const nlohmann::json& value = options_["family"];
    if (value != 4 && value != 6) {
      complain("'family' is 4 or 6");
      return 0;
    }
    return value.get<std::uint32_t>();
  }
  // Whether the request speaks of IPv6, by its family or else by the address or prefix in `key`:
  // only IPv6's have colons.
  [[nodiscard]] bool is_ipv6(const char* key) {
    const std::uint32_t wanted = family();
    return wanted != 0 ? wanted == 6 : has_ipv6(key);
  }
  [[nodiscard]] bool has_ipv6(const char* key) const {
    return has(key) && options_[key].is_string() &&
           options_[key].get_ref<const std::string&>().contains(':');
  }
  [[nodiscard]] const nlohmann::json& at(const char* key) const { return options_[key]; }
  // Refuses unknown options, because they would be ignored silently.
  void only(std::initializer_list<std::string_view> keys) {
    for (const auto& [key, value] : options_.items()) {
      if (std::ranges::find(keys, key) == keys.end()) {
        complain(fmt::format("there is no option '{}' here", key));
      }
    }
  }

  void complain(std::string what) {
    if (!error_) {
      error_ = Error{std::move(what)};
    }
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const nlohmann::json& options_;
  std::optional<Error> error_;
};

// What a text should have been, for Options::parsed().
template <class Address>
inline constexpr std::string_view kAddress =
    std::is_same_v<Address, Ipv4> ? "an IPv4 address" : "an IPv6 address";
template <class Address>
inline constexpr std::string_view kPrefix =
    std::is_same_v<Address, Ipv4> ? "an IPv4 prefix (a.b.c.d/length, its host bits zero)"
                                  : "an IPv6 prefix (2001:db8::/length, its host bits zero)";

template <class Address>
[[nodiscard]] Address read_address(Options& options, const char* key) {
  return options.parsed<Address>(key, Address::parse, kAddress<Address>);
}
template <class Address>
[[nodiscard]] Prefix<Address> read_prefix(Options& options, const char* key) {
  return options.parsed<Prefix<Address>>(key, Prefix<Address>::parse, kPrefix<Address>);
}

// The gateway `via` of a route: that of an IPv4 route may be of either family (RFC 8950).
template <class Address>
[[nodiscard]] GatewayOf<Address> read_gateway(Options& options) {
  if constexpr (std::is_same_v<Address, Ipv4>) {
    if (options.has_ipv6("via")) {
      return read_address<Ipv6>(options, "via");
    }
  }
  return read_address<Address>(options, "via");
}

// The number of "icmp", "tcp" or "udp".
[[nodiscard]] std::optional<std::uint8_t> parse_protocol(std::string_view text);

// Returns no table if the request names none.
[[nodiscard]] std::optional<fib::Table> read_table(const Router& router, Options& options);
// Returns the port that the option "port" names; null, after a complaint, if there is none.
[[nodiscard]] const interface::InterfaceView* port_of(Router& router, Options& options,
                                                      const char* key = "port");

// The same where the option may be absent: empty then, and after a complaint.
[[nodiscard]] std::optional<InterfaceId> optional_port(Router& router, Options& options);
// The device through which that port or sub-interface sends.
[[nodiscard]] std::optional<PortId> optional_device(Router& router, Options& options);

}  // namespace ringroad::control
