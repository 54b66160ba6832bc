// SPDX-License-Identifier: BSD-3-Clause
#include "port/family.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <system_error>

namespace ringroad::port {
namespace {

std::vector<const Family*>& registered() {
  static std::vector<const Family*> families;
  return families;
}

}  // namespace

std::string_view Arguments::get(std::string_view key) const {
  const auto found = std::ranges::find(all_, key, &std::pair<std::string, std::string>::first);
  return found == all_.end() ? std::string_view{} : std::string_view{found->second};
}

std::uint64_t Arguments::number(std::string_view key, std::uint64_t otherwise) const {
  const std::string_view text = get(key);
  std::uint64_t value = 0;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{}
             ? value
             : otherwise;
}

FamilyRegistration::FamilyRegistration(const Family& family) { registered().push_back(&family); }

const Family* family_of(std::string_view vdev) {
  const auto is_of = [&](const Family* family) {
    const std::string_view driver = family->driver.substr(std::string_view{"net"}.size());
    std::string_view name = vdev;
    name.remove_prefix(std::min<std::size_t>(name.size(), 3));
    if (!(vdev.starts_with("net_") || vdev.starts_with("eth_")) || !name.starts_with(driver)) {
      return false;
    }
    // The bus compares only the driver's name: "net_tap_wan" would also match net_tap.
    const std::string_view rest = name.substr(driver.size());
    constexpr std::string_view kDigits = "0123456789_";
    return rest.empty() || (kDigits.find(rest.front()) != std::string_view::npos &&
                            std::ranges::all_of(rest, [](unsigned char c) {
                              return std::isalnum(c) != 0 || c == '_' || c == '-';
                            }));
  };
  const auto found = std::ranges::find_if(registered(), is_of);
  return found == registered().end() ? nullptr : *found;
}

std::vector<std::string_view> family_drivers() {
  std::vector<std::string_view> drivers;
  std::ranges::transform(registered(), std::back_inserter(drivers), &Family::driver);
  std::ranges::sort(drivers);
  return drivers;
}

std::uint32_t frame_room(std::uint16_t mtu) {
  // The same as buffer_room() without DPDK's headroom: whole KiB that hold a frame with tags and
  // FCS.
  constexpr std::uint32_t kUnit = 1024;
  constexpr std::uint32_t kOverhead = 14 + 3 * 4 + 4;
  return std::max<std::uint32_t>(2048, (mtu + kOverhead + kUnit - 1) / kUnit * kUnit);
}

std::string interface_claim(std::string_view name) { return fmt::format("interface {}", name); }

std::string path_claim(std::string_view path) { return std::string{path}; }

}  // namespace ringroad::port
