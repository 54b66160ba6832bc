// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the testbed demands of the router: of Catch, or in a fuzzer by ending the process.
#ifdef RINGROAD_FUZZ
#include <cstdio>
#include <cstdlib>
#define RINGROAD_DEMAND(condition)                                         \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)
#define REQUIRE(...) RINGROAD_DEMAND((__VA_ARGS__))
#define CHECK(...) RINGROAD_DEMAND((__VA_ARGS__))
#define FAIL(what) RINGROAD_DEMAND(false)
#else
#include <catch2/catch.hpp>
#endif
