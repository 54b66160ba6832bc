// SPDX-License-Identifier: BSD-3-Clause
#include "ethernet/plain_frames.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "ethernet/frame.hpp"
#include "ip4/input.hpp"
#include "ip4/input_avx2.hpp"
#include "ip4/input_avx512.hpp"
#include "ip6/input.hpp"

namespace ringroad::ethernet {
namespace {

// Partitions a burst: afterwards the burst has the IPv4 packets that passed validation, and
// `others` has all frames for other handlers.
class Partition4 {
 public:
  [[gnu::always_inline]] Partition4(StageContext& context, Burst& burst, const EtherTypes& types,
                                    Others& others)
      : context_{context},
        burst_{burst},
        types_{types},
        others_{others},
        count_{std::exchange(burst.count, std::uint16_t{0})},
        own_{*context.tables.own_addresses.load(std::memory_order_acquire)},
        mac_{context.tables.interfaces[burst.ingress.value()].mac.load(std::memory_order_relaxed)} {
    burst.plain = true;
    burst.l2_classes.fill(L2Class::kHost);
  }

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const OwnAddresses4& own() const { return own_; }
  [[nodiscard]] std::uint64_t mac() const { return mac_; }

  // Frames from `begin` on, eight at a time.
  void eights(std::size_t begin, std::size_t end) {
    constexpr std::size_t kEight = ip4::Avx2Input::kFrames;
    ip4::Avx2Input eight{mac_, own_};
    // The last group of eight is filled up with the last frame, whose bytes are subtracted again.
    const auto filled = RTE_ALIGN_CEIL(end, kEight);
    Packet* const last = burst_.packets[end - 1];
    for (std::size_t i = end; i < filled; ++i) {
      burst_.packets[i] = last;
    }
    bytes_ -= std::uint64_t{last->pkt_len} * (filled - end);
    for (std::size_t i = begin; i < filled; i += kEight) {
      const std::size_t some = std::min(kEight, end - i);
      const unsigned plain = eight.validate(&burst_.packets[i], burst_, burst_.count);
      if (plain == ip4::Avx2Input::kAll) [[likely]] {
        burst_.count = static_cast<std::uint16_t>(burst_.count + some);
        burst_.bytes -= static_cast<std::uint32_t>(kEight - some) * last->pkt_len;
      } else {
        burst_.bytes -= static_cast<std::uint32_t>(std::popcount(plain >> some)) * last->pkt_len;
        validate_singly(some, plain);
      }
    }
    add(eight.bytes(), eight.plain_bytes(), eight.longest());
  }
  // Adds what a vector path found: bytes of all frames, bytes of the plain ones without their
  // padding, and the largest total length of the plain ones.
  void add(std::uint64_t bytes, std::uint32_t plain_bytes, std::uint32_t longest) {
    bytes_ += bytes;
    burst_.bytes += plain_bytes;
    burst_.longest = std::max(burst_.longest, longest);
  }
  [[gnu::always_inline]] void finish() const {
    InterfaceCounters& counters = context_.interfaces[burst_.ingress.value()];
    counters.rx_packets.add(count_);
    counters.rx_bytes.add(bytes_);
  }

 private:
  // Of the `frames` frames behind the burst's last one, Avx2Input found those in `plain` to be
  // plain. The others are validated one by one.
  [[gnu::noinline]] void validate_singly(std::size_t frames, unsigned plain) {
    const std::uint16_t begin = burst_.count;
    unsigned gone = 0;
    for (unsigned odd = ~plain & ((1U << frames) - 1); odd != 0; odd &= odd - 1) {
      const auto i = static_cast<unsigned>(std::countr_zero(odd));
      Packet* const packet = burst_.packets[begin + i];
      L2Class l2_class = L2Class::kHost;
      burst_.count = static_cast<std::uint16_t>(begin + i);  // its place if it is accepted
      const bool is_ipv4 =
          is_for(*packet, mac_, kIpv4) ||
          classify_frame(context_, burst_.ingress, packet, types_, others_, l2_class);
      if (!is_ipv4 || !ip4::validate(context_, own_, burst_, packet, l2_class)) {
        gone |= 1U << i;
      }
    }
    burst_.count = static_cast<std::uint16_t>(begin + frames);
    if (gone != 0) {
      remove(begin, gone);
    }
  }
  // Removes these of the frames from `begin` on.
  void remove(std::uint16_t begin, unsigned gone) {
    std::uint16_t to = begin;
    for (std::uint16_t from = begin; from < burst_.count; ++from, gone >>= 1) {
      if ((gone & 1U) == 0) {
        burst_.move_input(from, to++);
      }
    }
    std::fill(burst_.l2_classes.begin() + to, burst_.l2_classes.begin() + burst_.count,
              L2Class::kHost);
    burst_.count = to;
  }

