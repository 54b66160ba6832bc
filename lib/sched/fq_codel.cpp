// SPDX-License-Identifier: BSD-3-Clause
#include "sched/fq_codel.hpp"

#include "base/random_seed.hpp"

namespace ringroad::sched {

FqCodel::FqCodel(const BandSettings& settings)
    : codel_{settings.codel},
      quantum_{static_cast<std::int32_t>(settings.quantum)},
      limit_bytes_{settings.limit_bytes.count},
      hash_{FlowHash::Policy::kL4, settings.seed ? *settings.seed : random_seed()},
      flows_(settings.flows),
      flow_bytes_(settings.flows),
      nodes_(settings.limit) {
  for (Index node = settings.limit; node-- > 0;) {
    nodes_[node].next = free_;
    free_ = node;
  }
}

FqCodel::Index FqCodel::flow_of(rte_mbuf& packet) const {
  const auto place = find_ip(packet);
  const std::uint32_t hash = place ? hash_.at(from_ip(packet, *place), place->is_ipv6) : 0;
  return static_cast<Index>(std::uint64_t{hash} * flows_.size() >> 32U);
}

// RFC 8290 4.2. The loop terminates because each round gives every flow with packets another
// quantum.
FqCodel::Index FqCodel::next_flow() {
  for (;;) {
    List& list = new_.head != kNone ? new_ : old_;
    const Index index = list.head;
    Flow& flow = flows_[index];
    if (flow.head != kNone && flow.deficit > 0) {
      return index;
    }
    list.pop(flows_);
    if (flow.head != kNone) {
      flow.deficit += quantum_;
      old_.push(index, flows_);
    } else if (&list == &new_ && old_.head != kNone) {
      // The flow is not forgotten at once: otherwise a sender of one packet at a time would always
      // be new.
      old_.push(index, flows_);
    } else {
      flow.codel.emptied();
      flow.listed = false;
    }
  }
}

void FqCodel::append(Index flow, rte_mbuf* packet) {
  const Index node = free_;
  free_ = nodes_[node].next;
  nodes_[node] = {packet, kNone};
  Flow& to = flows_[flow];
  (to.head == kNone ? to.head : nodes_[to.tail].next) = node;
  to.tail = node;
  flow_bytes_[flow] += packet->pkt_len;
  bytes_ += packet->pkt_len;
  ++packets_;
}

rte_mbuf* FqCodel::take_oldest(Index index) {
  Flow& flow = flows_[index];
  const Index node = flow.head;
  rte_mbuf* const packet = nodes_[node].packet;
  flow.head = nodes_[node].next;
  nodes_[node].next = free_;
  free_ = node;
  flow_bytes_[index] -= packet->pkt_len;
  bytes_ -= packet->pkt_len;
  --packets_;
  return packet;
}

rte_mbuf* FqCodel::shed() {
  if (flow_bytes_[fattest_] <= shed_above_) {
    const auto fattest = std::ranges::max_element(flow_bytes_);
    fattest_ = static_cast<Index>(fattest - flow_bytes_.begin());
    shed_above_ = *fattest / 2;
  }
  return take_oldest(fattest_);
}

}  // namespace ringroad::sched
