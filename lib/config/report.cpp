// SPDX-License-Identifier: BSD-3-Clause
#include "config/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ringroad::config {

std::string Problem::to_string() const {
  std::string text = file;
  if (line > 0) {
    text += fmt::format(":{}:{}", line, column);
  }
  if (!key.empty()) {
    text += ": " + key;
  }
  return text + ": " + what;
}

Report::Report(std::string file, std::string_view text) : file_{std::move(file)} {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines_.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<Position> Report::find_up(int line, int column, char character) const {
  const auto index = static_cast<std::size_t>(column - 1);
  for (auto i = std::min(static_cast<std::size_t>(line), lines_.size()); i > 0; --i) {
    const std::string_view candidate = lines_[i - 1];
    if (index < candidate.size() && candidate[index] == character) {
      return Position{static_cast<int>(i), column};
    }
  }
  return std::nullopt;
}

std::optional<Position> Report::first_tab_indent() const {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const std::size_t tab = lines_[i].find('\t');
    if (tab != std::string_view::npos && lines_[i].find_first_not_of(" \t") > tab) {
      return Position{static_cast<int>(i + 1), static_cast<int>(tab + 1)};
    }
  }
  return std::nullopt;
}

Position Report::inside(Position start, int line, int column) const {
  const auto first = static_cast<std::size_t>(start.line);  // the line behind, from 0
  if (start.line < 1 || first > lines_.size() ||
      static_cast<std::size_t>(start.column) > lines_[first - 1].size() ||
      lines_[first - 1][static_cast<std::size_t>(start.column) - 1] != '|') {
    return start;
  }
  for (std::size_t i = first; i < lines_.size(); ++i) {
    const std::size_t indent = lines_[i].find_first_not_of(' ');
    if (indent != std::string_view::npos) {
      return {start.line + line, static_cast<int>(indent) + column};
    }
  }
  return start;
}

void Report::add(Position where, std::string key, std::string what) {
  add(where, {file_, where.line, where.column, std::move(key), std::move(what)});
}

void Report::add(Position where, Problem problem) {
  if (problems_.size() == kProblemsMax) {
    cut_ = true;
    return;
  }
  problems_.emplace(std::pair{where.line, where.column}, std::move(problem));
}

Problems Report::take() {
  Problems problems;
  for (auto& [place, problem] : problems_) {
    problems.push_back(std::move(problem));
  }
  problems_.clear();
  if (cut_) {
    problems.push_back({file_, 0, 0, "", "has more problems than are listed"});
  }
  return problems;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  const bool cut = text.size() > kLongest;
  if (cut) {
    text = text.substr(0, kLongest);
    // The text must not be cut inside a UTF-8 sequence.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U) {
      text.remove_suffix(1);
    }
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0U) {
      text.remove_suffix(1);
    }
  }
  std::string result;
  bool quoted = text.empty();
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    quoted = quoted || byte <= ' ' || c == '\'';
    if (byte < ' ' || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  result += cut ? "..." : "";
  return quoted ? fmt::format("'{}'", result) : result;
}

}  // namespace ringroad::config
