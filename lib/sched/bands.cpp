// SPDX-License-Identifier: BSD-3-Clause
#include "sched/bands.hpp"

#include <immintrin.h>

#include <bit>
#include <cstring>
#include <numeric>

namespace ringroad::sched {
namespace {

// The most bytes of tokens in one draw: what a drain can send. Unused tokens are returned.
constexpr std::uint64_t kDrawMost = std::uint64_t{kBatch} * kFrame;

struct Count {
  std::uint32_t packets = 0;
  std::uint64_t bytes = 0;
};

// Counts the packets and bytes of one band in a batch. ~1 instruction a packet, and a single
// comparison if the band has none.
Count count_of(std::uint8_t band, const std::array<std::uint8_t, kBatch>& bands,
               const std::uint32_t* lengths) {
  constexpr std::size_t kBytes = sizeof(__m256i);
  constexpr std::size_t kWords = kBytes / sizeof(std::uint32_t);
  const __m256i wanted = _mm256_set1_epi8(static_cast<char>(band));
  alignas(kBytes) std::array<std::uint8_t, kBatch> same;
  std::uint64_t which = 0;
  for (std::size_t i = 0; i < kBatch; i += kBytes) {
    const __m256i some = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&bands[i]));
    const __m256i equal = _mm256_cmpeq_epi8(some, wanted);
    _mm256_store_si256(reinterpret_cast<__m256i*>(&same[i]), equal);
    which |= std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(equal))} << i;
  }
  if (which == 0) {
    return {};
  }
  __m256i sums = _mm256_setzero_si256();
  const auto end = static_cast<unsigned>(std::bit_width(which));
  for (std::size_t i = 0; i < end; i += kWords) {
    const __m256i lanes =
        _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(&same[i])));
    const __m256i eight = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lengths + i));
    sums = _mm256_add_epi32(sums, _mm256_and_si256(eight, lanes));
  }
  std::array<std::uint32_t, kWords> each;
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(each.data()), sums);
  return {static_cast<std::uint32_t>(std::popcount(which)),
          std::accumulate(each.begin(), each.end(), std::uint64_t{0})};
}

std::variant<Fifo, Codel, FqCodel> make_queue(const BandSettings& settings) {
  switch (settings.aqm) {
    case Aqm::kNone:
      break;
    case Aqm::kCodel:
      return Codel{settings};
    case Aqm::kFqCodel:
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
      port_draw_{shaper_->port.get()},
      delays_(discipline.bands) {
  bool fifos = true;
  for (unsigned band = 0; band < discipline.bands; ++band) {
    const BandSettings& settings = discipline.each[band];
    queues_[band] = make_queue(settings);
    fifos = fifos && settings.aqm == Aqm::kNone;
    rate_draws_[band] = Draw{shaper_->rate[band].get()};
    ceil_draws_[band] = Draw{shaper_->ceil[band].get()};
    const BandMask bit = BandMask{1} << band;
    shaped_ |= settings.rate || settings.ceil ? bit : 0;
    borrowers_ |= settings.rate && settings.ceil ? bit : 0;
  }
  direct_allowed_ = shaped_ == 0;
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

void Bands::fill_head_plain(std::uint32_t most, std::int64_t room, Nanoseconds now) {
  while (waiting_ != 0) {
    const auto band = static_cast<unsigned>(std::countr_zero(waiting_));
    Fifo& fifo = *std::get_if<Fifo>(&queues_[band]);
    const std::uint32_t count = std::min(fifo.packets(), most - head_.end);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t bytes = fifo.next_bytes();
      if (!port_draw_.covers(charge(bytes), kDrawMost, now)) {
        overlimits_.add(1);
        return;
      }
      if (room <= 0) {
        return;
      }
      room -= bytes;
      port_draw_.spend(charge(bytes));
      head_.push(fifo.pop(), band);
    }
    if (fifo.packets() > 0) {
      return;
    }
    waiting_ &= waiting_ - 1;
  }
}

bool Bands::covers(unsigned band, Draw& draw, Nanoseconds now) {
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
  port_draw_.finish();
  for (BandMask left = shaped_; left != 0; left &= left - 1) {
    const auto band = static_cast<unsigned>(std::countr_zero(left));
    rate_draws_[band].finish();
    ceil_draws_[band].finish();
  }
}

void Bands::count_sent(const std::uint8_t* bands, const std::uint32_t* lengths, std::uint16_t count,
                       std::uint64_t bytes) {
  if (count == 0) {
    return;
  }
  // Nearly always all packets are in one band: then each band equals the one before it.
  if (std::memcmp(bands, bands + 1, count - 1U) == 0) [[likely]] {
    counters_[bands[0]].sent_packets.add(count);
    counters_[bands[0]].sent_bytes.add(bytes);
    return;
  }
  std::array<std::uint8_t, kBatch> padded;
  padded.fill(0xff);  // no band
  std::copy_n(bands, count, padded.begin());
  for (unsigned band = 0; band < discipline_.bands; ++band) {
    const auto [packets, sum] = count_of(static_cast<std::uint8_t>(band), padded, lengths);
    if (packets > 0) {
      counters_[band].sent_packets.add(packets);
      counters_[band].sent_bytes.add(sum);
    }
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
  if (wanted != round_.load(std::memory_order_relaxed)) [[unlikely]] {
    if (wanted % 2 != 0) {
      measured_since_ = clock_->now().count();
      std::ranges::for_each(delays_, &stats::Histogram::clear);
    }
    round_.store(wanted, std::memory_order_release);
  }
  return wanted % 2 != 0;
}

}  // namespace ringroad::sched
