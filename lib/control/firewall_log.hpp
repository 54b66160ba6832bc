// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What `log` in rules says of packets. The thread that carries a packet writes an entry into a ring
// of its own; the control thread turns entries into lines. An entry that finds no room, and a line
// beyond kASecond, is counted and left out: a flood costs its packets nothing but the entries.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "filter/evaluate.hpp"
#include "interface/world.hpp"

namespace ringroad::control {

class FirewallLog {
 public:
  static constexpr std::uint32_t kASecond = 50;

  // `threads`: the workers and the control thread.
  FirewallLog(const Clock& clock, std::size_t threads);

  // Of the thread that carries the packet.
  static void note(void* log, StageContext& context, const Burst& burst, std::size_t index,
                   HookPoint point, const nft::Log& rule);
  // Control thread. Returns false if there was nothing.
  bool write(const interface::World& world);

 private:
  struct Entry {
    std::uint16_t octets = 0;
    std::uint16_t length = 0;  // of the IP packet
    std::uint16_t in = kNone;  // InterfaceId
    std::uint16_t out = kNone;
    std::uint8_t level = 0;
    std::array<char, 128> prefix{};
    std::array<std::uint8_t, 128> packet{};  // from the Ethernet header on
  };
  static constexpr std::uint16_t kNone = 0xffff;
  static constexpr std::uint32_t kEntries = 128;

  // Of one writing and one reading thread.
  struct Ring {
    alignas(64) std::atomic<std::uint32_t> written{0};
    std::atomic<std::uint64_t> lost{0};
    alignas(64) std::atomic<std::uint32_t> read{0};
    std::array<Entry, kEntries> entries;
  };

  // Whether there is nothing to log.
  [[nodiscard]] bool is_idle() const;
  static void write(const interface::World& world, const Entry& entry);

  const Clock& clock_;
  std::vector<std::unique_ptr<Ring>> rings_;
  Nanoseconds second_{};  // its beginning
  std::uint32_t in_second_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace ringroad::control
