// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Flow queue CoDel (RFC 8290): a queue under CoDel for each flow, distinguished by hash and served
// by deficit round robin; new flows are served first. Owned by one worker.
#include <algorithm>

#include "base/own_lines.hpp"
#include "packet/flow_hash.hpp"
#include "sched/codel.hpp"
#include "sched/queue.hpp"

namespace ringroad::sched {

class FqCodel {
 public:
  explicit FqCodel(const BandSettings& settings);

  [[nodiscard]] std::uint32_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t marked() const { return marked_; }
  // Selects flows in turn until one may send.
  [[nodiscard]] std::uint32_t next_bytes() {
    return nodes_[flows_[next_flow()].head].packet->pkt_len;
  }

  // Beyond a limit, the longest flows drop their oldest packets (RFC 8290 4.1.3), down to half of
  // the longest flow's bytes; many are dropped at a time, so that searching for these flows costs
  // little.
  template <DropFunction Drop>
  void push(rte_mbuf* packet, Drop&& drop) {
    if (free_ == kNone) [[unlikely]] {
      shed(drop);
    }
    const Index flow = flow_of(*packet);
    append(flow, packet);
    if (!flows_[flow].listed) {
      flows_[flow].listed = true;
      flows_[flow].deficit = quantum_;
      new_.push(flow, flows_);
    }
    while (bytes_ > limit_bytes_) [[unlikely]] {
      shed(drop);
    }
  }
  template <DropFunction Drop>
  rte_mbuf* pop(Nanoseconds now, std::uint64_t longest, Drop&& drop) {
    while (packets_ > 0) {
      const Index index = next_flow();
      Flow& flow = flows_[index];
      if (nodes_[flow.head].packet->pkt_len > longest) {
        return nullptr;
      }
      rte_mbuf* const packet = take_oldest(index);
      const std::uint32_t length = packet->pkt_len;
      if (flow.codel.judge(codel_, *packet, bytes_, now, marked_) == CodelState::Verdict::kSend) {
        flow.deficit -= static_cast<std::int32_t>(length);
        return packet;
      }
      drop(packet, Lost::kManaged);
    }
    return nullptr;
  }
  // Removes the oldest packet of the longest flow; the queue must not be empty. The longest flow is
  // searched for again only after it has shrunk to half, so that the search costs little.
  rte_mbuf* shed();
  template <class Take>
  void clear(Take&& take) {
    for (Index flow = 0; flow < flows_.size(); ++flow) {
      while (flows_[flow].head != kNone) {
        take(take_oldest(flow));
      }
    }
  }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};

  struct Node {
    rte_mbuf* packet = nullptr;
    Index next = kNone;
  };
  struct Flow {
    Index head = kNone;
    Index tail = kNone;
    Index next = kNone;  // in the flow's list
    std::int32_t deficit = 0;
    bool listed = false;
    CodelState codel{};
  };
  // A list of flows in the order of service.
  struct List {
    Index head = kNone;
    Index tail = kNone;
    void push(Index flow, OwnLinesVector<Flow>& flows) {
      flows[flow].next = kNone;
      (head == kNone ? head : flows[tail].next) = flow;
      tail = flow;
    }
    void pop(const OwnLinesVector<Flow>& flows) { head = flows[head].next; }
  };

  [[nodiscard]] Index flow_of(rte_mbuf& packet) const;
  // Returns the flow whose turn it is: it has packets, and bytes left in its turn. The queue must
  // not be empty.
  [[nodiscard]] Index next_flow();
  void append(Index flow, rte_mbuf* packet);
  rte_mbuf* take_oldest(Index index);  // of this flow
  template <DropFunction Drop>
  void shed(Drop&& drop) {
    constexpr unsigned kBatchMax = 64;
    const std::uint32_t half = *std::ranges::max_element(flow_bytes_) / 2;
    for (unsigned shed = 0; shed < kBatchMax;) {
      next_to_shed_ = next_to_shed_ + 1 < flows_.size() ? next_to_shed_ + 1 : 0;
      for (; flow_bytes_[next_to_shed_] > half && shed < kBatchMax; ++shed) {
        drop(take_oldest(next_to_shed_), Lost::kFull);
      }
      if (shed > 0 && next_to_shed_ == 0) {
        return;
      }
    }
  }

  CodelSettings codel_;
  std::int32_t quantum_;
  std::uint64_t limit_bytes_;
  FlowHash hash_;
  OwnLinesVector<Flow> flows_;
  OwnLinesVector<std::uint32_t> flow_bytes_;  // bytes that each flow holds
  OwnLinesVector<Node> nodes_;
  Index free_ = kNone;  // head of the list of free nodes
  Index next_to_shed_ = 0;
  Index fattest_ = 0;  // shed() removes its packets while it holds more than shed_above_ bytes
  std::uint32_t shed_above_ = ~0U;
  List new_;
  List old_;
  std::uint32_t packets_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t marked_ = 0;
};
static_assert(Queue<FqCodel>);

}  // namespace ringroad::sched
