#include "control/sender.hpp"

#include <cstring>

#include "ip/tos.hpp"
#include "ip/vlan.hpp"

namespace ringroad::control {
namespace {

// Packets that waited, in a worker's ring at a time: 10 to 20 us of its time, less than its RX
// queues bridge; the rest of the ring stays free for all else.
constexpr unsigned kWaitedMost = 256;

}  // namespace

ip::OwnedPacket Sender::make_frame(std::span<const std::uint8_t> bytes) {
  ip::OwnedPacket packet{rte_pktmbuf_alloc(&pool_)};
  char* const start =
      packet ? rte_pktmbuf_append(packet.get(), static_cast<std::uint16_t>(bytes.size())) : nullptr;
  if (start == nullptr) {
    return nullptr;
  }
  std::memcpy(start, bytes.data(), bytes.size());
  ip::meta(*packet) = {};
  count_generated();
  return packet;
}

void Sender::send(ip::OwnedPacket frame, PortId port, std::uint8_t priority) {
  const PortView& view = world_.port(port);
  if (view.tags.count > 0) {
    ip::InterfaceCounters& counters = interfaces_[port.value()];
    counters.tx_packets.add(1);
    counters.tx_bytes.add(frame->pkt_len);
    if (!ip::push_tags(*frame, view.tags, priority)) {
      drop_at(port, std::move(frame), stats::DropReason::kNoHeadroom);
      return;
    }
  }
  ip::PacketMeta& meta = ip::meta(*frame);
  meta.egress = view.egress;
  meta.priority = priority;
  worker::Worker& worker = *workers_[meta.worker];
  if (worker.inject(frame.get())) {
    static_cast<void>(frame.release());
  } else {
    drop_at(view.egress, std::move(frame), stats::DropReason::kInjectQueueFull);
  }
}

bool Sender::has_room_behind(ip::Packet& packet) const {
  return workers_[ip::meta(packet).worker]->injected() < kWaitedMost;
}

void Sender::send_ip(ip::OwnedPacket packet, PortId port, Mac destination) {
  const auto header =
      neigh::ethernet_header(destination, world_.port(port).mac, RTE_ETHER_TYPE_IPV4);
  std::memcpy(ip::frame(*packet), header.data(), header.size());
  const std::uint8_t priority = ip::priority_of_tos(ip::ipv4(*packet).type_of_service);
  send(std::move(packet), port, priority);
}

}  // namespace ringroad::control
