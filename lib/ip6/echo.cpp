// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/echo.hpp"

#include <netinet/in.h>

#include "ip6/icmp.hpp"
#include "ip6/options.hpp"

namespace ringroad::ip6 {

using stats::IpCounter;

bool is_short_echo_request(Packet& packet) {
  const Ipv6 source = source6_of(packet);
  const Ipv6 destination = destination6_of(packet);
  return packet.nb_segs == 1 && packet.pkt_len <= kL2Bytes + kMtuMin &&
         ipv6(packet).proto == IPPROTO_ICMPV6 && meta(packet).l2_class == L2Class::kHost &&
         source.is_unicast() && !source.is_link_local() && destination.is_unicast() &&
         !destination.is_link_local() && check_icmp(packet, kFixedHeaderEnd) == IcmpCheck::kGood &&
         static_cast<Icmp6Type>(*payload(packet)) == Icmp6Type::kEchoRequest;
}

void answer_echo_requests(StageContext& context, Burst& burst) {
  for (Packet* const packet : std::span{burst.packets}.first(burst.count)) {
    make_echo_reply(*packet, kFixedHeaderEnd,
                    {.source = destination6_of(*packet), .destination = source6_of(*packet)});
  }
  // The request counts as delivered and the reply as generated, although the reply reuses the
  // request's buffers.
  context.delivered.add(burst.count);
  context.generated.add(burst.count);
  for (const IpCounter counter :
       {IpCounter::kIn6Delivers, IpCounter::kIcmp6InMsgs, IpCounter::kIcmp6InEchos,
        IpCounter::kIcmp6OutMsgs, IpCounter::kIcmp6OutEchoReplies, IpCounter::kOut6Requests}) {
    context.counters.add(counter, burst.count);
  }
}

}  // namespace ringroad::ip6
