// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// "did you mean": the known name that an unknown one was most likely meant to be.
#include <span>
#include <string>
#include <string_view>

namespace ringroad::config {

// "; did you mean 'addresses'?"; where none is near, "; known: to, via"; "" where none is known.
[[nodiscard]] std::string hint(std::string_view unknown, std::span<const std::string_view> known);

}  // namespace ringroad::config
