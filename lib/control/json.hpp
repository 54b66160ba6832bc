// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What several verbs need to write their answers.
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/ipv4.hpp"

namespace ringroad::control {

// Keys in the order in which they are added.
using Json = nlohmann::ordered_json;

[[nodiscard]] inline nlohmann::json or_null(std::optional<Ipv4> address) {
  return address ? nlohmann::json(address->to_string()) : nlohmann::json();
}
// A NUMA node; null where the machine does not say.
[[nodiscard]] inline Json node_or_null(int node) { return node < 0 ? Json() : Json(node); }

[[nodiscard]] inline double round_to_tenth(double value) { return std::round(value * 10) / 10; }

// As it goes out by the socket: in one line, bytes that are no UTF-8 replaced.
template <class AnyJson>
[[nodiscard]] std::string text_of(const AnyJson& value) {
  return value.dump(-1, ' ', false, AnyJson::error_handler_t::replace);
}

}  // namespace ringroad::control
