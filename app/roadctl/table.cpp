// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace ringroad::roadctl {
namespace {

constexpr std::size_t kGap = 2;
// Text is not wrapped into less than this.
constexpr std::size_t kNarrowestText = 24;

std::size_t total(const std::vector<std::size_t>& columns, const std::vector<std::size_t>& widths) {
  std::size_t sum = 0;
  for (const std::size_t column : columns) {
    sum += widths[column] + (sum == 0 ? 0 : kGap);
  }
  return sum;
}

// Removes from `text` and returns the words that fit into `room`, at least one.
std::string_view take_words(std::string_view& text, std::size_t room) {
  std::size_t end = text.size();
  if (end > room) {
    end = text.rfind(' ', room);
    end = end == std::string_view::npos ? std::min(text.find(' '), text.size()) : end;
  }
  const std::string_view words = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return words;
}

}  // namespace

std::string tinted(std::string_view text, Tint tint) {
  switch (tint) {
    case Tint::kNone:
      break;
    case Tint::kGood:
      return fmt::format("\033[32m{}\033[0m", text);
    case Tint::kBad:
      return fmt::format("\033[31m{}\033[0m", text);
  }
  return std::string{text};
}

std::string Table::print(const Display& display, std::string_view indent) const {
  const std::vector<std::size_t> widths = this->widths();
  std::string text;
  const std::size_t room = display.width == 0 ? 0 : display.width - indent.size();
  for (const Block& block : blocks(widths, room, true)) {
    text += text.empty() ? "" : "\n";
    text += line(headings(), block, widths, false, indent);
    for (const auto& row : rows_) {
      text += wrapped(row, block, widths, display, indent);
    }
  }
  return text;
}

std::string Table::next_page(const Display& display) {
  widths_ = widths();
  std::vector<Block> now = blocks(widths_, display.width, false);
  std::string text;
  const auto add = [&](const std::vector<Cell>& row, bool color) {
    for (const Block& block : now) {
      text += line(row, block, widths_, color, &block == &now.front() ? "" : "    ");
    }
  };
  if (now != printed_) {
    add(headings(), false);
  }
  for (const auto& row : rows_) {
    add(row, display.color);
  }
  printed_ = std::move(now);
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

bool Table::says_nothing(std::size_t column) const {
  const std::string& usual = columns_[column].usual;
  return !usual.empty() && std::ranges::all_of(rows_, [&](const auto& row) {
    const std::string& text = row[column].text;
    return text == usual || text == "-" || text.empty();
  });
}

std::vector<Table::Block> Table::blocks(const std::vector<std::size_t>& widths, std::size_t room,
                                        bool repeat_first) const {
  Block all(columns_.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = i;
  }
  if (room == 0 || total(all, widths) <= room) {
    return {all};
  }
  std::erase_if(all, [&](std::size_t column) { return says_nothing(column); });
  std::vector<Block> blocks{{}};
  for (const std::size_t column : all) {
    Block wider = blocks.back();
    wider.push_back(column);
    const std::size_t width = total(wider, widths);
    const bool wraps = columns_[column].wraps && room >= kNarrowestText &&
                       width - widths[column] <= room - kNarrowestText;
    if (width <= room || wraps || blocks.back().empty()) {
      blocks.back() = std::move(wider);
    } else {
      blocks.push_back(repeat_first && column != all.front() ? Block{all.front(), column}
                                                             : Block{column});
    }
  }
  return blocks;
}

std::vector<Cell> Table::headings() const {
  std::vector<Cell> row;
  row.reserve(columns_.size());
  for (const Column& column : columns_) {
    row.push_back({column.heading});
  }
  return row;
}

std::string Table::line(const std::vector<Cell>& row, const Block& block,
                        const std::vector<std::size_t>& widths, bool color,
                        std::string_view indent) const {
  std::string text{indent};
  // Spaces are added only when text follows them, so that no line ends with spaces.
  std::size_t owed = 0;
  for (const std::size_t i : block) {
    const Cell& cell = row[i];
    const std::size_t padding = widths[i] - std::min(widths[i], cell.text.size());
    const bool right = columns_[i].align == Align::kRight;
    owed += right ? padding : 0;
    if (!cell.text.empty()) {
      text.append(owed, ' ');
      owed = 0;
      text += tinted(cell.text, color ? cell.tint : Tint::kNone);
    }
    owed += (right ? 0 : padding) + kGap;
  }
  return text += '\n';
}

std::string Table::wrapped(const std::vector<Cell>& row, const Block& block,
                           const std::vector<std::size_t>& widths, const Display& display,
                           std::string_view indent) const {
  const std::size_t last = block.back();
  const std::size_t before = indent.size() + total(block, widths) - widths[last];
  if (display.width == 0 || !columns_[last].wraps ||
      before + row[last].text.size() <= display.width) {
    return line(row, block, widths, display.color, indent);
  }
  std::vector<Cell> now = row;
  std::string_view rest = row[last].text;
  std::string text;
  while (!rest.empty()) {
    now[last].text = take_words(rest, display.width - before);
    text += line(now, block, widths, display.color, indent);
    now.assign(now.size(), {});
    now[last].tint = row[last].tint;
  }
  return text;
}

}  // namespace ringroad::roadctl
