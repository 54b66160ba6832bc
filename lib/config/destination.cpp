// SPDX-License-Identifier: BSD-3-Clause
#include "config/destination.hpp"

#include <fmt/format.h>

#include <string_view>

#include "config/scalars.hpp"

namespace ringroad::config {
namespace {

// Why the prefix is not a valid destination of a route (RFC 1812 4.2.2.11 and 5.3.7).
std::string_view unroutable(Prefix4 prefix) {
  const Ipv4 first = prefix.address();
  if (is_routable(prefix)) {
    return "";
  }
  if (first.is_loopback()) {
    return "loopback addresses";
  }
  if (first.is_multicast()) {
    return "multicast addresses";
  }
  return first.is_reserved() ? "reserved addresses" : "addresses of \"this network\"";
}

std::string_view unroutable(Prefix6 prefix) {
  if (is_routable(prefix)) {
    return "";
  }
  return prefix.address().is_multicast() ? "multicast addresses" : "addresses of no other host";
}

}  // namespace

template <class Address>
std::optional<Prefix<Address>> read_destination(const Value* value) {
  const auto prefix = read_prefix<Address>(value);
  if (!prefix) {
    return std::nullopt;
  }
  if (const std::string_view kind = unroutable(*prefix); !kind.empty()) {
    value->problem(fmt::format("{} are {}, which are not routed", value->node().text, kind));
    return std::nullopt;
  }
  return prefix;
}
template std::optional<Prefix4> read_destination(const Value* value);
template std::optional<Prefix6> read_destination(const Value* value);

}  // namespace ringroad::config
