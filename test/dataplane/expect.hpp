// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Assertions of the testbed: they use Catch, or end the process in a fuzzer.
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
