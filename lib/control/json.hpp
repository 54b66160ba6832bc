// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Functions with which several verbs write their answers.
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace ringroad::control {

// An object that keeps its keys in the order in which they are added.
using Json = nlohmann::ordered_json;

template <class Address>
[[nodiscard]] nlohmann::json or_null(const std::optional<Address>& address) {
  return address ? nlohmann::json(address->to_string()) : nlohmann::json();
}
// Returns a NUMA node, or null if the machine does not report one.
[[nodiscard]] inline Json node_or_null(int node) { return node < 0 ? Json() : Json(node); }

[[nodiscard]] inline double round_to_tenth(double value) { return std::round(value * 10) / 10; }

// Returns the text as the socket sends it: one line, in which bytes that are not UTF-8 are
// replaced.
template <class AnyJson>
[[nodiscard]] std::string text_of(const AnyJson& value) {
  return value.dump(-1, ' ', false, AnyJson::error_handler_t::replace);
}

}  // namespace ringroad::control
