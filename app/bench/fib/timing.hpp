// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The measuring loops. Each runs one round of one subject and counts TSC cycles, after a pass over
// the stream has loaded the caches again, which held the data of the previous subject.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "bench/fib/streams.hpp"
#include "bench/fib/subject.hpp"
#include "bench/tsc.hpp"

namespace ringroad::bench {

// Makes the compiler assume that the value is read.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

// The cache lines of the packets that a worker processes: the headers in 8192 buffers.
class PacketRing {
 public:
  PacketRing();
  // Reads and writes the first line of the next `count` frames.
  void touch(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      auto* const line = reinterpret_cast<std::uint64_t*>(&bytes_[next_ * kStride + kHeadroom]);
      line[0] += line[7] + 1;
      next_ = (next_ + 1) % kBuffers;
    }
  }

 private:
  static constexpr std::size_t kBuffers = 8192;
  static constexpr std::size_t kStride = 2048;
  static constexpr std::size_t kHeadroom = 128;
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  struct Free {
    void operator()(std::byte* bytes) const { operator delete(bytes, std::align_val_t{kHugePage}); }
  };

  std::unique_ptr<std::byte[], Free> bytes_;
  std::size_t next_ = 0;
};

template <Lookup L>
using Keys = std::span<const typename L::Key>;
template <Lookup L>
struct alignas(64) Answers : std::array<typename L::Answer, kBurst> {};

template <Lookup L>
void look_all_up(const L& lookup, Keys<L> keys) {
  Answers<L> answers;
  for (std::size_t i = 0; i < keys.size(); i += kBurst) {
    lookup.bulk(&keys[i], answers.data());
    keep(answers);
  }
}

template <Lookup L>
void warm_up(const L& lookup, Keys<L> keys) {
  lookup.prepare();
  look_all_up(lookup, keys);
}

// Looks up bursts as fast as possible. Returns cycles a lookup.
template <Lookup L>
[[nodiscard]] double throughput(const L& lookup, Keys<L> keys) {
  warm_up(lookup, keys);
  const std::uint64_t begin = tsc_begin();
  look_all_up(lookup, keys);
  return static_cast<double>(tsc_end() - begin) / static_cast<double>(keys.size());
}

// Returns 0, without the compiler's knowledge.
[[nodiscard]] inline std::uint32_t hidden_zero() {
  const volatile std::uint32_t zero = 0;
  return zero;
}

// Looks up one key at a time; each lookup depends on the answer before. Returns cycles a lookup.
template <Lookup L>
[[nodiscard]] double dependent(const L& lookup, Keys<L> keys) {
  warm_up(lookup, keys);
  const std::uint32_t zero = hidden_zero();
  std::uint32_t last = 0;
  const std::uint64_t begin = tsc_begin();
  for (const auto& key : keys) {
    last = L::next_hop(lookup.one(after(key, last & zero))).value();
  }
  keep(last);
  return static_cast<double>(tsc_end() - begin) / static_cast<double>(keys.size());
}

// Measures only the bulk lookup of each burst; between bursts, the cache is used as by a worker.
// Bursts do not overlap, as they may in a worker. Returns cycles a lookup.
template <Lookup L>
[[nodiscard]] double in_pipeline(const L& lookup, Keys<L> keys, PacketRing& packets,
                                 double overhead) {
  warm_up(lookup, keys);
  Answers<L> answers;
  std::uint64_t cycles = 0;
  std::size_t bursts = 0;
  for (std::size_t i = 0; i < keys.size(); i += kBurst) {
    packets.touch(kBurst);
    const std::uint64_t begin = tsc_begin();
    lookup.bulk(&keys[i], answers.data());
    keep(answers);
    const std::uint64_t end = tsc_end();
    if (i >= keys.size() / 4) {  // before that, the packets fill their share of the caches
      cycles += end - begin;
      ++bursts;
    }
  }
  const double burst = static_cast<double>(cycles) / static_cast<double>(bursts);
  return (burst - overhead) / static_cast<double>(kBurst);
}

// The cycles of single lookups, one at a time, without the overhead.
template <Lookup L>
[[nodiscard]] std::vector<double> single_latencies(const L& lookup, Keys<L> keys, double overhead) {
  warm_up(lookup, keys);
  const Keys<L> measured = keys.last(keys.size() / 4);
  std::vector<double> cycles;
  cycles.reserve(measured.size());
  for (const auto& key : measured) {
    const std::uint64_t begin = tsc_begin();
    const auto answer = lookup.one(key);
    keep(answer);
    cycles.push_back(static_cast<double>(tsc_end() - begin) - overhead);
  }
  return cycles;
}

}  // namespace ringroad::bench
