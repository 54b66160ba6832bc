// SPDX-License-Identifier: BSD-3-Clause
#include "control/firewall_log.hpp"

#include <fmt/format.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/log.hpp"
#include "base/mac.hpp"
#include "packet/read.hpp"

namespace ringroad::control {
namespace {

constexpr std::uint16_t kEtherType4 = Ipv4::kEtherType;
constexpr std::uint16_t kEtherType6 = Ipv6::kEtherType;

// The words of Linux's nf_log_ip_packet and nf_log_ip6_packet.
class Line {
 public:
  explicit Line(std::span<const std::uint8_t> frame) : frame_{frame} {}

  std::string packet(std::uint16_t length) {
    add("MAC={:02x} ",
        fmt::join(frame_.first(std::min<std::size_t>(frame_.size(), kL2Bytes)), ":"));
    const unsigned type = word(kL2Bytes - 2);
    if (type != kEtherType6 && type != kEtherType4) {  // at the ingress
      add("MACPROTO={:04x} ", type);
      return text_;
    }
    return type == kEtherType6 ? ipv6(length) : ipv4(length);
  }

 private:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }
  [[nodiscard]] std::uint8_t octet(std::size_t at) const {
    return at < frame_.size() ? frame_[at] : 0;
  }
  [[nodiscard]] unsigned word(std::size_t at) const {
    return static_cast<unsigned>(octet(at) << 8U) | octet(at + 1);
  }

  std::string ipv4(std::uint16_t length) {
    if (frame_.size() < kL2Bytes + sizeof(rte_ipv4_hdr)) {
      return text_;
    }
    const std::uint8_t* const header = frame_.data() + kL2Bytes;
    rte_ipv4_hdr ip;
    std::memcpy(&ip, header, sizeof ip);
    add("SRC={} DST={} LEN={} TOS=0x{:02X} TTL={} ID={} ",
        Ipv4{be32::from_wire(ip.src_addr)}.to_string(),
        Ipv4{be32::from_wire(ip.dst_addr)}.to_string(), length, ip.type_of_service, ip.time_to_live,
        rte_be_to_cpu_16(ip.packet_id));
    const unsigned offset = rte_be_to_cpu_16(ip.fragment_offset);
    text_ += (offset & RTE_IPV4_HDR_DF_FLAG) != 0 ? "DF " : "";
    text_ += (offset & RTE_IPV4_HDR_MF_FLAG) != 0 ? "MF " : "";
    if ((offset & RTE_IPV4_HDR_OFFSET_MASK) != 0) {
      add("FRAG:{} PROTO={} ", offset & RTE_IPV4_HDR_OFFSET_MASK, ip.next_proto_id);
    } else {
      upper(kL2Bytes + header_bytes(ip), ip.next_proto_id);
    }
    return text_;
  }

  std::string ipv6(std::uint16_t length) {
    if (frame_.size() < kL2Bytes + sizeof(rte_ipv6_hdr)) {
      return text_;
    }
    const std::uint8_t* const header = frame_.data() + kL2Bytes;
    add("SRC={} DST={} LEN={} TC={} HOPLIMIT={} FLOWLBL={} ", Ipv6::read(header + 8).to_string(),
        Ipv6::read(header + 24).to_string(), length, word(kL2Bytes) >> 4U & 0xffU, header[7],
        (word(kL2Bytes) & 0xfU) << 16U | word(kL2Bytes + 2));
    upper(kL2Bytes + sizeof(rte_ipv6_hdr), header[6]);
    return text_;
  }

  void upper(std::size_t at, unsigned protocol) {
    constexpr unsigned kIcmp = 1;
    constexpr unsigned kTcp = 6;
    constexpr unsigned kUdp = 17;
    constexpr unsigned kIcmp6 = 58;
    if (protocol == kTcp || protocol == kUdp) {
      add("PROTO={} SPT={} DPT={} ", protocol == kTcp ? "TCP" : "UDP", word(at), word(at + 2));
      if (protocol == kTcp) {
        flags(octet(at + 13));
      }
    } else if (protocol == kIcmp || protocol == kIcmp6) {
      add("PROTO={} TYPE={} CODE={} ", protocol == kIcmp ? "ICMP" : "ICMPv6", octet(at),
          octet(at + 1));
    } else {
      add("PROTO={} ", protocol);
    }
  }
  void flags(unsigned flags) {
    static constexpr std::array<std::string_view, 8> kFlags{"FIN", "SYN", "RST", "PSH",
                                                            "ACK", "URG", "ECE", "CWR"};
    for (std::size_t i = 0; i < kFlags.size(); ++i) {
      if ((flags >> i & 1U) != 0) {
        add("{} ", kFlags.at(i));
      }
    }
  }

