// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The IP, ICMP, TCP and UDP counters of the router itself, under the names of Linux's nstat (RFC
// 4293). The control thread counts; the ports' counters and the drop counters cover the fast path.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "stats/counter.hpp"

namespace ringroad::stats {

// X(enumerator, nstat's name)
#define RINGROAD_IP_COUNTERS(X)                                        \
  X(kInDelivers, "IpInDelivers")                                       \
  X(kOutRequests, "IpOutRequests")                                     \
  X(kReasmTimeout, "IpReasmTimeout")                                   \
  X(kReasmReqds, "IpReasmReqds")                                       \
  X(kReasmOks, "IpReasmOKs")                                           \
  X(kReasmFails, "IpReasmFails")                                       \
  X(kReasmOverlaps, "IpExtReasmOverlaps")                              \
  X(kFragOks, "IpFragOKs")                                             \
  X(kFragFails, "IpFragFails")                                         \
  X(kFragCreates, "IpFragCreates")                                     \
  X(kIcmpInMsgs, "IcmpInMsgs")                                         \
  X(kIcmpInErrors, "IcmpInErrors")                                     \
  X(kIcmpInCsumErrors, "IcmpInCsumErrors")                             \
  X(kIcmpInDestUnreachs, "IcmpInDestUnreachs")                         \
  X(kIcmpInTimeExcds, "IcmpInTimeExcds")                               \
  X(kIcmpInParmProbs, "IcmpInParmProbs")                               \
  X(kIcmpInRedirects, "IcmpInRedirects")                               \
  X(kIcmpInEchos, "IcmpInEchos")                                       \
  X(kIcmpInEchoReps, "IcmpInEchoReps")                                 \
  X(kIcmpInTimestamps, "IcmpInTimestamps")                             \
  X(kIcmpInTimestampReps, "IcmpInTimestampReps")                       \
  X(kIcmpOutMsgs, "IcmpOutMsgs")                                       \
  X(kIcmpOutDestUnreachs, "IcmpOutDestUnreachs")                       \
  X(kIcmpOutTimeExcds, "IcmpOutTimeExcds")                             \
  X(kIcmpOutParmProbs, "IcmpOutParmProbs")                             \
  X(kIcmpOutRedirects, "IcmpOutRedirects")                             \
  X(kIcmpOutEchoReps, "IcmpOutEchoReps")                               \
  X(kIcmpOutTimestampReps, "IcmpOutTimestampReps")                     \
  X(kTcpInSegs, "TcpInSegs")                                           \
  X(kTcpInErrs, "TcpInErrs")                                           \
  X(kTcpInCsumErrors, "TcpInCsumErrors")                               \
  X(kTcpOutRsts, "TcpOutRsts")                                         \
  X(kUdpNoPorts, "UdpNoPorts")                                         \
  X(kUdpInErrors, "UdpInErrors")                                       \
  X(kUdpInCsumErrors, "UdpInCsumErrors")                               \
  X(kIn6Delivers, "Ip6InDelivers")                                     \
  X(kOut6Requests, "Ip6OutRequests")                                   \
  X(kReasm6Timeout, "Ip6ReasmTimeout")                                 \
  X(kReasm6Reqds, "Ip6ReasmReqds")                                     \
  X(kReasm6Oks, "Ip6ReasmOKs")                                         \
  X(kReasm6Fails, "Ip6ReasmFails")                                     \
  X(kFrag6Oks, "Ip6FragOKs")                                           \
  X(kFrag6Fails, "Ip6FragFails")                                       \
  X(kFrag6Creates, "Ip6FragCreates")                                   \
  X(kIcmp6InMsgs, "Icmp6InMsgs")                                       \
  X(kIcmp6InErrors, "Icmp6InErrors")                                   \
  X(kIcmp6InCsumErrors, "Icmp6InCsumErrors")                           \
  X(kIcmp6InDestUnreachs, "Icmp6InDestUnreachs")                       \
  X(kIcmp6InPktTooBigs, "Icmp6InPktTooBigs")                           \
  X(kIcmp6InTimeExcds, "Icmp6InTimeExcds")                             \
  X(kIcmp6InParmProblems, "Icmp6InParmProblems")                       \
  X(kIcmp6InEchos, "Icmp6InEchos")                                     \
  X(kIcmp6InEchoReplies, "Icmp6InEchoReplies")                         \
  X(kIcmp6InRouterSolicits, "Icmp6InRouterSolicits")                   \
  X(kIcmp6InRouterAdvertisements, "Icmp6InRouterAdvertisements")       \
  X(kIcmp6InNeighborSolicits, "Icmp6InNeighborSolicits")               \
  X(kIcmp6InNeighborAdvertisements, "Icmp6InNeighborAdvertisements")   \
  X(kIcmp6InRedirects, "Icmp6InRedirects")                             \
  X(kIcmp6OutMsgs, "Icmp6OutMsgs")                                     \
  X(kIcmp6OutDestUnreachs, "Icmp6OutDestUnreachs")                     \
  X(kIcmp6OutPktTooBigs, "Icmp6OutPktTooBigs")                         \
  X(kIcmp6OutTimeExcds, "Icmp6OutTimeExcds")                           \
  X(kIcmp6OutParmProblems, "Icmp6OutParmProblems")                     \
  X(kIcmp6OutEchoReplies, "Icmp6OutEchoReplies")                       \
  X(kIcmp6OutRouterSolicits, "Icmp6OutRouterSolicits")                 \
  X(kIcmp6OutRouterAdvertisements, "Icmp6OutRouterAdvertisements")     \
  X(kIcmp6OutNeighborSolicits, "Icmp6OutNeighborSolicits")             \
  X(kIcmp6OutNeighborAdvertisements, "Icmp6OutNeighborAdvertisements") \
  X(kIcmp6OutRedirects, "Icmp6OutRedirects")                           \
  X(kIcmp6OutMldv2Reports, "Icmp6OutMLDv2Reports")                     \
  X(kUdp6NoPorts, "Udp6NoPorts")                                       \
  X(kUdp6InErrors, "Udp6InErrors")                                     \
  X(kUdp6InCsumErrors, "Udp6InCsumErrors")

enum class IpCounter : std::uint8_t {
#define RINGROAD_ENUMERATOR(enumerator, name) enumerator,
  RINGROAD_IP_COUNTERS(RINGROAD_ENUMERATOR)
#undef RINGROAD_ENUMERATOR
};

// The macro expands to terms of a sum, which parentheses would break.
#define RINGROAD_COUNT(enumerator, name) +1  // NOLINT(bugprone-macro-parentheses)
inline constexpr std::size_t kIpCounters = 0 RINGROAD_IP_COUNTERS(RINGROAD_COUNT);
#undef RINGROAD_COUNT

// "IpReasmOKs"
[[nodiscard]] std::string_view name(IpCounter counter);

class IpCounters {
 public:
  void add(IpCounter counter, std::uint64_t by = 1) {
    counters_[static_cast<std::size_t>(counter)].add(by);
  }
  [[nodiscard]] std::uint64_t get(IpCounter counter) const {
    return counters_[static_cast<std::size_t>(counter)].get();
  }

 private:
  std::array<Counter, kIpCounters> counters_;
};

}  // namespace ringroad::stats
