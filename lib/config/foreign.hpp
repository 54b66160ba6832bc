// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Keys of netplan, systemd-networkd and other routers that people write here, and what to write
// instead. Private to lib/config.
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringroad::config {

// Where an unknown key stands.
enum class Place : std::uint8_t { kTop, kInterface, kElsewhere };

// "goes to ..."; nullopt: nothing is known of that key but that it is unknown.
[[nodiscard]] std::optional<std::string_view> advice(Place place, std::string_view key);

}  // namespace ringroad::config
