// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Packet scheduling before one TX queue of one port: the bands and their queues, the service order,
// and the rates. Owned by one worker, except for the shaper; other threads may read the counters.
//
// If no packet waits and the rates allow it, a burst goes directly to the ring. Packets that the
// ring refuses stay at the head, in order, ahead of every band (Linux's gso_skb list); nothing is
// dropped because a ring is full for a moment.
//
// The header is long because its functions are templates of the device, to be inlined into the
// worker's loop.
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>

#include "base/clock.hpp"
#include "base/own_lines.hpp"
#include "sched/classifier.hpp"
#include "sched/discipline.hpp"
#include "sched/drr.hpp"
#include "sched/fifo.hpp"
#include "sched/fq_codel.hpp"
#include "sched/shaper.hpp"
#include "sched/strict.hpp"
#include "stats/counter.hpp"
#include "stats/histogram.hpp"

namespace ringroad::sched {

// The most packets that are offered to the ring at once.
inline constexpr std::uint16_t kBatch = 64;
// The bytes of a full-sized Ethernet frame.
inline constexpr std::uint32_t kFrame = 1514;

struct BandCounters {
  stats::Counter queued;  // at present
  stats::Counter queued_bytes;
  stats::Counter sent_packets;
  stats::Counter sent_bytes;
  stats::Counter dropped;
  stats::Counter managed;  // among these, by active queue management
  stats::Counter marked;
  stats::Counter requeued;
};

// The sums over all bands of a queue.
struct BandTotals {
  std::uint64_t queued = 0;
  std::uint64_t queued_bytes = 0;
  std::uint64_t sent_packets = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t dropped = 0;
  std::uint64_t requeued = 0;
};

[[nodiscard]] inline std::uint64_t bytes_of(std::span<rte_mbuf* const> packets) {
  std::uint64_t bytes = 0;
  for (const rte_mbuf* const packet : packets) {
    bytes += packet->pkt_len;
  }
  return bytes;
}

// The device that sends the packets. room(bytes): how many of the waiting bytes the device should
// get, or kNoLimit; the packet that crosses this limit may still be sent. transmit(): sends packets
// from the front and returns how many. sent(): reports the packets and bytes that were sent.
inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
template <class D>
concept Device = requires(D& device, rte_mbuf** packets, std::uint16_t count, std::uint64_t bytes) {
  { device.room(bytes) } -> std::same_as<std::int64_t>;
  { device.transmit(packets, count) } -> std::same_as<std::uint16_t>;
  device.sent(count, bytes);
};

class Bands {
 public:
  // All workers of a port share its shaper.
  Bands(const Discipline& discipline, const Clock& clock, std::shared_ptr<Shaper> shaper);
  Bands(const Discipline& discipline, const Clock& clock)
      : Bands{discipline, clock, std::make_shared<Shaper>(discipline, clock.now())} {}

  // Accepts at most kBatch packets of one burst with `bytes` bytes in total, and sends at once as
  // many as possible. `packets` may be modified.
  template <Device D, DropFunction Drop>
  void send(std::span<rte_mbuf*> packets, std::span<const std::uint8_t> priorities,
            std::uint64_t bytes, D&& device, Drop&& drop);

  // Sends at most `quota` waiting packets and returns how many were sent; later calls send the
  // rest.
  template <Device D, DropFunction Drop>
  std::uint32_t drain(std::uint32_t quota, D&& device, Drop&& drop);

  // Drops waiting packets until at most `most` are left, each time the oldest of the longest band,
  // so that a long band of low priority pays before a short one. Packets that the ring refused
  // stay.
  template <DropFunction Drop>
  void shed(std::uint32_t most, Drop&& drop);
  // Removes all waiting packets.
  template <class Take>
  void clear(Take&& take);
  // Takes over the packets that wait in other bands, in their order, and the counters. These bands
  // send in place of the others from then on. What their limits do not allow is dropped.
  // (bands_take_over.hpp)
  template <DropFunction Drop>
  void take_over(Bands& others, Drop&& drop);

