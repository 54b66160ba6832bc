// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Prints aligned text: a heading and rows of cells, with two spaces between the columns.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringroad::roadctl {

enum class Tint : std::uint8_t { kNone, kGood, kBad };

struct Cell {
  std::string text;
  Tint tint = Tint::kNone;
};

enum class Align : std::uint8_t { kLeft, kRight };

struct Column {
  std::string heading;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}

  // The row must have as many cells as there are columns.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  // Every line begins with `indent` and ends without spaces.
  [[nodiscard]] std::string print(bool color, std::string_view indent = "") const;
  // next_page() prints and removes the rows so far; the first page has the heading. widen() sets
  // the initial widths of the columns, which afterwards only become wider.
  void widen(const std::vector<std::size_t>& widths) { widths_ = widths; }
  [[nodiscard]] std::string next_page(bool color);

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  [[nodiscard]] std::string lines(const std::vector<std::size_t>& widths, bool heading, bool color,
                                  std::string_view indent) const;

  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
  bool heading_printed_ = false;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace ringroad::roadctl