  StageContext& context_;
  Burst& burst_;
  const EtherTypes& types_;
  Others& others_;
  std::size_t count_;
  const OwnAddresses4& own_;
  std::uint64_t mac_;
  std::uint64_t bytes_ = 0;
};

using PartitionIpv4 = void(StageContext&, Burst&, const EtherTypes&, Others&);

void partition_avx2(StageContext& context, Burst& burst, const EtherTypes& types, Others& others) {
  Partition4 partition{context, burst, types, others};
  partition.eights(0, partition.count());
  partition.finish();
}

// Sixteen frames at a time; eight at a time where some of them are not plain, and for the rest.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] void partition_avx512(StageContext& context,
                                                                            Burst& burst,
                                                                            const EtherTypes& types,
                                                                            Others& others) {
  constexpr std::size_t kSixteen = ip4::Avx512Input::kFrames;
  Partition4 partition{context, burst, types, others};
  ip4::Avx512Input sixteen{partition.mac(), partition.own()};
  std::size_t i = 0;
  for (; i + kSixteen <= partition.count(); i += kSixteen) {
    if (sixteen.validate(&burst.packets[i], burst, burst.count)) [[likely]] {
      burst.count = static_cast<std::uint16_t>(burst.count + kSixteen);
    } else {
      partition.eights(i, i + kSixteen);
    }
  }
  if (i < partition.count()) {
    partition.eights(i, partition.count());
  }
  partition.add(sixteen.bytes(), sixteen.plain_bytes(), sixteen.longest());
  partition.finish();
}

PartitionIpv4* partition_of_this_machine() {
  const bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return v4 ? partition_avx512 : partition_avx2;
}

PartitionIpv4* const kPartition = partition_of_this_machine();

struct OtherFrames {
  std::array<Packet*, kBurstMax> packets;
  std::size_t count = 0;
};

// Moves the frames from `begin` to `end` that are not `wanted` to `others`, and closes the gaps.
// Returns the end of those that stay.
std::size_t move_others(Burst& burst, std::size_t begin, std::size_t end, const auto& wanted,
                        OtherFrames& others) {
  std::size_t stays = begin;
  for (std::size_t i = begin; i < end; ++i) {
    Packet* const packet = burst.packets[i];
    // NOLINTNEXTLINE(misc-const-correctness): the statement below may write it
    std::size_t one = wanted(*packet) ? 1 : 0;
    // The compiler would make a branch of it, which cannot be predicted in a mix of both families.
    asm("" : "+r"(one));
    burst.packets[stays] = packet;
    others.packets[others.count] = packet;
    stays += one;
    others.count += 1 - one;
  }
  return stays;
}

}  // namespace

Ipv6Share sample_ipv6(const Burst& burst) {
  const std::size_t last = burst.count - std::size_t{1};
  const auto is_ipv6_at = [&](std::size_t index) {
    return word_at(*burst.packets[index], kEtherTypeOffset) == kIpv6 ? 1U : 0U;
  };
  const unsigned found =
      is_ipv6_at(0) + is_ipv6_at(last) + is_ipv6_at(last / 2) + is_ipv6_at(last / 4);
  return found == 0 ? Ipv6Share::kNone : found == 4 ? Ipv6Share::kAll : Ipv6Share::kSome;
}

void pass_ipv6(StageContext& context, Burst& burst, Ipv6Share share, FrameHandler checked_ipv6) {
  const InterfaceId ingress = burst.ingress;
  const std::uint64_t mac =
      context.tables.interfaces[ingress.value()].mac.load(std::memory_order_relaxed);
  const std::size_t count = std::exchange(burst.count, std::uint16_t{0});
  burst.l2_classes.fill(L2Class::kHost);
  burst.is_ipv6 = true;
  burst.plain = true;
  OtherFrames others;
  const auto is_ipv6 = [](Packet& packet) { return word_at(packet, kEtherTypeOffset) == kIpv6; };
  const auto is_ours = [mac](Packet& packet) { return is_for(packet, mac, kIpv6); };
  // take_plain() looks at the MAC addresses itself.
  const std::size_t all =
      share == Ipv6Share::kAll ? count : move_others(burst, 0, count, is_ipv6, others);
  std::uint64_t bytes = ip6::take_plain(burst, all, mac);
  const std::size_t end = move_others(burst, burst.count, all, is_ours, others);
  for (std::size_t i = burst.count; i < end; ++i) {
    bytes += burst.packets[i]->pkt_len;
  }
  InterfaceCounters& counters = context.interfaces[ingress.value()];
  counters.rx_packets.add(end);
  counters.rx_bytes.add(bytes);
  ip6::take(context, burst, end);
  if (burst.count > 0) {
    checked_ipv6(context, burst);
  }
  burst.begin(ingress, static_cast<std::uint16_t>(others.count));
  std::copy_n(others.packets.begin(), others.count, burst.packets.begin());
}

void partition_ipv4(StageContext& context, Burst& burst, const EtherTypes& types, Others& others) {
  kPartition(context, burst, types, others);
}

}  // namespace ringroad::ethernet
