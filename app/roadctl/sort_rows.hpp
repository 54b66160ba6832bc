// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Sorts the rows of an answer, for --sort.
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"

namespace ringroad::roadctl {

// By the value that each row has under `key`: numbers and addresses by their values, other text by
// its letters, rows without a value last. A '-' before the key sorts downwards. Fails if no row has
// such a key, or if the answer has no rows.
[[nodiscard]] Status sort_rows(nlohmann::json& answer, const std::string& key);

}  // namespace ringroad::roadctl
