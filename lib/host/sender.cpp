// SPDX-License-Identifier: BSD-3-Clause
#include "host/sender.hpp"

#include <cstring>

#include "host/one_packet.hpp"
#include "ip6/header.hpp"
#include "ip6/input.hpp"
#include "packet/tos.hpp"
#include "packet/vlan.hpp"

namespace ringroad::host {
namespace {

// The most packets from neighbor queues in a worker's ring at a time: sending them takes 10 to 20
// us, less than the worker's RX queues can buffer, and the rest of the ring stays free for other
// packets.
constexpr unsigned kWaitedMost = 256;

}  // namespace

OwnedPacket Sender::make_frame(std::span<const std::uint8_t> bytes) {
  OwnedPacket packet{rte_pktmbuf_alloc(&pool_)};
  char* const start =
      packet ? rte_pktmbuf_append(packet.get(), static_cast<std::uint16_t>(bytes.size())) : nullptr;
  if (start == nullptr) {
    return nullptr;
  }
  std::memcpy(start, bytes.data(), bytes.size());
  meta(*packet) = {};
  count_generated();
  return packet;
}

OwnedPacket Sender::copy(Packet& packet) {
  OwnedPacket copy{rte_pktmbuf_copy(&packet, &pool_, 0, packet.pkt_len)};
  if (copy) {
    Watch::clear_mark(*copy);
    meta(*copy) = meta(packet);
  }
  return copy;
}

void Sender::send_icmp6(OwnedPacket frame, InterfaceId port) {
  meta(*frame).ingress = port;
  neigh::Adjacency way;
  way.port = port;
  for (const HookPoint point : {HookPoint::kOutput, HookPoint::kPostRouting}) {
    frame = run_hooks(
        *context_, point, std::move(frame), ip6::describe,
        [&](Packet& /*packet*/) -> const neigh::Adjacency& { return way; }, true);
    // There is no error about these messages.
    take_rejected(*context_, [this](OwnedPacket rejected) {
      drop(std::move(rejected), stats::DropReason::kFirewall);
    });
    if (!frame) {
      return;
    }
  }
  send(std::move(frame), port, kPriorityControl);
}

void Sender::send(OwnedPacket frame, InterfaceId port, std::uint8_t priority) {
  const interface::InterfaceView& view = world_.port(port);
  if (view.tags.count > 0) {
    InterfaceCounters& counters = interfaces_[port.value()];
    counters.tx_packets.add(1);
    counters.tx_bytes.add(frame->pkt_len);
    if (!push_tags(*frame, view.tags, priority)) {
      drop_at(port, std::move(frame), stats::DropReason::kNoHeadroom);
      return;
    }
  }
  PacketMeta& meta = ringroad::meta(*frame);
  meta.egress = view.egress;
  meta.priority = priority;
  note(*frame, {.kind = WatchRecord::Kind::kHandedOver,
                .detail = priority,
                .interface = port.value(),
                .egress = view.egress.value()});
  if (collected_ != nullptr) {
    collected_->push_back(std::move(frame));
    return;
  }
  worker::Worker& worker = *workers_[meta.worker];
  if (worker.inject(frame.get())) {
    static_cast<void>(frame.release());
  } else {
    drop_at(interface_of(view.egress), std::move(frame), stats::DropReason::kInjectQueueFull);
  }
}

bool Sender::has_room_behind(Packet& packet) const {
  return workers_[meta(packet).worker]->injected() < kWaitedMost;
}

void Sender::send_reply(const neigh::ArpMessage& request, const PacketMeta& meta) {
  const Mac mac = world_.port(meta.ingress).mac;
  const neigh::ArpMessage reply{.operation = neigh::ArpMessage::Operation::kReply,
                                .sender_mac = mac,
                                .sender = request.target,
                                .target_mac = request.sender_mac,
                                .target = request.sender};
  if (auto frame = make_frame(reply.frame(request.sender_mac, mac))) {
    ringroad::meta(*frame).worker = meta.worker;
    send(std::move(frame), meta.ingress, kPriorityControl);
  }
}

void Sender::send_ip(OwnedPacket packet, InterfaceId port, Mac destination) {
  // A packet that was composed here has no Ethernet header yet.
  const bool is_ipv6 = is_version6(*packet);
  const auto header = neigh::ethernet_header(destination, world_.port(port).mac,
                                             is_ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
  std::memcpy(frame(*packet), header.data(), header.size());
  const std::uint8_t tos =
      is_ipv6 ? ip6::traffic_class(ipv6(*packet)) : ipv4(*packet).type_of_service;
  send(std::move(packet), port, priority_of_tos(tos));
}

}  // namespace ringroad::host
