#pragma once
// The fields of an answer, each of which may be missing, as words and table cells.
#include <cstdint>
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

[[nodiscard]] Cell plain(const nlohmann::json& object, const char* key);
// A counter that stays zero while all is well.
[[nodiscard]] Cell trouble(const nlohmann::json& object, const char* key);
// Of a link or a neighbour.
[[nodiscard]] Cell state(const nlohmann::json& object, const char* key);

}  // namespace ringroad::roadctl
