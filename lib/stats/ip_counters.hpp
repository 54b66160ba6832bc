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
#define RINGROAD_IP_COUNTERS(X)                    \
  X(kInDelivers, "IpInDelivers")                   \
  X(kOutRequests, "IpOutRequests")                 \
  X(kReasmTimeout, "IpReasmTimeout")               \
  X(kReasmReqds, "IpReasmReqds")                   \
  X(kReasmOks, "IpReasmOKs")                       \
  X(kReasmFails, "IpReasmFails")                   \
  X(kReasmOverlaps, "IpExtReasmOverlaps")          \
  X(kFragOks, "IpFragOKs")                         \
  X(kFragFails, "IpFragFails")                     \
  X(kFragCreates, "IpFragCreates")                 \
  X(kIcmpInMsgs, "IcmpInMsgs")                     \
  X(kIcmpInErrors, "IcmpInErrors")                 \
  X(kIcmpInCsumErrors, "IcmpInCsumErrors")         \
  X(kIcmpInDestUnreachs, "IcmpInDestUnreachs")     \
  X(kIcmpInTimeExcds, "IcmpInTimeExcds")           \
  X(kIcmpInParmProbs, "IcmpInParmProbs")           \
  X(kIcmpInRedirects, "IcmpInRedirects")           \
  X(kIcmpInEchos, "IcmpInEchos")                   \
  X(kIcmpInEchoReps, "IcmpInEchoReps")             \
  X(kIcmpInTimestamps, "IcmpInTimestamps")         \
  X(kIcmpInTimestampReps, "IcmpInTimestampReps")   \
  X(kIcmpOutMsgs, "IcmpOutMsgs")                   \
  X(kIcmpOutDestUnreachs, "IcmpOutDestUnreachs")   \
  X(kIcmpOutTimeExcds, "IcmpOutTimeExcds")         \
  X(kIcmpOutParmProbs, "IcmpOutParmProbs")         \
  X(kIcmpOutRedirects, "IcmpOutRedirects")         \
  X(kIcmpOutEchoReps, "IcmpOutEchoReps")           \
  X(kIcmpOutTimestampReps, "IcmpOutTimestampReps") \
  X(kTcpInSegs, "TcpInSegs")                       \
  X(kTcpInErrs, "TcpInErrs")                       \
  X(kTcpInCsumErrors, "TcpInCsumErrors")           \
  X(kTcpOutRsts, "TcpOutRsts")                     \
  X(kUdpNoPorts, "UdpNoPorts")                     \
  X(kUdpInErrors, "UdpInErrors")                   \
  X(kUdpInCsumErrors, "UdpInCsumErrors")

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
