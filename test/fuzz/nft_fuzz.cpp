// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer over rulesets: any text is refused with its problems, or accepted, and then its listing
// reads back as the same rules.
#include <cstdio>
#include <cstdlib>

#include "nft/parse.hpp"
#include "nft/print.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringroad::nft;
  const auto ruleset = parse({reinterpret_cast<const char*>(data), size}, "fuzz.nft");
  if (!ruleset) {
    return ruleset.error().empty() ? (std::abort(), 0) : 0;
  }
  const std::string listing = print(*ruleset, {.handles = false});
  const auto again = parse(listing, "listed.nft");
  if (!again || print(*again, {.handles = false}) != listing) {
    std::fprintf(stderr, "%s\n%s\n", listing.c_str(),
                 again ? print(*again, {.handles = false}).c_str()
                       : again.error().front().to_string().c_str());
    std::abort();
  }
  return 0;
}