  // Called by any thread: starts or stops measuring how long packets wait. Starting clears earlier
  // measurements, also if it was started before.
  void measure_delays(bool on) {
    const std::uint32_t round = wanted_round_.load(std::memory_order_relaxed) / 2;
    wanted_round_.store(2 * (round + 1) + (on ? 1 : 0), std::memory_order_relaxed);
  }
  [[nodiscard]] bool measures_delays() const {
    return wanted_round_.load(std::memory_order_relaxed) % 2 != 0;
  }
  // Whether delays are measured and the worker has begun: until then the delays are earlier ones.
  [[nodiscard]] bool has_delays() const {
    return measures_delays() &&
           round_.load(std::memory_order_relaxed) == wanted_round_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const stats::Histogram& delays_ns(std::size_t band) const { return delays_[band]; }

  [[nodiscard]] std::uint32_t backlog() const { return backlog_; }
  [[nodiscard]] const Discipline& discipline() const { return discipline_; }
  [[nodiscard]] std::span<const BandCounters> counters() const {
    return {counters_.data(), discipline_.bands};
  }
  [[nodiscard]] BandTotals totals() const;
  [[nodiscard]] std::uint64_t direct_packets() const { return direct_.get(); }
  // The number of drains that ended because a rate allowed no more (tc's overlimits).
  [[nodiscard]] std::uint64_t overlimits() const { return overlimits_.get(); }

 private:
  using AnyQueue = std::variant<Fifo, Codel, FqCodel>;

  static constexpr std::uint16_t kBatchMin = 4;

  // Packets that the ring has refused, or that it will be offered next.
  struct Head {
    std::uint16_t begin = 0;
    std::uint16_t end = 0;
    std::array<rte_mbuf*, kBatch> packets{};
    std::array<std::uint8_t, kBatch> bands{};

    [[nodiscard]] std::uint16_t size() const { return static_cast<std::uint16_t>(end - begin); }
    void push(rte_mbuf* packet, unsigned band) {
      packets[end] = packet;
      bands[end] = static_cast<std::uint8_t>(band);
      ++end;
    }
  };

  // Properties of a batch, read before the ring may accept a packet and free it.
  struct Weights {
    std::array<std::uint32_t, kBatch> lengths{};
    std::array<std::int64_t, kBatch> queued_at{};  // only if delays are measured
  };

  template <class D>
  std::uint16_t send_direct(std::span<rte_mbuf*> packets, std::uint64_t bytes,
                            const std::uint8_t* bands, bool one_band, D& device);
  template <class Drop>
  void enqueue(std::span<rte_mbuf*> packets, const std::uint8_t* bands, Drop& drop);
  // Moves packets from the bands to the empty head, as many as the order, the rates and the room in
  // the ring allow.
  template <class Drop>
  void fill_head(std::uint32_t most, std::int64_t room, Nanoseconds now, Drop& drop);
  void fill_head_plain(std::uint32_t most, std::int64_t room, Nanoseconds now);
  template <class O, class Drop>
  void fill_head_by(O& order, std::uint32_t most, std::int64_t room, Nanoseconds now, Drop& drop);
  template <class D>
  std::uint16_t offer_head(D& device);

  // Bands that may send within their guaranteed rates; bands that may use what is left over.
  [[nodiscard]] BandMask ready_bands(Nanoseconds now);
  [[nodiscard]] BandMask borrowing_bands(Nanoseconds now);
  [[nodiscard]] bool covers(unsigned band, Draw& draw, Nanoseconds now);
  [[nodiscard]] std::uint64_t charge(std::uint32_t bytes) const {
    return std::uint64_t{bytes} + discipline_.overhead;
  }
  // Returns whether the port's rate allows all packets now, and if so spends the tokens.
  bool pay(std::size_t packets, std::uint64_t bytes) {
    if (!discipline_.rate) [[likely]] {
      return true;
    }
    const std::uint64_t cost = bytes + packets * discipline_.overhead;
    // A cost above the bucket's size is only allowed for a single packet.
    return cost <= discipline_.burst.count && port_draw_.covers(cost, cost, clock_->now());
  }
  void finish_draws();
  [[nodiscard]] std::uint32_t next_bytes(unsigned band) {
    return std::visit([](auto& queue) { return queue.next_bytes(); }, queues_[band]);
  }
  [[nodiscard]] std::uint32_t packets_in(unsigned band) const {
    return std::visit([](const auto& queue) { return queue.packets(); }, queues_[band]);
  }

  // `lengths` has kBatch elements, of which only the first `count` are used.
  void count_sent(const std::uint8_t* bands, const std::uint32_t* lengths, std::uint16_t count,
                  std::uint64_t bytes);
  void publish_backlog();
  // Returns true while delays are measured.
  bool follow_measuring();

  // Counts the packets that a queue loses, and passes them on.
  template <class Drop>
  struct Losses {
    Bands& bands;
    unsigned band;
    Drop& drop;
    void operator()(rte_mbuf* packet, Lost lost) const {
      BandCounters& counters = bands.counters_[band];
      counters.dropped.add(1);
      if (lost == Lost::kManaged) {
        counters.managed.add(1);
      }
      --bands.backlog_;
      drop(packet, lost);
    }
  };

  Discipline discipline_;
  const Clock* clock_;
  Classifier classifier_;
  bool direct_allowed_ = false;
  bool plain_ = false;         // FIFOs in strict order, no band with a rate
  bool stamped_ = false;       // queues need to know when a packet arrived
  std::uint32_t backlog_ = 0;  // head and bands
  BandMask waiting_ = 0;       // bands that hold packets
  // The number of packets that the ring is offered; it is lowered after a refusal, so that few
  // packets are at the head when urgent ones arrive.
  std::uint16_t batch_ = kBatchMin;
  Head head_;
  Weights weights_;
  std::variant<Strict, Drr> order_;
  std::array<AnyQueue, kBandsMax> queues_;

  std::shared_ptr<Shaper> shaper_;
  Draw port_draw_;
  BandMask shaped_ = 0;     // bands with a rate or a ceiling
  BandMask borrowers_ = 0;  // bands with both
  std::array<Draw, kBandsMax> rate_draws_;
  std::array<Draw, kBandsMax> ceil_draws_;

  std::array<BandCounters, kBandsMax> counters_;
  stats::Counter direct_;
  stats::Counter overlimits_;

  std::atomic<std::uint32_t> wanted_round_{0};  // odd: measure
  std::atomic<std::uint32_t> round_{0};         // written by the worker
  std::int64_t measured_since_ = 0;
  OwnLinesVector<stats::Histogram> delays_;  // one element for each band
};

template <Device D, DropFunction Drop>
void Bands::send(std::span<rte_mbuf*> packets, std::span<const std::uint8_t> priorities,
                 std::uint64_t bytes, D&& device, Drop&& drop) {
  if (packets.empty()) {
    return;
  }
  std::array<std::uint8_t, kBatch> bands;
  const bool one_band = classifier_.classify(packets.data(), priorities, bands.data());
  std::uint16_t done = 0;
  if (backlog_ == 0 && direct_allowed_ && pay(packets.size(), bytes)) [[likely]] {
    done = send_direct(packets, bytes, bands.data(), one_band, device);
    finish_draws();
  }
  if (done < packets.size()) [[unlikely]] {
    enqueue(packets.subspan(done), bands.data() + done, drop);
  }
}

template <class D>
std::uint16_t Bands::send_direct(std::span<rte_mbuf*> packets, std::uint64_t bytes,
                                 const std::uint8_t* bands, bool one_band, D& device) {
  if (!one_band) [[unlikely]] {
    for (std::size_t i = 0; i < packets.size(); ++i) {
      weights_.lengths[i] = packets[i]->pkt_len;
    }
  }
  auto count = static_cast<std::uint16_t>(packets.size());
  const std::int64_t room = device.room(bytes);
  if (room < static_cast<std::int64_t>(bytes)) [[unlikely]] {
    count = 0;
    for (std::int64_t left = room; left > 0 && count < packets.size(); ++count) {
      left -= packets[count]->pkt_len;
    }
  }
  const std::uint16_t taken = count > 0 ? device.transmit(packets.data(), count) : 0;
  for (const rte_mbuf* const refused : packets.subspan(taken)) {
    bytes -= refused->pkt_len;
  }
  device.sent(taken, bytes);
  port_draw_.spend(bytes + std::uint64_t{taken} * discipline_.overhead);
  if (one_band) [[likely]] {
    counters_[bands[0]].sent_packets.add(taken);
    counters_[bands[0]].sent_bytes.add(bytes);
  } else {
    count_sent(bands, weights_.lengths.data(), taken, bytes);
  }
  direct_.add(taken);
  if (follow_measuring()) [[unlikely]] {
    for (std::uint16_t i = 0; i < taken; ++i) {
      delays_[bands[i]].add(0);
    }
  }
  if (taken == count) {
    return taken;
  }
  // The driver was offered this packet: it keeps its place, and its tokens are spent. The packets
  // behind it go to their bands.
  port_draw_.spend(charge(packets[taken]->pkt_len));
  head_.begin = 0;
  head_.end = 0;
  head_.push(packets[taken], bands[taken]);
  stamp(*packets[taken], clock_->now());
  counters_[bands[taken]].requeued.add(1);
  ++backlog_;
  batch_ = kBatchMin;
  return static_cast<std::uint16_t>(taken + 1);
}

template <class Drop>
void Bands::enqueue(std::span<rte_mbuf*> packets, const std::uint8_t* bands, Drop& drop) {
  if (follow_measuring() || stamped_) {
    const Nanoseconds now = clock_->now();
    for (rte_mbuf* const packet : packets) {
      stamp(*packet, now);
    }
  }
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const unsigned band = bands[i];
    ++backlog_;
    std::visit(
        [&](auto& queue) {
          queue.push(packets[i], Losses<Drop>{*this, band, drop});
          // The limit may be below the length of this single packet.
          waiting_ |= BandMask{queue.packets() > 0} << band;
        },
        queues_[band]);
  }
  publish_backlog();
}

template <Device D, DropFunction Drop>
std::uint32_t Bands::drain(std::uint32_t quota, D&& device, Drop&& drop) {
  follow_measuring();
  const Nanoseconds now = plain_ && !discipline_.rate ? Nanoseconds{} : clock_->now();
  std::uint32_t sent = 0;
  while (backlog_ > 0 && sent < quota) {
    const std::int64_t room = device.room(std::uint64_t{kBatch} * kFrame);
    if (head_.size() == 0) {
      fill_head(std::min<std::uint32_t>(quota - sent, batch_), room, now, drop);
    }
    const std::uint16_t offered = head_.size();
    if (offered == 0 || room <= 0) {
      break;
    }
    const std::uint16_t taken = offer_head(device);
    sent += taken;
    if (taken < offered) {
      batch_ = std::max(taken, kBatchMin);
      break;
    }
    batch_ = std::min<std::uint16_t>(static_cast<std::uint16_t>(2 * batch_), kBatch);
  }
  finish_draws();
  publish_backlog();
  return sent;
}

template <class Drop>
void Bands::fill_head(std::uint32_t most, std::int64_t room, Nanoseconds now, Drop& drop) {
  head_.begin = 0;
  head_.end = 0;
  if (plain_) {
    fill_head_plain(most, room, now);
    return;
  }
  std::visit([&](auto& order) { fill_head_by(order, most, room, now, drop); }, order_);
}

template <class O, class Drop>
void Bands::fill_head_by(O& order, std::uint32_t most, std::int64_t room, Nanoseconds now,
                         Drop& drop) {
  while (head_.end < most && room > 0 && waiting_ != 0) {
    bool borrows = false;
    BandMask ready = ready_bands(now);
    if (ready == 0) {
      borrows = true;
      ready = borrowing_bands(now);
    }
    const unsigned band =
        ready == 0 ? 0 : order.next(ready, [this](unsigned b) { return next_bytes(b); });
    if (ready == 0 || !covers(band, port_draw_, now)) {
      overlimits_.add(1);
      return;
    }
    Draw free;
    Draw& rate = borrows ? free : rate_draws_[band];
    Draw& ceil = ceil_draws_[band];
    const std::uint64_t drawn = std::min({port_draw_.left(), rate.left(), ceil.left()});
    rte_mbuf* const packet = std::visit(
        [&](auto& queue) {
          return queue.pop(now, drawn - discipline_.overhead, Losses<Drop>{*this, band, drop});
        },
        queues_[band]);
    if (packets_in(band) == 0) {
      waiting_ &= ~(BandMask{1} << band);
    }
    if (packet != nullptr) {
      room -= packet->pkt_len;
      order.sent(band, packet->pkt_len);
      const std::uint64_t cost = charge(packet->pkt_len);
      for (Draw* const draw : {&port_draw_, &rate, &ceil}) {
        draw->spend(cost);
      }
      head_.push(packet, band);
    }
    if ((waiting_ >> band & 1U) == 0) {
      order.emptied(band);
    }
  }
}

template <class D>
std::uint16_t Bands::offer_head(D& device) {
  const std::uint16_t offered = head_.size();
  rte_mbuf** const first = head_.packets.data() + head_.begin;
  const std::uint8_t* const bands = head_.bands.data() + head_.begin;
  for (std::uint16_t i = 0; i < offered; ++i) {
    weights_.lengths[i] = first[i]->pkt_len;
  }
  const bool measures = round_.load(std::memory_order_relaxed) % 2 != 0;
  if (measures) [[unlikely]] {
    for (std::uint16_t i = 0; i < offered; ++i) {
      weights_.queued_at[i] = queued_at(*first[i]).count();
    }
  }
  const std::uint16_t taken = device.transmit(first, offered);
  std::uint64_t bytes = 0;
  for (std::uint16_t i = 0; i < taken; ++i) {
    bytes += weights_.lengths[i];
  }
  device.sent(taken, bytes);
  count_sent(bands, weights_.lengths.data(), taken, bytes);
  if (measures) [[unlikely]] {
    const std::int64_t now = clock_->now().count();
    for (std::uint16_t i = 0; i < taken; ++i) {
      // Packets that were queued before the measurement have no stamp.
      if (weights_.queued_at[i] >= measured_since_ && weights_.queued_at[i] <= now) {
        delays_[bands[i]].add(static_cast<std::uint64_t>(now - weights_.queued_at[i]));
      }
    }
  }
  for (std::uint16_t i = taken; i < offered; ++i) {
    counters_[bands[i]].requeued.add(1);
  }
  head_.begin = static_cast<std::uint16_t>(head_.begin + taken);
  backlog_ -= taken;
  return taken;
}

template <DropFunction Drop>
void Bands::shed(std::uint32_t most, Drop&& drop) {
  if (backlog_ <= most) {
    return;
  }
  while (waiting_ != 0 && backlog_ > most) {
    unsigned longest = 0;
    for (BandMask left = waiting_; left != 0; left &= left - 1) {
      const auto band = static_cast<unsigned>(std::countr_zero(left));
      longest = packets_in(band) >= packets_in(longest) ? band : longest;
    }
    rte_mbuf* const packet = std::visit([](auto& queue) { return queue.shed(); }, queues_[longest]);
    Losses<Drop>{*this, longest, drop}(packet, Lost::kMemory);
    if (packets_in(longest) == 0) {
      waiting_ &= ~(BandMask{1} << longest);
      std::visit([&](auto& order) { order.emptied(longest); }, order_);
    }
  }
  publish_backlog();
}

template <class Take>
void Bands::clear(Take&& take) {
  while (head_.size() > 0) {
    take(head_.packets[head_.begin++]);
  }
  for (std::size_t band = 0; band < discipline_.bands; ++band) {
    std::visit([&](auto& queue) { queue.clear(take); }, queues_[band]);
  }
  waiting_ = 0;
  backlog_ = 0;
  publish_backlog();
}

}  // namespace ringroad::sched
