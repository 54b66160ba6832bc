#pragma once
// pfifo_fast and prio, in front of one TX queue of one port: bands served in strict order, each
// first in first out (Linux's net/sched/sch_generic.c; QDS-04..18). One worker's own; counters may
// be read by others.
//
// With nothing waiting a burst goes straight to the ring. What the ring refuses stays at the head,
// in order, ahead of every band (Linux's gso_skb list); nothing is dropped because a ring was full
// for a moment.
#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "sched/fifo.hpp"
#include "sched/token_bucket.hpp"
#include "stats/counter.hpp"

namespace ringroad::sched {

inline constexpr std::size_t kPriorities = 16;
inline constexpr std::size_t kBandsMax = 16;
// Packets offered to the ring at a time.
inline constexpr std::uint16_t kBatch = 64;

struct Discipline {
  std::uint8_t bands = 3;
  std::array<std::uint8_t, kPriorities> priomap{1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
  std::uint32_t limit = 1000;         // packets a band
  std::optional<BitsPerSecond> rate;  // none: not shaped
  Bytes burst{64ULL << 10U};
};

struct BandCounters {
  stats::Counter queued;  // now
  stats::Counter sent_packets;
  stats::Counter sent_bytes;
  stats::Counter dropped;
  stats::Counter requeued;
};

// All bands of a queue together.
struct BandTotals {
  std::uint64_t queued = 0;
  std::uint64_t sent_packets = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t requeued = 0;
};

// Transmit: std::uint16_t(rte_mbuf** packets, std::uint16_t count), the number it took from the
// front. Drop: void(rte_mbuf*), for what a full band cannot hold.
class Bands {
 public:
  Bands(const Discipline& discipline, const Clock& clock);

  // Takes the packets, sends what it can at once.
  template <class Transmit, class Drop>
  void send(std::span<rte_mbuf* const> packets, std::span<const std::uint8_t> priorities,
            Transmit&& transmit, Drop&& drop) {
    std::size_t done = 0;
    if (backlog_ == 0 && !shaper_) [[likely]] {
      done = send_direct(packets, priorities, transmit);
    }
    if (done < packets.size()) [[unlikely]] {
      for (; done < packets.size(); ++done) {
        enqueue(packets[done], priorities[done], drop);
      }
      publish_backlog();
    }
  }

  // Sends what waits, `quota` packets at most; returns how many went. The rest goes in later calls
  // (QDS-14).
  template <class Transmit>
  std::uint32_t drain(std::uint32_t quota, Transmit&& transmit) {
    if (shaper_) {
      shaper_->refill(clock_->now());
    }
    std::uint32_t sent = 0;
    while (backlog_ > 0 && sent < quota) {
      if (head_begin_ == head_end_ && fill_head(quota - sent) == 0) {
        break;
      }
      const auto offered = static_cast<std::uint16_t>(head_end_ - head_begin_);
      const std::uint16_t taken = offer_head(transmit, offered);
      sent += taken;
      if (taken < offered) {
        break;
      }
    }
    publish_backlog();
    return sent;
  }

  // Gives up everything that waits.
  template <class Drop>
  void clear(Drop&& drop) {
    while (head_begin_ < head_end_) {
      drop(head_[head_begin_++]);
    }
    for (std::size_t band = 0; band < discipline_.bands; ++band) {
      while (fifos_[band].size() > 0) {
        drop(fifos_[band].pop());
      }
    }
    backlog_ = 0;
    publish_backlog();
  }

  [[nodiscard]] std::uint32_t backlog() const { return backlog_; }
  [[nodiscard]] const Discipline& discipline() const { return discipline_; }
  [[nodiscard]] std::span<const BandCounters> counters() const {
    return {counters_.data(), discipline_.bands};
  }
  [[nodiscard]] BandTotals totals() const;
  [[nodiscard]] std::uint64_t direct_packets() const { return direct_.get(); }

 private:
  [[nodiscard]] std::uint8_t band_of(std::uint8_t priority) const {
    return discipline_.priomap[priority % kPriorities];
  }

  template <class Transmit>
  std::size_t send_direct(std::span<rte_mbuf* const> packets,
                          std::span<const std::uint8_t> priorities, Transmit&& transmit);
  template <class Transmit>
  std::uint16_t offer_head(Transmit&& transmit, std::uint16_t offered);

  template <class Drop>
  void enqueue(rte_mbuf* packet, std::uint8_t priority, Drop&& drop) {
    const std::uint8_t band = band_of(priority);
    if (fifos_[band].full()) {
      counters_[band].dropped.add(1);
      drop(packet);
      return;
    }
    fifos_[band].push(packet);
    ++backlog_;
  }

  // Moves packets from the bands to the empty head, in strict order, as the shaper allows.
  std::uint16_t fill_head(std::uint32_t quota);
  void hold_at_head(rte_mbuf* packet, std::uint8_t band);
  void publish_backlog();

  Discipline discipline_;
  const Clock* clock_;
  std::uint32_t backlog_ = 0;  // head and bands
  std::uint16_t head_begin_ = 0;
  std::uint16_t head_end_ = 0;
  std::array<rte_mbuf*, kBatch> head_{};
  std::array<std::uint8_t, kBatch> head_bands_{};
  std::optional<TokenBucket> shaper_;
  std::array<Fifo, kBandsMax> fifos_;
  std::array<BandCounters, kBandsMax> counters_;
  stats::Counter direct_;
};

template <class Transmit>
std::size_t Bands::send_direct(std::span<rte_mbuf* const> packets,
                               std::span<const std::uint8_t> priorities, Transmit&& transmit) {
  // The ring may take a packet and free it before we look again: its length is read first.
  std::array<std::uint32_t, kBatch> lengths;
  std::array<rte_mbuf*, kBatch> batch;
  std::size_t done = 0;
  while (done < packets.size()) {
    const auto count =
        static_cast<std::uint16_t>(std::min<std::size_t>(packets.size() - done, kBatch));
    for (std::uint16_t i = 0; i < count; ++i) {
      batch[i] = packets[done + i];
      lengths[i] = batch[i]->pkt_len;
    }
    const std::uint16_t taken = transmit(batch.data(), count);
    for (std::uint16_t i = 0; i < taken; ++i) {
      BandCounters& counters = counters_[band_of(priorities[done + i])];
      counters.sent_packets.add(1);
      counters.sent_bytes.add(lengths[i]);
    }
    direct_.add(taken);
    done += taken;
    if (taken < count) [[unlikely]] {
      // The driver was offered this one: it keeps its place. Those behind it go to their bands.
      hold_at_head(batch[taken], band_of(priorities[done]));
      return done + 1;
    }
  }
  return done;
}

template <class Transmit>
std::uint16_t Bands::offer_head(Transmit&& transmit, std::uint16_t offered) {
  std::array<std::uint32_t, kBatch> lengths;
  for (std::uint16_t i = 0; i < offered; ++i) {
    lengths[i] = head_[head_begin_ + i]->pkt_len;
  }
  const std::uint16_t taken = transmit(head_.data() + head_begin_, offered);
  for (std::uint16_t i = 0; i < taken; ++i) {
    BandCounters& counters = counters_[head_bands_[head_begin_ + i]];
    counters.sent_packets.add(1);
    counters.sent_bytes.add(lengths[i]);
  }
  for (std::uint16_t i = taken; i < offered; ++i) {
    counters_[head_bands_[head_begin_ + i]].requeued.add(1);
  }
  head_begin_ = static_cast<std::uint16_t>(head_begin_ + taken);
  backlog_ -= taken;
  return taken;
}

}  // namespace ringroad::sched
