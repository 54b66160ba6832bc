// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The tests are written for Catch2 2, of Debian 12. Version 3, of Debian 13, has other headers and
// a few other names; with it this one is found in place of the old.
#include <catch2/catch_all.hpp>
#include <string>

using Catch::Approx;

namespace Catch {

using Matchers::StartsWith;

// Of version 3's this is one for ranges.
inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }

}  // namespace Catch

#ifdef CATCH_CONFIG_MAIN
int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
#endif
