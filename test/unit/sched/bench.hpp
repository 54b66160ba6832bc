// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Bands before a device that accepts as many packets as a test allows, and the packets.
#include <functional>
#include <map>
#include <vector>

#include "sched/bands.hpp"

namespace ringroad::test {

// Priorities of bands 0, 1 and 2.
inline constexpr std::array<std::uint8_t, 3> kPriorityOf{6, 0, 2};

class Bench {
  struct Device {
    Bench& bench;
    [[nodiscard]] std::int64_t room(std::uint64_t /*wanted*/) const { return bench.byte_room; }
    std::uint16_t transmit(rte_mbuf** packets, std::uint16_t count) const {
      std::uint16_t taken = 0;
      for (; taken < count && bench.room > 0; ++taken, --bench.room) {
        bench.sent.push_back(number_of(packets[taken]));
      }
      return taken;
    }
    void sent(std::uint16_t packets, std::uint64_t bytes) const {
      bench.sent_packets += packets;
      bench.sent_bytes += bytes;
      if (bench.byte_room != sched::kNoLimit) {
        bench.byte_room -= static_cast<std::int64_t>(bytes);
      }
    }
  };
  struct Drop {
    Bench& bench;
    void operator()(rte_mbuf* packet, sched::Lost lost) const {
      bench.dropped.push_back(number_of(packet));
      bench.managed += lost == sched::Lost::kManaged ? 1 : 0;
    }
  };

 public:
  explicit Bench(const sched::Discipline& discipline = {}) : bands{discipline, clock} {}
  Bench(const sched::Discipline& discipline, std::shared_ptr<sched::Shaper> shaper)
      : bands{discipline, clock, std::move(shaper)} {}

  // Sends a packet to that band of pfifo_fast. By default its length is its number.
  std::uint32_t send(std::uint8_t band, std::uint32_t length = 0) {
    return send_as(kPriorityOf.at(band), length);
  }
  std::uint32_t send_as(std::uint8_t priority, std::uint32_t length) {
    rte_mbuf* packet = make(length);
    const std::uint32_t number = number_of(packet);
    priority_of[number] = priority;
    bands.send({&packet, 1}, {&priority, 1}, packet->pkt_len, Device{*this}, Drop{*this});
    return number;
  }
  void send_burst(const std::vector<std::uint8_t>& burst_bands, std::uint32_t length = 0) {
    std::vector<rte_mbuf*> burst;
    std::vector<std::uint8_t> priorities;
    for (const std::uint8_t band : burst_bands) {
      burst.push_back(make(length));
      priorities.push_back(kPriorityOf.at(band));
      priority_of[number_of(burst.back())] = priorities.back();
    }
    bands.send(burst, priorities, sched::bytes_of(burst), Device{*this}, Drop{*this});
  }
  std::uint32_t drain(std::uint32_t quota = 64) {
    return bands.drain(quota, Device{*this}, Drop{*this});
  }
  void drain_all() {
    while (drain() > 0) {
    }
  }

  [[nodiscard]] std::uint8_t band_of(std::uint32_t number) const {
    return bands.discipline().priomap.at(priority_of.at(number));
  }
  [[nodiscard]] std::uint32_t length_of(std::uint32_t number) const {
    return packets_.at(number).pkt_len;
  }
  [[nodiscard]] static std::uint32_t number_of(const rte_mbuf* packet) {
    return packet->dynfield1[0];
  }
  [[nodiscard]] rte_mbuf& packet(std::uint32_t number) { return packets_.at(number); }
  // next() is the number of the next packet; skip() skips that number.
  [[nodiscard]] std::uint32_t next() const { return next_; }
  void skip() { ++next_; }
  [[nodiscard]] std::size_t packets() const { return packets_.size(); }
  // Returns the number of bytes that were sent from that band.
  [[nodiscard]] std::uint64_t sent_of(std::uint8_t band) const {
    std::uint64_t bytes = 0;
    for (const std::uint32_t number : sent) {
      bytes += band_of(number) == band ? length_of(number) : 0;
    }
    return bytes;
  }

  Clock clock{Clock::Manual{}};
  std::uint32_t room = 0;  // packets that the device accepts from now on
  std::int64_t byte_room = sched::kNoLimit;
  std::vector<std::uint32_t> sent;  // numbers of packets
  std::vector<std::uint32_t> dropped;
  std::uint32_t managed = 0;  // dropped by the AQM
  std::uint64_t sent_packets = 0;
  std::uint64_t sent_bytes = 0;
  std::map<std::uint32_t, std::uint8_t> priority_of;
  sched::Bands bands;
  std::function<std::span<std::uint8_t>(std::uint32_t number)> frame_of;  // for tests that need
                                                                          // frames

 private:
  // Tests of the order of packets need no buffer pool.
  rte_mbuf* make(std::uint32_t length) {
    const std::uint32_t number = next_++;
    rte_mbuf& packet = packets_[number];
    packet.pkt_len = length > 0 ? length : number;
    packet.dynfield1[0] = number;
    if (frame_of) {
      const std::span<std::uint8_t> frame = frame_of(number);
      packet.buf_addr = frame.data();
      packet.data_len = static_cast<std::uint16_t>(frame.size());
    }
    return &packet;
  }
  std::uint32_t next_ = 1;
  std::map<std::uint32_t, rte_mbuf> packets_;
};

}  // namespace ringroad::test
