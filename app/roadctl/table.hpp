// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Prints aligned text: a heading and rows of cells, with two spaces between the columns. A table
// that is wider than the terminal is made narrower, in this order: columns that say nothing are
// left out, the text of the last column is wrapped, and the columns are printed in several blocks.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roadctl/display.hpp"

namespace ringroad::roadctl {

enum class Tint : std::uint8_t { kNone, kGood, kBad };

// Returns the text with the terminal's escape sequences for its color.
[[nodiscard]] std::string tinted(std::string_view text, Tint tint);

struct Cell {
  std::string text;
  Tint tint = Tint::kNone;
};

enum class Align : std::uint8_t { kLeft, kRight };

struct Column {
  std::string heading;
  Align align = Align::kLeft;
  // If all cells are this, "-" or empty, the column says nothing.
  std::string usual{};
  bool wraps = false;  // the last column's text, if it has several words
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}

  // The row must have as many cells as there are columns.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  // Every line begins with `indent` and ends without spaces. Of several blocks, each begins with
  // the first column.
  [[nodiscard]] std::string print(const Display& display, std::string_view indent = "") const;
  // next_page() prints and removes the rows so far; a page has a heading if its columns are not
  // those of the page before. widen() sets the initial widths of the columns, which afterwards only
  // become wider. Blocks are printed row by row, so that pages can follow each other.
  void widen(const std::vector<std::size_t>& widths) { widths_ = widths; }
  [[nodiscard]] std::string next_page(const Display& display);

 private:
  using Block = std::vector<std::size_t>;  // columns

  [[nodiscard]] std::vector<std::size_t> widths() const;
  [[nodiscard]] bool says_nothing(std::size_t column) const;
  [[nodiscard]] std::vector<Block> blocks(const std::vector<std::size_t>& widths, std::size_t room,
                                          bool repeat_first) const;
  [[nodiscard]] std::string line(const std::vector<Cell>& row, const Block& block,
                                 const std::vector<std::size_t>& widths, bool color,
                                 std::string_view indent) const;
  // The same, in several lines if the last column must be wrapped.
  [[nodiscard]] std::string wrapped(const std::vector<Cell>& row, const Block& block,
                                    const std::vector<std::size_t>& widths, const Display& display,
                                    std::string_view indent) const;
  [[nodiscard]] std::vector<Cell> headings() const;

  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
  std::vector<Block> printed_;  // the blocks of the last page
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace ringroad::roadctl
