// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Words that the parser reads and the listing prints. Private to lib/nft.
#include <array>
#include <cstdint>
#include <string_view>

#include "nft/model.hpp"

namespace ringroad::nft {

// In the order of the model's enumerations.
inline constexpr std::array<std::string_view, 6> kVerdicts{"accept", "drop", "continue",
                                                           "return", "jump", "goto"};
inline constexpr std::array<std::string_view, 3> kChainTypes{"filter", "nat", "route"};

inline constexpr std::array<std::string_view, 4> kNats{"snat", "dnat", "masquerade", "redirect"};

// By the level of syslog(3), and by Linux's nft_reject_icmpx_code.
inline constexpr std::array<std::string_view, 9> kLevels{"emerg",  "alert", "crit",  "err",  "warn",
                                                         "notice", "info",  "debug", "audit"};
inline constexpr std::array<std::string_view, 4> kIcmpxCodes{
    "no-route", "port-unreachable", "host-unreachable", "admin-prohibited"};

struct Period {
  std::string_view name;
  std::int64_t seconds;
};
inline constexpr std::array kPeriods{Period{"second", 1}, Period{"minute", 60},
                                     Period{"hour", 3600}, Period{"day", 86400},
                                     Period{"week", 604800}};

// nft(8), standard priority names; Linux's enum nf_ip_hook_priorities.
struct NamedPriority {
  std::string_view name;
  int value;
};
inline constexpr std::array kPriorities{
    NamedPriority{"raw", -300}, NamedPriority{"mangle", -150}, NamedPriority{"dstnat", -100},
    NamedPriority{"filter", 0}, NamedPriority{"security", 50}, NamedPriority{"srcnat", 100}};
// Whether chains at the hook have the priority of this name.
[[nodiscard]] bool has_priority(HookPlace hook, std::string_view name);

}  // namespace ringroad::nft
