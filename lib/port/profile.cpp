// SPDX-License-Identifier: BSD-3-Clause
#include "port/profile.hpp"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <cctype>
#include <vector>

namespace ringroad::port {
namespace {

std::vector<const Profile*>& registered() {
  static std::vector<const Profile*> profiles;
  return profiles;
}

// "net_tap0" and "net_tap" match "net_tap"; "net_tapx" does not.
bool is_of(std::string_view name, std::string_view known) {
  return name.starts_with(known) && std::ranges::none_of(name.substr(known.size()), [](char c) {
           return std::isalpha(static_cast<unsigned char>(c)) != 0;
         });
}

constexpr Profile kGeneral{.family = "general", .drivers = {}};

}  // namespace

Registration::Registration(const Profile& profile) { registered().push_back(&profile); }

const Profile& profile_of(std::string_view driver) {
  for (const Profile* profile : registered()) {
    if (std::ranges::any_of(profile->drivers,
                            [&](std::string_view known) { return is_of(driver, known); })) {
      return *profile;
    }
  }
  return kGeneral;
}

std::string_view argument(std::string_view arguments, std::string_view key) {
  while (!arguments.empty()) {
    const auto comma = arguments.find(',');
    const std::string_view one = arguments.substr(0, comma);
    if (one.starts_with(key) && one.size() > key.size() && one[key.size()] == '=') {
      return one.substr(key.size() + 1);
    }
    arguments = comma == std::string_view::npos ? std::string_view{} : arguments.substr(comma + 1);
  }
  return {};
}

std::string with_argument(std::string_view arguments, std::string_view key,
                          std::string_view value) {
  if (!argument(arguments, key).empty()) {
    return std::string{arguments};
  }
  return fmt::format("{}{}{}={}", arguments, arguments.empty() ? "" : ",", key, value);
}

Status check_interface(std::string_view name) {
  if (name.empty()) {
    return fail("its arguments lack iface=NAME");
  }
  if (if_nametoindex(std::string{name}.c_str()) == 0) {
    return fail(fmt::format("there is no network interface '{}'", name));
  }
  return {};
}

}  // namespace ringroad::port
