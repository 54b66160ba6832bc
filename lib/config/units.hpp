// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Sizes, rates and times as people write them: 64KiB, 2.5Gbit, 500ms.
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/units.hpp"

namespace ringroad::config {

// B KB MB GB TB (decimal), KiB MiB GiB TiB (binary), or a plain number of bytes.
[[nodiscard]] Result<Bytes> parse_size(std::string_view text);
// bit kbit Mbit Gbit Tbit, always with the unit.
[[nodiscard]] Result<BitsPerSecond> parse_rate(std::string_view text);
// ns us ms s m h, always with the unit but for 0.
[[nodiscard]] Result<Nanoseconds> parse_time(std::string_view text);

// In the largest unit that leaves a whole number; parses back to the same.
[[nodiscard]] std::string to_string(Bytes size);
[[nodiscard]] std::string to_string(BitsPerSecond rate);
[[nodiscard]] std::string to_string(Nanoseconds time);

}  // namespace ringroad::config
