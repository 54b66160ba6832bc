// SPDX-License-Identifier: BSD-3-Clause
#include "routing/route_file.hpp"

#include <fmt/format.h>
#include <oneapi/tbb/parallel_sort.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "routing/routing.hpp"

namespace ringroad::routing {
namespace {

constexpr std::size_t kComplaintsMax = 20;

// Refuses the file, or with keep_going only counts the bad line.
void refuse(const config::RouteFile& file, const std::string& what, RouteFileContents& contents) {
  std::string complaint = fmt::format("{}: {}", file.path, what);
  if (!file.keep_going && contents.error.empty()) {
    contents.error = complaint;
  }
  ++contents.bad_lines;
  if (contents.complaints.size() < kComplaintsMax) {
    contents.complaints.push_back(std::move(complaint));
  }
}

template <class Address>
void drop_unroutable(const config::RouteFile& file, std::vector<Prefix<Address>>& prefixes,
                     RouteFileContents& contents) {
  std::erase_if(prefixes, [&](Prefix<Address> prefix) {
    const bool drop = !is_routable(prefix);
    if (drop) {
      refuse(file, prefix.to_string() + " is not a unicast prefix", contents);
    }
    return drop;
  });
}

template <class Address>
void drop_doubles(const config::RouteFile& file, std::vector<Prefix<Address>>& prefixes,
                  RouteFileContents& contents) {
  const auto twice =
      std::ranges::unique(prefixes, [&](Prefix<Address> first, Prefix<Address> second) {
        if (first == second) {
          refuse(file, first.to_string() + " is there twice", contents);
        }
        return first == second;
      });
  prefixes.erase(twice.begin(), twice.end());
}

// Leaves of one family what the RIB can take. Returns the number of prefixes that have no gateway.
template <class Address>
std::size_t prepare(const config::RouteFile& file, std::vector<Prefix<Address>>& prefixes,
                    RouteFileContents& contents) {
  if (file.gateways<Address>().empty()) {
    return std::exchange(prefixes, {}).size();
  }
  drop_unroutable(file, prefixes, contents);
  if (!std::ranges::is_sorted(prefixes)) {
    tbb::parallel_sort(prefixes);
  }
  drop_doubles(file, prefixes, contents);
  return 0;
}

}  // namespace

RouteFileContents read_route_file(const config::RouteFile& file, fib::Reading* reading) {
  RouteFileContents contents;
  try {
    auto read = fib::read_prefix_file(
        file.path, file.keep_going ? fib::BadLines::kPassOver : fib::BadLines::kRefuse, reading);
    if (!read) {
      contents.error = read.error().what;
      return contents;
    }
    contents.prefixes = std::move(read->prefixes);
    contents.prefixes6 = std::move(read->prefixes6);
    contents.bad_lines = read->bad_lines;
    contents.complaints = std::move(read->complaints);
    contents.skipped_ipv4 = prepare(file, contents.prefixes, contents);
    contents.skipped_ipv6 = prepare(file, contents.prefixes6, contents);
  } catch (const std::exception& error) {
    contents.error = fmt::format("cannot read {}: {}", file.path, error.what());
  }
  return contents;
}

}  // namespace ringroad::routing