  std::span<const std::uint8_t> frame_;
  std::string text_;
};

}  // namespace

FirewallLog::FirewallLog(const Clock& clock, std::size_t threads) : clock_{clock} {
  for (std::size_t i = 0; i < threads; ++i) {
    rings_.push_back(std::make_unique<Ring>());
  }
}

void FirewallLog::note(void* log, StageContext& context, const Burst& burst, std::size_t index,
                       HookPoint point, const nft::Log& rule) {
  Ring& ring = *static_cast<FirewallLog*>(log)->rings_[context.thread];
  const std::uint32_t at = ring.written.load(std::memory_order_relaxed);
  if (at - ring.read.load(std::memory_order_acquire) == kEntries) {
    ring.lost.store(ring.lost.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return;
  }
  Entry& entry = ring.entries[at % kEntries];
  const Packet& packet = *burst.packets[index];
  const bool is_own = point == HookPoint::kOutput || burst.is_own;
  entry.in = is_own ? kNone : burst.ingress.value();
  const bool has_way =
      point != HookPoint::kPreRouting && point != HookPoint::kInput && point != HookPoint::kIngress;
  entry.out = has_way ? burst.adjacencies[index]->port.value() : kNone;
  entry.length = static_cast<std::uint16_t>(packet.pkt_len - kL2Bytes);
  entry.level = rule.level;
  entry.octets = std::min<std::uint16_t>(packet.data_len, sizeof entry.packet);
  std::memcpy(entry.packet.data(), rte_pktmbuf_mtod(&packet, const std::uint8_t*), entry.octets);
  const std::size_t prefix = std::min(rule.prefix.size(), entry.prefix.size() - 1);
  std::memcpy(entry.prefix.data(), rule.prefix.data(), prefix);
  entry.prefix[prefix] = '\0';
  ring.written.store(at + 1, std::memory_order_release);
}

bool FirewallLog::is_idle() const {
  return left_out_ == 0 && std::ranges::all_of(rings_, [](const auto& ring) {
           return ring->lost.load(std::memory_order_relaxed) == 0 &&
                  ring->written.load(std::memory_order_acquire) ==
                      ring->read.load(std::memory_order_relaxed);
         });
}

bool FirewallLog::write(const interface::World& world) {
  if (is_idle()) {
    return false;
  }
  if (clock_.now() - second_ >= std::chrono::seconds{1}) {
    if (left_out_ > 0) {
      log::warn("firewall: {} packets more were to be logged", std::exchange(left_out_, 0));
    }
    second_ = clock_.now();
    in_second_ = 0;
  }
  bool busy = false;
  for (const auto& ring : rings_) {
    left_out_ += ring->lost.exchange(0, std::memory_order_relaxed);
    std::uint32_t at = ring->read.load(std::memory_order_relaxed);
    for (; at != ring->written.load(std::memory_order_acquire); ++at) {
      busy = true;
      if (in_second_ < kASecond) {
        ++in_second_;
        write(world, ring->entries[at % kEntries]);
      } else {
        ++left_out_;
      }
      ring->read.store(at + 1, std::memory_order_release);
    }
  }
  return busy;
}

void FirewallLog::write(const interface::World& world, const Entry& entry) {
  const auto name = [&](std::uint16_t id) {
    return id != kNone && world.contains(InterfaceId{id}) ? world.port(InterfaceId{id}).name
                                                          : std::string{};
  };
  const std::string text = fmt::format(
      "firewall: {}IN={} OUT={} {}", entry.prefix.data(), name(entry.in), name(entry.out),
      Line{std::span{entry.packet}.first(entry.octets)}.packet(entry.length));
  constexpr std::uint8_t kError = 3;
  constexpr std::uint8_t kWarning = 4;
  constexpr std::uint8_t kDebug = 7;
  if (entry.level <= kError) {
    log::error("{}", text);
  } else if (entry.level == kWarning) {
    log::warn("{}", text);
  } else if (entry.level < kDebug) {
    log::info("{}", text);
  } else {
    log::debug("{}", text);
  }
}

}  // namespace ringroad::control
