// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reads and checks a file of prefixes for the RIB. The router and the check of a configuration both
// use it.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "config/model.hpp"
#include "fib/prefix_file.hpp"

namespace ringroad::routing {

struct RouteFileContents {
  // Sorted, each once, all of them unicast.
  std::vector<Prefix4> prefixes;
  std::vector<Prefix6> prefixes6;
  // The number of prefixes of a family for which the file has no gateway.
  std::size_t skipped_ipv4 = 0;
  std::size_t skipped_ipv6 = 0;
  std::size_t bad_lines = 0;
  std::vector<std::string> complaints;  // about the first bad lines
  std::string error;                    // set if the file is refused
};

// Any thread may call this. TBB's tasks in the caller's arena help.
[[nodiscard]] RouteFileContents read_route_file(const config::RouteFile& file,
                                                fib::Reading* reading = nullptr);

// Returns which of the file's gateways of its family the route to the prefix gets.
template <class Address>
[[nodiscard]] std::uint32_t gateway_of(Prefix<Address> prefix, std::size_t gateways) {
  return static_cast<std::uint32_t>(std::hash<Prefix<Address>>{}(prefix) % gateways);
}

}  // namespace ringroad::routing
