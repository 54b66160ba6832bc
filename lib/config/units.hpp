// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Sizes, rates and times in the form of the configuration: 64KiB, 2.5Gbit, 500ms.
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/units.hpp"

namespace ringroad::config {

// Accepts B KB MB GB TB (decimal), KiB MiB GiB TiB (binary), or a plain number of bytes.
[[nodiscard]] Result<Bytes> parse_size(std::string_view text);
// Accepts bit kbit Mbit Gbit Tbit; the unit is mandatory.
[[nodiscard]] Result<BitsPerSecond> parse_rate(std::string_view text);
// Accepts ns us ms s m h d; the unit is mandatory except for 0.
[[nodiscard]] Result<Nanoseconds> parse_time(std::string_view text);

// Prints the largest unit that leaves a whole number; parsing the result returns the same value.
[[nodiscard]] std::string to_string(Bytes size);
[[nodiscard]] std::string to_string(BitsPerSecond rate);
[[nodiscard]] std::string to_string(Nanoseconds time);

}  // namespace ringroad::config
