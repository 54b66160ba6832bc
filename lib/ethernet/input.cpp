// SPDX-License-Identifier: BSD-3-Clause
#include "ethernet/input.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "ip4/input.hpp"
#include "ip4/input_avx2.hpp"
#include "ip4/input_avx512.hpp"
#include "packet/vlan.hpp"

namespace ringroad::ethernet {
namespace {

using stats::DropReason;

constexpr std::uint64_t kMacBits = 0xffffffffffffU;
// IEEE 802.3 3.2.6: a smaller value of the field is a length, and LLC follows.
constexpr std::uint16_t kEtherTypeMin = 0x0600;
constexpr std::size_t kEtherTypeOffset = 12;

std::uint64_t destination_mac(Packet& packet) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, frame(packet), sizeof eight);
  return eight & kMacBits;
}

// Returns the word in wire order.
std::uint16_t word_at(Packet& packet, std::size_t offset) {
  std::uint16_t word = 0;
  std::memcpy(&word, frame(packet) + offset, sizeof word);
  return word;
}

// Returns nothing if the frame is for another station.
std::optional<L2Class> classify(std::uint64_t destination, std::uint64_t mac) {
  if (destination == mac) {
    return L2Class::kHost;
  }
  if (destination == kMacBits) {
    return L2Class::kBroadcast;
  }
  // The group bit is the lowest of the first octet.
  return (destination & 1U) != 0 ? std::optional{L2Class::kMulticast} : std::nullopt;
}

constexpr auto kIpv4 = RTE_BE16(RTE_ETHER_TYPE_IPV4);
constexpr auto kIpv6 = RTE_BE16(RTE_ETHER_TYPE_IPV6);

