// SPDX-License-Identifier: BSD-3-Clause
#include "ethernet/input.hpp"

#include <span>

#include "ethernet/ingress.hpp"
#include "ethernet/odd_frames.hpp"
#include "ethernet/plain_frames.hpp"

namespace ringroad::ethernet {
namespace {

void drop_all(StageContext& context, Burst& burst) {
  InterfaceCounters& counters = context.interfaces[burst.ingress.value()];
  counters.rx_packets.add(burst.count);
  for (Packet* const packet : std::span{burst.packets}.first(burst.count)) {
    counters.rx_bytes.add(packet->pkt_len);
    context.drop(packet, stats::DropReason::kPortDown, burst.ingress);
  }
  burst.count = 0;
}

// The stages behind it count only what it leaves.
void pass_ingress(StageContext& context, Burst& burst) {
  const Removed removed = run_ingress(context, burst);
  InterfaceCounters& counters = context.interfaces[burst.ingress.value()];
  counters.rx_packets.add(removed.packets);
  counters.rx_bytes.add(removed.bytes);
}

}  // namespace

bool EtherTypes::add(std::uint16_t ether_type, FrameHandler handler) {
  if (rows_[ether_type] != 0) {
    return false;
  }
  rows_[ether_type] = static_cast<std::uint8_t>(handlers_.size());
  handlers_.push_back(handler);
  return true;
}

void input(StageContext& context, Burst& burst, const EtherTypes& types,
           const CheckedLines& checked) {
  const Interface& interface = context.tables.interfaces[burst.ingress.value()];
  if (!interface.up.load(std::memory_order_relaxed)) [[unlikely]] {
    drop_all(context, burst);
    return;
  }
  if (context.tables.hooks.at(HookPoint::kIngress) != nullptr) [[unlikely]] {
    pass_ingress(context, burst);
    if (burst.count == 0) {
      return;
    }
  }
  if (const Ipv6Share share = sample_ipv6(burst);
      share != Ipv6Share::kNone && interface.runs_ipv6.load(std::memory_order_relaxed)) {
    pass_ipv6(context, burst, share, checked.ipv6);
    if (burst.count == 0) {
      return;
    }
  }
  Others others;
  partition_ipv4(context, burst, types, others);
  if (burst.count > 0) {
    checked.ipv4(context, burst);
  }
  if (others.count > 0) [[unlikely]] {
    dispatch(context, burst.ingress, others, burst);
  }
}

}  // namespace ringroad::ethernet
