// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/echo.hpp"

#include <netinet/in.h>

#include "ip4/icmp.hpp"

namespace ringroad::ip4 {

using stats::IpCounter;

bool is_short_echo_request(Packet& packet) {
  return packet.pkt_len <= kL2Bytes + kPathMtuMin && check_icmp(packet) == IcmpCheck::kGood &&
         static_cast<IcmpType>(*payload(packet)) == IcmpType::kEchoRequest;
}

void answer_echo_requests(StageContext& context, Burst& burst) {
  for (Packet* const packet : std::span{burst.packets}.first(burst.count)) {
    make_echo_reply(*packet, {.source = destination_of(*packet),
                              .destination = source_of(*packet),
                              .identification = context.next_identification(*packet)});
  }
  // The request counts as delivered and the reply as generated, although the reply reuses the
  // request's buffers.
  context.delivered.add(burst.count);
  context.generated.add(burst.count);
  for (const IpCounter counter :
       {IpCounter::kInDelivers, IpCounter::kIcmpInMsgs, IpCounter::kIcmpInEchos,
        IpCounter::kIcmpOutMsgs, IpCounter::kIcmpOutEchoReps, IpCounter::kOutRequests}) {
    context.counters.add(counter, burst.count);
  }
}

}  // namespace ringroad::ip4
