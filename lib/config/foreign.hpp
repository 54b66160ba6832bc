// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Keys of netplan, systemd-networkd and other routers that users may write here, with advice about
// what to write instead. Private to lib/config.
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringroad::config {

// The position of an unknown key.
enum class Place : std::uint8_t { kTop, kInterface, kElsewhere };

// Advice such as "goes to ..."; nullopt if the key is simply unknown.
[[nodiscard]] std::optional<std::string_view> advice(Place place, std::string_view key);

}  // namespace ringroad::config
