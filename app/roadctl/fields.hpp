// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The fields of an answer as text and as table cells. Each of them may be missing.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "roadctl/display.hpp"
#include "roadctl/table.hpp"

namespace ringroad::roadctl {

// Returns null if `object` has no such key or is not an object.
[[nodiscard]] const nlohmann::json& field(const nlohmann::json& object, const char* key);
// Returns an empty array if the field is missing or is not an array.
[[nodiscard]] const nlohmann::json& array(const nlohmann::json& object, const char* key);

// Returns 0 for what is not a number.
[[nodiscard]] std::uint64_t number(const nlohmann::json& value);
[[nodiscard]] std::uint64_t number(const nlohmann::json& object, const char* key);

// Returns "-" for null, "a, b" for an array, and one decimal for a fraction.
[[nodiscard]] std::string words(const nlohmann::json& value);
[[nodiscard]] std::string words(const nlohmann::json& object, const char* key);
// Returns 1000000000 as tc and the configuration write it: "1Gbit".
[[nodiscard]] std::string rate(const nlohmann::json& bits_per_second);
// Returns 65536 as the configuration writes it: "64KiB".
[[nodiscard]] std::string size(const nlohmann::json& bytes);
// Rounds numbers of six digits and more to three: "12.3M".
[[nodiscard]] std::string short_count(const nlohmann::json& count);
// Rounds to three digits, in the largest unit in which the value is at least 1: "12.3us".
[[nodiscard]] std::string duration(const nlohmann::json& nanoseconds);

// Rounds a number to three digits with the SI prefix for it: "14.9M".
[[nodiscard]] std::string amount(const nlohmann::json& number);
[[nodiscard]] std::string percent(const nlohmann::json& value);
// Returns what of a time is less than a day: "04:12:07".
[[nodiscard]] std::string time_of_day(std::uint64_t seconds);

[[nodiscard]] Cell plain(const nlohmann::json& object, const char* key);
// Returns a counter, with what it grows by a second if that is known.
[[nodiscard]] Cell count(const nlohmann::json& object, const char* key, const Display& display);
// The same for a counter that is an error if it is not zero.
[[nodiscard]] Cell trouble(const nlohmann::json& object, const char* key, const Display& display);
[[nodiscard]] Cell amount(const nlohmann::json& object, const char* key);
// Adds what the port receives, then what it sends: packets and bits a second, and the part of the
// link's speed.
[[nodiscard]] std::vector<Cell> with_rates(std::vector<Cell> row, const nlohmann::json& port);
// Returns the worker's core, the parts of its time, and its packets a second and cycles for each.
[[nodiscard]] std::vector<Cell> load_cells(const nlohmann::json& worker);
// Returns the state of a link or a neighbor.
[[nodiscard]] Cell state(const nlohmann::json& object, const char* key);

}  // namespace ringroad::roadctl
