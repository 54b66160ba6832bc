// SPDX-License-Identifier: BSD-3-Clause
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

// TBB's threads keep 40 bytes for their observer until they end, which may be after the leak check.
// The function's name is given by LeakSanitizer.
extern "C" const char* __lsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:tbb::detail::r1::observe";
}
