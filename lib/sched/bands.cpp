#include "sched/bands.hpp"

namespace ringroad::sched {
namespace {

std::variant<Fifo, Codel, FqCodel> make_queue(const BandSettings& settings) {
  switch (settings.queue) {
    case QueueKind::kFifo:
      break;
    case QueueKind::kCodel:
      return Codel{settings};
    case QueueKind::kFqCodel:
      return FqCodel{settings};
  }
  return Fifo{settings};
}

std::variant<Strict, Drr> make_order(const Discipline& discipline) {
  if (discipline.strict < discipline.bands) {
    return Drr{discipline};
  }
  return Strict{};
}

}  // namespace

Bands::Bands(const Discipline& discipline, const Clock& clock, std::shared_ptr<Shaper> shaper)
    : discipline_{discipline},
      clock_{&clock},
      classifier_{discipline},
      order_{make_order(discipline)},
      shaper_{std::move(shaper)},
      port_draw_{shaper_->port.get()} {
  bool fifos = true;
  for (unsigned band = 0; band < discipline.bands; ++band) {
    const BandSettings& settings = discipline.each[band];
    queues_[band] = make_queue(settings);
    fifos = fifos && settings.queue == QueueKind::kFifo;
    rate_draws_[band] = Draw{shaper_->rate[band].get()};
    ceil_draws_[band] = Draw{shaper_->ceil[band].get()};
    const BandMask bit = BandMask{1} << band;
    shaped_ |= settings.rate || settings.ceil ? bit : 0;
    borrowers_ |= settings.rate && settings.ceil ? bit : 0;
  }
  direct_allowed_ = !discipline.rate && shaped_ == 0;
  plain_ = direct_allowed_ && fifos && std::holds_alternative<Strict>(order_);
  stamped_ = !fifos;
}

BandTotals Bands::totals() const {
  BandTotals totals;
  for (const BandCounters& band : counters()) {
    totals.queued += band.queued.get();
    totals.queued_bytes += band.queued_bytes.get();
    totals.sent_packets += band.sent_packets.get();
    totals.sent_bytes += band.sent_bytes.get();
    totals.dropped += band.dropped.get();
    totals.requeued += band.requeued.get();
  }
  return totals;
}

void Bands::fill_head_plain(std::uint32_t most) {
  while (waiting_ != 0) {
    const auto band = static_cast<unsigned>(std::countr_zero(waiting_));
    Fifo& fifo = *std::get_if<Fifo>(&queues_[band]);
    const std::uint32_t count = std::min(fifo.packets(), most - head_.end);
    for (std::uint32_t i = 0; i < count; ++i) {
      head_.push(fifo.pop(), band);
    }
    if (fifo.packets() > 0) {
      return;
    }
    waiting_ &= waiting_ - 1;
  }
}

bool Bands::covers(unsigned band, Draw& draw, Nanoseconds now) {
  // No more than a drain can send; what is left over is given back.
  constexpr std::uint64_t kDrawMost = std::uint64_t{kBatch} * kFrame;
  return draw.covers(charge(next_bytes(band)), kDrawMost, now);
}

BandMask Bands::ready_bands(Nanoseconds now) {
  BandMask ready = waiting_ & ~shaped_;
  for (BandMask left = waiting_ & shaped_; left != 0; left &= left - 1) {
    const auto band = static_cast<unsigned>(std::countr_zero(left));
    if (covers(band, ceil_draws_[band], now) && covers(band, rate_draws_[band], now)) {
      ready |= BandMask{1} << band;
    }
  }
  return ready;
}

BandMask Bands::borrowing_bands(Nanoseconds now) {
  BandMask ready = 0;
  for (BandMask left = waiting_ & borrowers_; left != 0; left &= left - 1) {
    const auto band = static_cast<unsigned>(std::countr_zero(left));
    if (covers(band, ceil_draws_[band], now)) {
      ready |= BandMask{1} << band;
    }
  }
  return ready;
}

void Bands::finish_draws() {
  if (direct_allowed_) {
    return;
  }
  port_draw_.finish();
  for (BandMask left = shaped_; left != 0; left &= left - 1) {
    const auto band = static_cast<unsigned>(std::countr_zero(left));
    rate_draws_[band].finish();
    ceil_draws_[band].finish();
  }
}

void Bands::count_sent(const std::uint8_t* bands, const Weights& weights, std::uint16_t count,
                       std::uint64_t bytes) {
  if (count == 0) {
    return;
  }
  // Nearly always they are all of one band: then each equals the one before it.
  if (std::memcmp(bands, bands + 1, count - 1U) == 0) [[likely]] {
    counters_[bands[0]].sent_packets.add(count);
    counters_[bands[0]].sent_bytes.add(bytes);
    return;
  }
  for (std::uint16_t i = 0; i < count; ++i) {
    counters_[bands[i]].sent_packets.add(1);
    counters_[bands[i]].sent_bytes.add(weights.lengths[i]);
  }
}

void Bands::publish_backlog() {
  std::array<std::uint32_t, kBandsMax> packets{};
  std::array<std::uint64_t, kBandsMax> bytes{};
  for (std::uint16_t i = head_.begin; i < head_.end; ++i) {
    ++packets[head_.bands[i]];
    bytes[head_.bands[i]] += head_.packets[i]->pkt_len;
  }
  for (unsigned band = 0; band < discipline_.bands; ++band) {
    std::visit(
        [&](const auto& queue) {
          counters_[band].queued.set(queue.packets() + packets[band]);
          counters_[band].queued_bytes.set(queue.bytes() + bytes[band]);
          if constexpr (requires { queue.marked(); }) {
            counters_[band].marked.set(queue.marked());
          }
        },
        queues_[band]);
  }
}

bool Bands::follow_measuring() {
  const std::uint32_t wanted = wanted_round_.load(std::memory_order_relaxed);
  if (wanted != round_) [[unlikely]] {
    round_ = wanted;
    if (wanted % 2 != 0) {
      measured_since_ = clock_->now().count();
      std::ranges::for_each(delays_, &stats::Histogram::clear);
    }
  }
  return round_ % 2 != 0;
}

}  // namespace ringroad::sched
