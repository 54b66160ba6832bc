// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A file of prefixes, one a line, plain or gzip (told by its content). '#' begins a comment; blank
// lines are passed over.
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

// What a file may hold, so that a hostile one cannot take the memory: of text, unpacked, of one
// line, and of prefixes.
inline constexpr Bytes kPrefixTextMax{512ULL << 20U};
inline constexpr std::size_t kPrefixLineMax = 1024;
inline constexpr std::size_t kPrefixesMax = 10'000'000;

struct PrefixFile {
  std::vector<Prefix4> prefixes;        // in the order of the file
  std::vector<Prefix6> prefixes6;       // too
  std::size_t bad_lines = 0;            // passed over
  std::vector<std::string> complaints;  // about the first of them: "FILE:LINE: what"
};

// Seen and stopped from another thread.
struct Reading {
  std::atomic<std::uint64_t> done{0};   // bytes of the file
  std::atomic<std::uint64_t> total{0};  // none where it is not known yet
  std::atomic<bool> stop{false};
};

enum class BadLines : bool { kRefuse, kPassOver };

// A line that is no prefix fails the whole file, or is counted: "FILE:LINE: what". Unpacking goes
// on while TBB's tasks parse, in the arena that the caller is in.
[[nodiscard]] Result<PrefixFile> read_prefix_file(const std::string& path,
                                                  BadLines bad_lines = BadLines::kRefuse,
                                                  Reading* reading = nullptr);

}  // namespace ringroad::fib
