// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The fields of an answer, each of which may be missing, as words and table cells.
#include <nlohmann/json.hpp>
#include <string>

#include "roadctl/table.hpp"

namespace ringroad::roadctl {

// Null where `object` has no such key, or is no object at all.
[[nodiscard]] const nlohmann::json& field(const nlohmann::json& object, const char* key);
// Empty where it is missing or not an array.
[[nodiscard]] const nlohmann::json& array(const nlohmann::json& object, const char* key);

// "-" for what is missing, "a, b" for arrays, one decimal for fractions.
[[nodiscard]] std::string words(const nlohmann::json& value);
[[nodiscard]] std::string words(const nlohmann::json& object, const char* key);
// 1000000000 as tc and the configuration write it: "1Gbit".
[[nodiscard]] std::string rate(const nlohmann::json& bits_per_second);
// 65536 as the configuration writes it: "64KiB".
[[nodiscard]] std::string size(const nlohmann::json& bytes);
// To three digits, in the largest unit that leaves a whole part: "12.3us".
[[nodiscard]] std::string duration(const nlohmann::json& nanoseconds);

[[nodiscard]] Cell plain(const nlohmann::json& object, const char* key);
// A counter that stays zero while all is well.
[[nodiscard]] Cell trouble(const nlohmann::json& object, const char* key);
// Of a link or a neighbor.
[[nodiscard]] Cell state(const nlohmann::json& object, const char* key);

}  // namespace ringroad::roadctl
