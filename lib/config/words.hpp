// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The words for each choice, used by the reader and the writer; the first word is written. Private
// to lib/config.
#include <array>
#include <string_view>

#include "config/model.hpp"

namespace ringroad::config {

template <class T>
struct Word {
  std::string_view text;
  T meaning;
};

// The words that YAML 1.1 reads as true or false.
inline constexpr std::array<std::string_view, 4> kTrueWords{"true", "yes", "on", "y"};
inline constexpr std::array<std::string_view, 4> kFalseWords{"false", "no", "off", "n"};

inline constexpr std::array kHugePagesWords{
    Word{"auto", HugePages::kAuto}, Word{"on", HugePages::kOn}, Word{"off", HugePages::kOff}};
inline constexpr std::array kIdleWords{Word{"poll", IdleMode::kPoll},
                                       Word{"pause", IdleMode::kPause},
                                       Word{"interrupt", IdleMode::kInterrupt}};
inline constexpr std::array kFlowHashWords{Word{"l3", FlowHashPolicy::kL3},
                                           Word{"l4", FlowHashPolicy::kL4}};
inline constexpr std::array kReversePathWords{Word{"off", ReversePath::kOff},
                                              Word{"loose", ReversePath::kLoose},
                                              Word{"strict", ReversePath::kStrict}};
inline constexpr std::array kVlanProtocolWords{Word{"802.1Q", VlanProtocol::k8021Q},
                                               Word{"802.1ad", VlanProtocol::k8021ad}};
inline constexpr std::array kDisciplineWords{
    Word{"pfifo_fast", Discipline::kPfifoFast}, Word{"pfifo", Discipline::kPfifo},
    Word{"prio", Discipline::kPrio}, Word{"drr", Discipline::kDrr}};
inline constexpr std::array kAqmWords{Word{"none", Aqm::kNone}, Word{"codel", Aqm::kCodel},
                                      Word{"fq_codel", Aqm::kFqCodel}};
inline constexpr std::array kRouterPreferenceWords{Word{"low", RouterPreference::kLow},
                                                   Word{"medium", RouterPreference::kMedium},
                                                   Word{"high", RouterPreference::kHigh}};
inline constexpr std::array kRouteTypeWords{
    Word{to_string(RouteType::kUnicast), RouteType::kUnicast},
    Word{to_string(RouteType::kBlackhole), RouteType::kBlackhole},
    Word{to_string(RouteType::kUnreachable), RouteType::kUnreachable},
    Word{to_string(RouteType::kProhibit), RouteType::kProhibit}};

}  // namespace ringroad::config
