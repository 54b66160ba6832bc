// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a file of prefixes holds for the RIB, and why it is refused: as the router reads it, and as
// a check of the configuration does.
#include <cstddef>
#include <string>
#include <vector>

#include "base/ipv4.hpp"
#include "config/model.hpp"
#include "fib/prefix_file.hpp"

namespace ringroad::routing {

struct RouteFileContents {
  std::vector<Prefix4> prefixes;  // sorted, each once, all of them unicast
  std::size_t skipped_ipv6 = 0;
  std::size_t bad_lines = 0;
  std::vector<std::string> complaints;  // about the first of them
  std::string error;                    // where the file is refused
};

// Any thread; TBB's tasks of the arena that the caller is in help.
[[nodiscard]] RouteFileContents read_route_file(const config::RouteFile& file,
                                                fib::Reading* reading = nullptr);

}  // namespace ringroad::routing
