// SPDX-License-Identifier: BSD-3-Clause
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

// TBB's own threads hold what stands for an observer of theirs, 40 bytes, until they end, which may
// be after the leaks are counted. The name is LeakSanitizer's.
extern "C" const char* __lsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:tbb::detail::r1::observe";
}
