// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How new bands take the place of others, packets included.
#include <rte_mbuf.h>

#include <algorithm>
#include <type_traits>
#include <variant>

#include "packet/ecn.hpp"
#include "packet/tos.hpp"
#include "sched/bands.hpp"

namespace ringroad::sched {

// The priority of a waiting packet is not kept: it is that of its TOS, and frames that are not IPv4
// are ARP's. A packet at the head keeps its place, because the driver was offered it.
template <DropFunction Drop>
void Bands::take_over(Bands& others, Drop&& drop) {
  const unsigned last = discipline_.bands - 1U;
  for (unsigned band = 0; band < others.discipline_.bands; ++band) {
    const BandCounters& old = others.counters_[band];
    BandCounters& counters = counters_[std::min(band, last)];
    counters.sent_packets.add(old.sent_packets.get());
    counters.sent_bytes.add(old.sent_bytes.get());
    counters.dropped.add(old.dropped.get());
    counters.managed.add(old.managed.get());
    counters.requeued.add(old.requeued.get());
  }
  direct_.add(others.direct_.get());
  overlimits_.add(others.overlimits_.get());
  for (; others.head_.size() > 0; ++others.head_.begin) {
    head_.push(others.head_.packets[others.head_.begin],
               std::min<unsigned>(others.head_.bands[others.head_.begin], last));
    ++backlog_;
  }
  const Nanoseconds now = clock_->now();
  others.clear([&](rte_mbuf* packet) {
    const auto place = find_ip(*packet);
    const std::uint8_t priority =
        place ? priority_of_tos(traffic_class_at(*packet, *place)) : kPriorityControl;
    std::uint8_t band = 0;
    classifier_.classify(&packet, {&priority, 1}, &band);
    if (!others.stamped_) {
      stamp(*packet, now);
    }
    ++backlog_;
    std::visit(
        [&](auto& queue) {
          queue.push(packet, Losses<std::remove_reference_t<Drop>>{*this, band, drop});
          waiting_ |= BandMask{queue.packets() > 0} << band;
        },
        queues_[band]);
  });
  publish_backlog();
}

}  // namespace ringroad::sched
