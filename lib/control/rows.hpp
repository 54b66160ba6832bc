// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Answers that are lists and are made in slices, so that they do not hold the control thread. An
// entry that is added or removed meanwhile may or may not be listed. The router must outlive them.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "control/api_protocol.hpp"
#include "control/json.hpp"

namespace ringroad::control {

// Making the JSON takes the control thread 2 to 4 us a row.
inline constexpr std::size_t kRowsASlice = 250;
// The most rows of an answer that is made in one go.
inline constexpr std::uint32_t kRowsAPage = 500;

// Makes {"ok": [row, row, ...]}, some rows in each slice.
template <class AnyJson>
class Rows : public Later {
 public:
  bool advance(std::string& line) final {
    if (!began_) {
      line += R"({"ok":[)";
    }
    bool over = false;
    const AnyJson rows = next(over);
    for (const AnyJson& row : rows) {
      line += std::exchange(has_rows_, true) ? "," : "";
      line += text_of(row);
    }
    began_ = true;
    if (over) {
      line += "]}\n";
    }
    return over;
  }

 private:
  virtual AnyJson next(bool& over) = 0;

  bool began_ = false;
  bool has_rows_ = false;
};

}  // namespace ringroad::control
