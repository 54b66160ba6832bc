// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The destination of a route. Private to lib/config.
#include <optional>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "config/value.hpp"

namespace ringroad::config {

// Reports text that is not a prefix, and prefixes that are not routed; returns nothing for a null
// pointer.
template <class Address>
[[nodiscard]] std::optional<Prefix<Address>> read_destination(const Value* value);

}  // namespace ringroad::config
