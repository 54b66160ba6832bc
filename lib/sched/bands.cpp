#include "sched/bands.hpp"

#include <algorithm>

namespace ringroad::sched {

Bands::Bands(const Discipline& discipline, const Clock& clock)
    : discipline_{discipline}, clock_{&clock} {
  for (std::size_t band = 0; band < discipline.bands; ++band) {
    fifos_[band] = Fifo{discipline.limit};
  }
  if (discipline.rate) {
    shaper_.emplace(*discipline.rate, discipline.burst, clock.now());
  }
}

BandTotals Bands::totals() const {
  BandTotals totals;
  for (const BandCounters& band : counters()) {
    totals.queued += band.queued.get();
    totals.sent_packets += band.sent_packets.get();
    totals.sent_bytes += band.sent_bytes.get();
    totals.requeued += band.requeued.get();
  }
  return totals;
}

std::uint16_t Bands::fill_head(std::uint32_t quota) {
  head_begin_ = 0;
  head_end_ = 0;
  const auto most = std::min<std::uint32_t>(quota, kBatch);
  for (std::uint8_t band = 0; band < discipline_.bands; ++band) {
    Fifo& fifo = fifos_[band];
    while (fifo.size() > 0 && head_end_ < most) {
      if (shaper_) {
        if (!shaper_->may_send()) {
          return head_end_;
        }
        shaper_->take(fifo.front()->pkt_len);
      }
      head_[head_end_] = fifo.pop();
      head_bands_[head_end_] = band;
      ++head_end_;
    }
  }
  return head_end_;
}

void Bands::hold_at_head(rte_mbuf* packet, std::uint8_t band) {
  head_begin_ = 0;
  head_end_ = 1;
  head_[0] = packet;
  head_bands_[0] = band;
  counters_[band].requeued.add(1);
  ++backlog_;
}

void Bands::publish_backlog() {
  std::array<std::uint32_t, kBandsMax> at_head{};
  for (std::uint16_t i = head_begin_; i < head_end_; ++i) {
    ++at_head[head_bands_[i]];
  }
  for (std::size_t band = 0; band < discipline_.bands; ++band) {
    counters_[band].queued.set(fifos_[band].size() + at_head[band]);
  }
}

}  // namespace ringroad::sched
