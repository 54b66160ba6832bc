// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Where the readers of the sections put what they find wrong. Private to lib/config.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.hpp"

namespace ringroad::config {

struct Position {
  int line = 0;  // from 1; 0: the file as a whole
  int column = 0;
};

class Report {
 public:
  // `text`: of the file; outlives this.
  Report(std::string file, std::string_view text);

  void add(Position where, std::string key, std::string what);
  [[nodiscard]] bool empty() const { return problems_.empty(); }
  // In the order of the file.
  [[nodiscard]] Problems take();

  // Where a `character` stands in `column`, in the last such line up to `line`.
  [[nodiscard]] std::optional<Position> find_up(int line, int column, char character) const;
  // The first tab before the first word of a line.
  [[nodiscard]] std::optional<Position> first_tab_indent() const;

 private:
  // Nobody reads more; a hostile file could otherwise have a hundred thousand.
  static constexpr std::size_t kProblemsMax = 1000;

  std::string file_;
  std::vector<std::string_view> lines_;
  std::multimap<std::pair<int, int>, Problem> problems_;  // by line and column
  bool cut_ = false;
};

// What a file says, made fit for a message: in quotes where it has blanks, cut where it is long,
// control characters escaped.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace ringroad::config
