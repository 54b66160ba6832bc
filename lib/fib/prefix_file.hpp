#pragma once
// A file of prefixes, one a line, plain or gzip (told by its content). '#' begins a comment; blank
// lines are passed over.
#include <cstddef>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ipv4.hpp"

namespace ringroad::fib {

struct PrefixFile {
  std::vector<Prefix4> prefixes;  // in the order of the file
  std::size_t ipv6_skipped = 0;   // well-formed IPv6 prefixes, for which there is no table yet
};

// A line that is neither fails the whole file: "FILE:LINE: what".
[[nodiscard]] Result<PrefixFile> read_prefix_file(const std::string& path);

}  // namespace ringroad::fib
