// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Collects the problems that the readers of the sections find. Private to lib/config.
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
  // `text`: the content of the file; it must outlive this object.
  Report(std::string file, std::string_view text);

  void add(Position where, std::string key, std::string what);
  // A problem in another file, which is named at this place.
  void add(Position where, Problem problem);
  [[nodiscard]] bool empty() const { return problems_.empty(); }
  // Returns the problems in the order of the file.
  [[nodiscard]] Problems take();

  // The place of a line and column of the block scalar ('|') that begins at `start`; `start` itself
  // for a scalar of another form.
  [[nodiscard]] Position inside(Position start, int line, int column) const;

  // Finds the last line up to `line` with `character` in `column`.
  [[nodiscard]] std::optional<Position> find_up(int line, int column, char character) const;
  // Finds the first tab in the indentation of a line.
  [[nodiscard]] std::optional<Position> first_tab_indent() const;

 private:
  // A limit, because a hostile file could have a hundred thousand problems.
  static constexpr std::size_t kProblemsMax = 1000;

  std::string file_;
  std::vector<std::string_view> lines_;
  std::multimap<std::pair<int, int>, Problem> problems_;  // by line and column
  bool cut_ = false;
};

// Prepares text of the file for a message: quoted if it contains blanks, shortened if it is long,
// with control characters escaped.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace ringroad::config
