// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A file with one prefix on each line, plain or gzip (its content tells which). '#' begins a
// comment; blank lines are skipped.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/units.hpp"

namespace ringroad::fib {

// Limits of a file, so that a hostile one cannot exhaust memory: bytes of unpacked text, characters
// of one line, and number of prefixes.
inline constexpr Bytes kPrefixTextMax{512ULL << 20U};
inline constexpr std::size_t kPrefixLineMax = 1024;
inline constexpr std::size_t kPrefixesMax = 10'000'000;

struct PrefixFile {
  std::vector<Prefix4> prefixes;        // in the order of the file
  std::vector<Prefix6> prefixes6;       // likewise
  std::size_t bad_lines = 0;            // skipped
  std::vector<std::string> complaints;  // about the first bad lines: "FILE:LINE: what"
};

// The progress of a read, which another thread may observe and stop.
struct Reading {
  std::atomic<std::uint64_t> done{0};   // bytes of the file
  std::atomic<std::uint64_t> total{0};  // 0 while unknown
  std::atomic<bool> stop{false};
};

enum class BadLines : bool { kRefuse, kPassOver };

// A line that is not a prefix fails the whole file, or is skipped and counted: "FILE:LINE: what".
// The file is unpacked while TBB tasks parse it, in the caller's task arena.
[[nodiscard]] Result<PrefixFile> read_prefix_file(const std::string& path,
                                                  BadLines bad_lines = BadLines::kRefuse,
                                                  Reading* reading = nullptr);

}  // namespace ringroad::fib
