#include "ip/output.hpp"

#include <cstring>

#include "ip/tos.hpp"

namespace ringroad::ip {

void output(StageContext& context, Burst& burst) {
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    Packet* const packet = burst.packets[i];
    const neigh::Adjacency& adjacency = *burst.adjacencies[i];
    std::memcpy(frame(*packet), adjacency.header.data(), neigh::kEthernetHeader);
    context.egress.add(adjacency.port, packet, priority_of_tos(ipv4(*packet).type_of_service));
  }
}

}  // namespace ringroad::ip
