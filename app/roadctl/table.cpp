// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/table.hpp"

#include <algorithm>
#include <string_view>

namespace ringroad::roadctl {
namespace {

// The terminal's escape sequences for green and for red text.
std::string_view begin_tint(Tint tint) { return tint == Tint::kGood ? "\033[32m" : "\033[31m"; }
constexpr std::string_view kEndTint = "\033[0m";

}  // namespace

std::string Table::print(bool color, std::string_view indent) const {
  return lines(widths(), true, color, indent);
}

std::string Table::next_page(bool color) {
  widths_ = widths();
  std::string text = lines(widths_, !heading_printed_, color, "");
  heading_printed_ = true;
  rows_.clear();
  return text;
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths = widths_;
  widths.resize(columns_.size());
  for (std::size_t i = 0; i < widths.size(); ++i) {
    widths[i] = std::max(widths[i], columns_[i].heading.size());
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].text.size());
    }
  }
  return widths;
}

std::string Table::lines(const std::vector<std::size_t>& widths, bool heading, bool color,
                         std::string_view indent) const {
  std::string text;
  // Spaces are added only when text follows them, so that no line ends with spaces.
  std::size_t owed = 0;
  const auto put = [&](std::size_t column, std::string_view cell, Tint tint) {
    const std::size_t padding = widths[column] - cell.size();
    const bool right = columns_[column].align == Align::kRight;
    owed += right ? padding : 0;
    if (!cell.empty()) {
      text.append(owed, ' ');
      owed = 0;
      const bool tinted = color && tint != Tint::kNone;
      text.append(tinted ? begin_tint(tint) : "").append(cell).append(tinted ? kEndTint : "");
    }
    owed += (right ? 0 : padding) + 2;
  };
  const auto end_line = [&] {
    text += '\n';
    owed = 0;
  };
  if (heading) {
    text += indent;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      put(i, columns_[i].heading, Tint::kNone);
    }
    end_line();
  }
  for (const auto& row : rows_) {
    text += indent;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      put(i, row[i].text, row[i].tint);
    }
    end_line();
  }
  return text;
}

}  // namespace ringroad::roadctl
