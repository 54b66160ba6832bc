// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How answers are printed for people. The default is what programs that read the text expect:
// exact numbers, one line for each row of a table, no color.
#include <cstddef>

namespace ringroad::roadctl {

struct Display {
  bool color = false;
  bool short_counts = false;  // 123456789 as 123M
  std::size_t width = 0;      // columns of the terminal, into which tables fold; 0: unlimited
};

}  // namespace ringroad::roadctl
