// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What tests of both families' routes name.
#include <cstdint>

#include "routing/routing.hpp"

namespace ringroad::test {

inline constexpr InterfaceId kA{0};
inline constexpr InterfaceId kB{1};

inline Ipv6 address(const char* text) { return Ipv6::parse(text).value(); }
inline Mac mac(std::uint8_t number) { return Mac{{2, 0, 0, 0, 0, number}}; }

}  // namespace ringroad::test
