#include "ip/output.hpp"

#include <cstring>

#include "ip/tos.hpp"
#include "ip/vlan.hpp"

namespace ringroad::ip {
namespace {

// False: dropped.
bool tag(StageContext& context, Packet& packet, const neigh::Adjacency& adjacency,
         std::uint8_t priority) {
  InterfaceCounters& counters = context.interfaces[adjacency.port.value()];
  counters.tx_packets.add(1);
  counters.tx_bytes.add(packet.pkt_len);
  if (push_tags(packet, *adjacency.tags, priority)) {
    return true;
  }
  context.drop(&packet, stats::DropReason::kNoHeadroom);
  return false;
}

}  // namespace

void output(StageContext& context, Burst& burst) {
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    Packet* const packet = burst.packets[i];
    const neigh::Adjacency& adjacency = *burst.adjacencies[i];
    std::memcpy(frame(*packet), adjacency.header.data(), neigh::kEthernetHeader);
    const std::uint8_t priority = burst.priority == kPriorityOfTos
                                      ? priority_of_tos(ipv4(*packet).type_of_service)
                                      : burst.priority;
    if (adjacency.tags != nullptr) [[unlikely]] {
      if (!tag(context, *packet, adjacency, priority)) {
        continue;
      }
    }
    context.egress.add(adjacency.egress, packet, priority);
  }
}

}  // namespace ringroad::ip
