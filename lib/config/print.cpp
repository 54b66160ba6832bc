// SPDX-License-Identifier: BSD-3-Clause
#include "config/print.hpp"

#include <cctype>

#include "config/units.hpp"

namespace ringroad::config {
namespace {

// A colon at an end, or before a blank, needs quotes. Without "::", readers of YAML 1.1 may read a
// number in base 60.
std::string ipv6_scalar(const std::string& text) {
  const bool plain =
      text.contains("::") && !text.starts_with(':') && !text.ends_with(':') && !text.contains(": ");
  return plain ? text : fmt::format("\"{}\"", text);
}

std::string print(const RouterAdvertisements::AdvertisedPrefix& prefix) {
  const RouterAdvertisements::AdvertisedPrefix defaults;
  std::string text = "prefix: " + scalar_of(prefix.prefix);
  text += prefix.valid == defaults.valid ? "" : ", valid: " + to_string(prefix.valid);
  text += prefix.preferred == std::min(prefix.valid, defaults.preferred)
              ? ""
              : ", preferred: " + to_string(prefix.preferred);
  text += prefix.on_link ? "" : ", on_link: false";
  text += prefix.autonomous ? "" : ", autonomous: false";
  return fmt::format("{{{}}}", text);
}

std::string print(const RouterAdvertisements::AdvertisedRoute& route) {
  const RouterAdvertisements::AdvertisedRoute defaults;
  std::string text = "prefix: " + scalar_of(route.prefix);
  text += route.lifetime == defaults.lifetime ? "" : ", lifetime: " + to_string(route.lifetime);
  text += route.preference == defaults.preference
              ? ""
              : fmt::format(", preference: {}", word(kRouterPreferenceWords, route.preference));
  return fmt::format("{{{}}}", text);
}

// The keys with a single value; all but the first only if they differ from the defaults.
Printed settings_of(const RouterAdvertisements& ra) {
  const RouterAdvertisements defaults;
  Printed settings{{"interval", to_string(ra.interval)}};
  const auto add = [&](bool is_set, std::string_view key, const auto& value) {
    if (is_set) {
      settings.emplace_back(key, fmt::format("{}", value));
    }
  };
  add(ra.lifetime.has_value(), "lifetime", to_string(ra.lifetime.value_or(Nanoseconds{})));
  add(ra.preference != defaults.preference, "preference",
      word(kRouterPreferenceWords, ra.preference));
  add(ra.managed, "managed", true);
  add(ra.other, "other", true);
  add(ra.hop_limit != defaults.hop_limit, "hop_limit", ra.hop_limit);
  add(ra.reachable_time != defaults.reachable_time, "reachable", to_string(ra.reachable_time));
  add(ra.retransmit != defaults.retransmit, "retransmit", to_string(ra.retransmit));
  add(!ra.mtu, "mtu", false);
  add(ra.dns_lifetime.has_value(), "dns_lifetime",
      to_string(ra.dns_lifetime.value_or(Nanoseconds{})));
  add(ra.pref64.has_value(), "pref64", scalar_of(ra.pref64.value_or(Prefix6{})));
  return settings;
}

}  // namespace

std::string scalar(const std::string& text) {
  constexpr std::array kWords{"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  const auto same_letter = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  };
  const auto is_word = [&](std::string_view word) {
    return std::ranges::equal(text, word, same_letter);
  };
  const bool plain =
      !text.empty() && !text.ends_with(':') &&
      (std::isalnum(static_cast<unsigned char>(text.front())) != 0 || text.front() == '/') &&
      std::ranges::all_of(text, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view{"/._-:="}.find(c) != std::string_view::npos;
      });
  if (plain && std::ranges::none_of(kWords, is_word)) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' || c == '\\' ? "\\" : "";
    quoted += c;
  }
  return quoted + "\"";
}

std::string scalar_of(Ipv4 address) { return address.to_string(); }
std::string scalar_of(Ipv6 address) { return ipv6_scalar(address.to_string()); }
std::string scalar_of(const InterfaceAddress6& address) { return ipv6_scalar(address.to_string()); }
std::string scalar_of(Prefix4 prefix) { return prefix.to_string(); }

std::string scalar_of(Prefix6 prefix) {
  return ipv6_scalar(prefix.length() == 0 ? "::/0" : prefix.to_string());
}

Printed printed(const RouterAdvertisements& advertisements) {
  Printed all = settings_of(advertisements);
  const auto add = [&](std::string_view key, const auto& list, auto print_item) {
    if (!list.empty()) {
      all.emplace_back(key, flow_list(list, print_item));
    }
  };
  const auto print_item = [](const auto& item) { return print(item); };
  add("prefixes", advertisements.prefixes, print_item);
  add("routes", advertisements.routes, print_item);
  add("dns", advertisements.dns, [](Ipv6 address) { return scalar_of(address); });
  add("search", advertisements.search, [](const std::string& domain) { return scalar(domain); });
  return all;
}

}  // namespace ringroad::config
