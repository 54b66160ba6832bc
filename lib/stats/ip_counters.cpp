// SPDX-License-Identifier: BSD-3-Clause
#include "stats/ip_counters.hpp"

namespace ringroad::stats {
namespace {

constexpr std::array<std::string_view, kIpCounters> kNames{
#define RINGROAD_NAME(enumerator, name) name,
    RINGROAD_IP_COUNTERS(RINGROAD_NAME)
#undef RINGROAD_NAME
};

}  // namespace

std::string_view name(IpCounter counter) { return kNames.at(static_cast<std::size_t>(counter)); }

}  // namespace ringroad::stats
