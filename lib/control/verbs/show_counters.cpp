// SPDX-License-Identifier: BSD-3-Clause
// Reports IP counters as a flat object, with the names of Linux's nstat.
#include <fmt/format.h>
#include <fnmatch.h>

#include <array>
#include <string>
#include <vector>

#include "control/json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

// Returns those whose names fit the pattern, as nstat chooses them.
Json those_like(const Json& counters, const std::string& pattern) {
  Json chosen = Json::object();
  for (const auto& [name, packets] : counters.items()) {
    if (::fnmatch(pattern.c_str(), name.c_str(), FNM_CASEFOLD) == 0) {
      chosen[name] = packets;
    }
  }
  return chosen;
}

Reply show_counters(Router& router, Options& options) {
  options.only({"name"});
  const std::string pattern = options.has("name") ? options.text("name") : "*";
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  using stats::DropReason;
  // Counters of Linux that are sums of Ringroad's drop counters, which count both families.
  struct Derived {
    const char* name;
    std::vector<DropReason> reasons;
  };
  const std::array derived{
      Derived{"IpInHdrErrors",
              {DropReason::kIpBadVersion, DropReason::kIpBadChecksum, DropReason::kIpBadLength,
               DropReason::kIpBadOptions, DropReason::kTtlExceeded}},
      Derived{"IpInAddrErrors", {DropReason::kForwardingOff}},
      Derived{"IpInUnknownProtos", {DropReason::kUnknownProtocol}},
      Derived{"IpExtInNoRoutes", {DropReason::kNoRoute}},
      Derived{"IpExtInTruncatedPkts", {DropReason::kIpTruncated}},
      Derived{"Ip6InTooBigErrors", {DropReason::kPacketTooBig}},
      Derived{"TcpExtIPReversePathFilter", {DropReason::kReversePath}},
  };
  Json counters = Json::object();
  for (const Derived& one : derived) {
    std::uint64_t packets = 0;
    for (const DropReason reason : one.reasons) {
      packets += router.drops(reason);
    }
    counters[one.name] = packets;
  }
  for (std::size_t i = 0; i < stats::kIpCounters; ++i) {
    const auto counter = static_cast<stats::IpCounter>(i);
    counters[std::string{stats::name(counter)}] = router.ip_counter(counter);
  }
  Json chosen = those_like(counters, pattern);
  if (chosen.empty()) {
    return fail(fmt::format("there is no counter '{}'", pattern));
  }
  return at_once(std::move(chosen));
}

const Verb kShowCounters{"show counters", show_counters};

}  // namespace

}  // namespace ringroad::control