// Whether the frame is untagged, for this station, and has this EtherType, in wire order. What
// follows may be incomplete.
[[gnu::always_inline]] inline bool is_for(Packet& packet, std::uint64_t mac, std::uint16_t type) {
  return packet.data_len >= kL2Bytes && destination_mac(packet) == mac &&
         word_at(packet, kEtherTypeOffset) == type &&
         (packet.ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0;
}

// Whether the burst, which is not empty, has IPv6, by a few of its frames.
bool seems_to_have_ipv6(const Burst& burst) {
  const std::size_t last = burst.count - std::size_t{1};
  const auto is_ipv6_at = [&](std::size_t index) {
    return word_at(*burst.packets[index], kEtherTypeOffset) == kIpv6;
  };
  return is_ipv6_at(0) || is_ipv6_at(last) || is_ipv6_at(last / 2) || is_ipv6_at(last / 4);
}

// Passes the plain IPv6 frames on as one burst, and leaves the others. A burst of IPv6 would
// otherwise go through the classification of odd frames. ~6 cycles a frame.
[[gnu::noinline]] void pass_ipv6(StageContext& context, Burst& burst, FrameHandler handler) {
  const std::uint64_t mac =
      context.tables.interfaces[burst.ingress.value()].mac.load(std::memory_order_relaxed);
  std::array<Packet*, kBurstMax> others;
  std::uint16_t left = 0;
  std::uint16_t kept = 0;
  std::uint64_t bytes = 0;
  for (Packet* const packet : std::span{burst.packets}.first(burst.count)) {
    if (is_for(*packet, mac, kIpv6)) {
      burst.packets[kept++] = packet;
      bytes += packet->pkt_len;
    } else {
      others[left++] = packet;
    }
  }
  const InterfaceId ingress = burst.ingress;
  if (kept > 0) {
    InterfaceCounters& counters = context.interfaces[ingress.value()];
    counters.rx_packets.add(kept);
    counters.rx_bytes.add(bytes);
    burst.count = kept;
    burst.l2_classes.fill(L2Class::kHost);
    handler(context, burst);
  }
  burst.begin(ingress, left);
  std::copy_n(others.begin(), left, burst.packets.begin());
}

// Where a frame goes: frames with the same destination form one burst. The members have no default
// values, because to initialize the arrays below would cost each burst more than it uses of them.
struct Destination {
  FrameHandler handler;
  InterfaceId::rep ingress;
  std::uint8_t priority;

  friend bool operator==(const Destination&, const Destination&) = default;
};

struct OtherFrame {
  Packet* packet;
  Destination destination;
  L2Class l2_class;
};

struct Others {
  std::array<OtherFrame, kBurstMax> frames;
  std::uint16_t count = 0;
};

// The interface that a frame belongs to by its tags.
struct Tagging {
  InterfaceId interface;
  std::uint8_t priority = kPriorityOfTos;
  std::size_t tags = 0;  // in the frame
};

// As in Linux's vlan_do_receive, a frame of an unknown VLAN is for another station. VID 0 is only a
// priority, not a VLAN (IEEE 802.1Q 6.9).
std::optional<DropReason> enter(const StageContext& context, std::uint16_t protocol,
                                std::uint16_t tci, Tagging& tagging) {
  const auto id = static_cast<std::uint16_t>(tci % VlanTable::kIds);
  if (id == 0) {
    return std::nullopt;
  }
  const auto& interfaces = context.tables.interfaces;
  const VlanTable* const vlans =
      interfaces[tagging.interface.value()].vlans.load(std::memory_order_acquire);
  const auto found = vlans != nullptr ? vlans->find(protocol, id) : std::nullopt;
  if (!found) {
    return DropReason::kVlanUnknown;
  }
  const Interface& interface = interfaces[found->value()];
  tagging.interface = *found;
  tagging.priority = interface.priority_of_pcp[tci >> 13];
  return interface.up.load(std::memory_order_relaxed) ? std::nullopt
                                                      : std::optional{DropReason::kPortDown};
}

// Removes the tags from the frame, and accounts for one that the device removed.
std::optional<DropReason> untag(const StageContext& context, Packet& packet, Tagging& tagging) {
  if ((packet.ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) {
    // The device does not report the tag's protocol; unless configured otherwise, drivers strip
    // only 802.1Q.
    if (const auto reason = enter(context, RTE_ETHER_TYPE_VLAN, packet.vlan_tci, tagging)) {
      return reason;
    }
    packet.ol_flags &= ~(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
  }
  for (std::size_t offset = kEtherTypeOffset;; offset += neigh::kTagBytes) {
    const std::uint16_t type = rte_be_to_cpu_16(word_at(packet, offset));
    if (!VlanTable::is_tag(type)) {
      break;
    }
    ++tagging.tags;
    if (packet.data_len < kL2Bytes + tagging.tags * neigh::kTagBytes) {
      return DropReason::kFrameTruncated;
    }
    const std::uint16_t tci = rte_be_to_cpu_16(word_at(packet, offset + 2));
    if (const auto reason = enter(context, type, tci, tagging)) {
      return reason;
    }
  }
  if (tagging.tags > 0) {
    pop_tags(packet, tagging.tags);
  }
  return std::nullopt;
}

// Classifies a frame that is not plain IPv4 for this station: drops it, or adds it to `others`.
// Returns true if it is untagged IPv4 after all, such as a broadcast.
bool classify_frame(StageContext& context, InterfaceId ingress, Packet* packet,
                    const EtherTypes& types, Others& others, L2Class& l2_class) {
  if (packet->data_len < kL2Bytes) {
    context.drop(packet, DropReason::kFrameTruncated, ingress);
    return false;
  }
  const std::uint64_t mac =
      context.tables.interfaces[ingress.value()].mac.load(std::memory_order_relaxed);
  const auto for_whom = classify(destination_mac(*packet), mac);
  if (!for_whom) {
    context.drop(packet, DropReason::kOtherHost, ingress);
    return false;
  }
  Tagging tagging{.interface = ingress};
  if (const auto reason = untag(context, *packet, tagging)) {
    context.drop(packet, *reason, tagging.interface);
    return false;
  }
  l2_class = *for_whom;
  const std::uint16_t type = rte_be_to_cpu_16(word_at(*packet, kEtherTypeOffset));
  if (type == RTE_ETHER_TYPE_IPV4 && tagging.interface == ingress) {
    return true;
  }
  const FrameHandler handler = types.find(type);
  if (handler == nullptr) {
    context.drop(packet, type < kEtherTypeMin ? DropReason::kLlc : DropReason::kUnknownEthertype,
                 tagging.interface);
    return false;
  }
  others.frames[others.count++] = {
      packet, {handler, tagging.interface.value(), tagging.priority}, l2_class};
  return false;
}

// Passes on one burst for each destination, with the frames in their order.
void dispatch(StageContext& context, InterfaceId port, Others& others, Burst& burst) {
  while (others.count > 0) {
    const Destination destination = others.frames[0].destination;
    burst.begin(InterfaceId{destination.ingress}, 0);
    burst.priority = destination.priority;
    std::uint16_t left = 0;
    std::uint64_t bytes = 0;
    for (std::uint16_t i = 0; i < others.count; ++i) {
      const OtherFrame& frame = others.frames[i];
      if (frame.destination == destination) {
        burst.packets[burst.count] = frame.packet;
        burst.l2_classes[burst.count] = frame.l2_class;
        bytes += frame.packet->pkt_len;
        ++burst.count;
      } else {
        others.frames[left++] = frame;
      }
    }
    others.count = left;
    if (burst.ingress != port) {
      InterfaceCounters& counters = context.interfaces[destination.ingress];
      counters.rx_packets.add(burst.count);
      counters.rx_bytes.add(bytes);
    }
    destination.handler(context, burst);
  }
}

void drop_all(StageContext& context, Burst& burst) {
  InterfaceCounters& counters = context.interfaces[burst.ingress.value()];
  counters.rx_packets.add(burst.count);
  for (Packet* const packet : std::span{burst.packets}.first(burst.count)) {
    counters.rx_bytes.add(packet->pkt_len);
    context.drop(packet, DropReason::kPortDown, burst.ingress);
  }
  burst.count = 0;
}

// Partitions a burst: afterwards the burst has the IPv4 packets that passed validation, and
// `others` has all frames for other handlers.
class Partition {
 public:
  [[gnu::always_inline]] Partition(StageContext& context, Burst& burst, const EtherTypes& types,
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

using PartitionBurst = void(StageContext&, Burst&, const EtherTypes&, Others&);

void partition_avx2(StageContext& context, Burst& burst, const EtherTypes& types, Others& others) {
  Partition partition{context, burst, types, others};
  partition.eights(0, partition.count());
  partition.finish();
}

// Sixteen frames at a time; eight at a time where some of them are not plain, and for the rest.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] void partition_avx512(StageContext& context,
                                                                            Burst& burst,
                                                                            const EtherTypes& types,
                                                                            Others& others) {
  constexpr std::size_t kSixteen = ip4::Avx512Input::kFrames;
  Partition partition{context, burst, types, others};
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

PartitionBurst* partition_of_this_machine() {
  const bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return v4 ? partition_avx512 : partition_avx2;
}

PartitionBurst* const kPartition = partition_of_this_machine();

}  // namespace

bool EtherTypes::add(std::uint16_t ether_type, FrameHandler handler) {
  if (rows_[ether_type] != 0) {
    return false;
  }
  rows_[ether_type] = static_cast<std::uint8_t>(handlers_.size());
  handlers_.push_back(handler);
  return true;
}

void input(StageContext& context, Burst& burst, const EtherTypes& types,
           FrameHandler checked_ipv4) {
  const Interface& interface = context.tables.interfaces[burst.ingress.value()];
  if (!interface.up.load(std::memory_order_relaxed)) [[unlikely]] {
    drop_all(context, burst);
    return;
  }
  if (seems_to_have_ipv6(burst)) [[unlikely]] {
    if (const FrameHandler ipv6 = types.find(RTE_ETHER_TYPE_IPV6)) {
      pass_ipv6(context, burst, ipv6);
      if (burst.count == 0) {
        return;
      }
    }
  }
  Others others;
  kPartition(context, burst, types, others);
  if (burst.count > 0) {
    checked_ipv4(context, burst);
  }
  if (others.count > 0) [[unlikely]] {
    dispatch(context, burst.ingress, others, burst);
  }
}

}  // namespace ringroad::ethernet
