// SPDX-License-Identifier: BSD-3-Clause
// The stages must do with each packet what decide() returns, whether a burst is sent straight or
// stage by stage.
#include "ip4/decide.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <vector>

#include "ip4/forward.hpp"
#include "ip4/input.hpp"
#include "ip4/output.hpp"
#include "packet/checksum.hpp"
#include "packet/link_output.hpp"

namespace ringroad::ip4 {
namespace {

using neigh::Adjacency;
using neigh::AdjacencyKind;
using Fate = Verdict::Fate;

#ifdef RINGROAD_SANITIZED
constexpr std::uint64_t kPackets = 500'000;
#else
constexpr std::uint64_t kPackets = 10'000'000;
#endif
constexpr std::uint16_t kPorts = 4;
constexpr std::uint32_t kWays = 40;

// A packet as a port's driver delivers it, followed by its private area.
struct Buffer {
  alignas(Packet) std::array<std::byte, sizeof(Packet) + kPacketPrivateBytes> memory{};
  Packet& packet = *new (memory.data()) Packet{};
  alignas(64) std::array<std::uint8_t, 256> bytes{};
};

struct AtOnce : Reclaimer {
  void retire(std::function<void()> release) override { release(); }
};

class Bed {
 public:
  Bed() {
    for (std::uint32_t i = 0; i < kWays; ++i) {
      const auto id = adjacencies_.allocate();
      REQUIRE(id);
      ways_.push_back(&adjacencies_.at(*id));  // NOLINT(bugprone-unchecked-optional-access)
    }
    for (auto& buffer : buffers_) {
      buffer = std::make_unique<Buffer>();
    }
  }

  void burst() {
    make_ways();
    make_packets();
    const std::vector<Verdict> verdicts = decide_all();
    context_ = std::make_unique<StageContext>(tables_);
    context_->interfaces = interface_counters_;
    context_->is_worker = true;
    if (goes_straight(burst_)) {
      ++straight_;
      send_straight(*context_, burst_);
    } else {
      forward(*context_, burst_);
      output(*context_, burst_);
    }
    compare(verdicts);
  }
  [[nodiscard]] std::uint64_t straight() const { return straight_; }

 private:
  std::uint32_t random(std::uint32_t below) {
    return static_cast<std::uint32_t>(random_() % below);
  }
  bool one_in(std::uint32_t many) { return random(many) == 0; }

  // Half of the bursts are ordinary ones, as nearly all are in practice.
  void make_ways() {
    is_plain_ = one_in(2);
    for (Adjacency* const way : ways_) {
      way->kind = is_plain_ || one_in(2)
                      ? AdjacencyKind::kUnicast
                      : static_cast<AdjacencyKind>(
                            random(static_cast<std::uint32_t>(AdjacencyKind::kProhibit) + 1));
      way->mtu = static_cast<std::uint16_t>(is_plain_ ? 1500 : 20 + random(200));
      way->report_use = one_in(is_plain_ ? 400 : 4);
      way->hold = one_in(2);
      way->egress = PortId{static_cast<std::uint16_t>(random(kPorts))};
      way->port = interface_of(way->egress);
      way->header =
          neigh::ethernet_header(Mac{{2, 0, 0, 0, 0, static_cast<std::uint8_t>(random(256))}},
                                 Mac{{2, 0, 0, 0, 1, 1}}, RTE_ETHER_TYPE_IPV4);
    }
  }

  void make_packets() {
    burst_.begin(InterfaceId{static_cast<std::uint16_t>(random(kPorts))},
                 static_cast<std::uint16_t>(1 + random(kBurstMax)));
    burst_.plain = true;
    const bool one_way = one_in(4);
    std::uint64_t some = 0;
    std::uint64_t all = ~std::uint64_t{0};
    for (std::size_t i = 0; i < burst_.count; ++i) {
      make_packet(i);
      const Adjacency* const way = ways_[one_way ? 0 : random(kWays)];
      burst_.adjacencies[i] = way;
      some |= way->summary();
      all &= way->summary();
      describe(burst_, i);
      burst_.plain = burst_.plain && burst_.l2_classes[i] == L2Class::kHost;
      burst_.bytes += burst_.packets[i]->pkt_len;
    }
    burst_.one_way = some == all;
  }

  void make_packet(std::size_t i) {
    Buffer& buffer = *buffers_[i];
    Packet& packet = buffer.packet;
    packet = {};
    packet.buf_addr = buffer.bytes.data();
    packet.buf_len = static_cast<std::uint16_t>(buffer.bytes.size());
    packet.nb_segs = 1;
    // A packet keeps its EtherType on its way through the router.
    constexpr std::uint16_t kType = RTE_BE16(RTE_ETHER_TYPE_IPV4);
    std::memcpy(buffer.bytes.data() + neigh::kMacs, &kType, sizeof kType);
    rte_ipv4_hdr& header = ipv4(packet);
    header = {};
    header.version_ihl = kVersion4NoOptions;
    const std::uint32_t length = sizeof header + random(200);
    header.total_length = rte_cpu_to_be_16(static_cast<std::uint16_t>(length));
    header.fragment_offset = rte_cpu_to_be_16(one_in(2) ? RTE_IPV4_HDR_DF_FLAG : 0);
    header.time_to_live =
        static_cast<std::uint8_t>(one_in(is_plain_ ? 5000 : 8) ? random(3) : 2 + random(254));
    header.type_of_service = static_cast<std::uint8_t>(random(256));
    header.src_addr = static_cast<std::uint32_t>(random_());
    header.dst_addr = static_cast<std::uint32_t>(random_());
    header.hdr_checksum = checksum({reinterpret_cast<std::uint8_t*>(&header), sizeof header});
    packet.pkt_len = packet.data_len = static_cast<std::uint16_t>(length + kL2Bytes);
    burst_.packets[i] = &packet;
    burst_.l2_classes[i] = one_in(is_plain_ ? 5000 : 16) ? L2Class::kBroadcast : L2Class::kHost;
    packet.dynfield1[0] = static_cast<std::uint32_t>(i);
    ttls_[i] = header.time_to_live;
  }

  std::vector<Verdict> decide_all() {
    std::vector<Verdict> verdicts;
    verdicts.reserve(burst_.count);
    all_.assign(burst_.packets.begin(), burst_.packets.begin() + burst_.count);
    way_of_.assign(burst_.adjacencies.begin(), burst_.adjacencies.begin() + burst_.count);
    for (std::size_t i = 0; i < burst_.count; ++i) {
      verdicts.push_back(
          decide(facts_of(*burst_.packets[i], burst_.l2_classes[i]), *burst_.adjacencies[i]));
    }
    return verdicts;
  }

  // The place of a packet after the stages.
  struct Place {
    enum class Is : std::uint8_t { kGone, kSent, kPunted, kHeld } is = Is::kGone;
    PortId egress{};
    PuntReason punt{};

    friend bool operator==(const Place&, const Place&) = default;
  };
  static std::size_t number_of(const Packet* packet) { return packet->dynfield1[0]; }

  std::array<Place, kBurstMax> look() const {
    using Is = Place::Is;
    std::array<Place, kBurstMax> places{};
    for (Packet* const packet : std::span{context_->punts.packets}.first(context_->punts.count)) {
      places.at(number_of(packet)) = {.is = Is::kPunted, .punt = meta(*packet).punt};
    }
    for (Packet* const packet : std::span{context_->local.packets}.first(context_->local.count)) {
      places.at(number_of(packet)) = {.is = Is::kPunted, .punt = meta(*packet).punt};
    }
    for (Packet* const packet : std::span{context_->held.packets}.first(context_->held.count)) {
      places.at(number_of(packet)) = {.is = Is::kHeld};
    }
    for (std::uint16_t port = 0; port < kPorts; ++port) {
      const Egress::Stage& stage = context_->egress.stages[port];
      for (Packet* const packet : std::span{stage.packets}.first(stage.count)) {
        places.at(number_of(packet)) = {.is = Is::kSent, .egress = PortId{port}};
      }
    }
    return places;
  }

  static Place expected(const Verdict& verdict, const Adjacency& way) {
    using Is = Place::Is;
    switch (verdict.fate) {
      case Fate::kDeliver:
        return {.is = Is::kPunted, .punt = PuntReason::kLocal};
      case Fate::kRefuse:
        return {.is = Is::kPunted, .punt = verdict.refusal};
      case Fate::kDrop:
        return {.is = Is::kGone};
      case Fate::kForward:
        break;
    }
    if (verdict.is_cut) {
      return {.is = Is::kPunted, .punt = PuntReason::kFragment};
    }
    if (!verdict.waits) {
      return {.is = Is::kSent, .egress = way.egress};
    }
    return way.hold ? Place{.is = Is::kHeld}
                    : Place{.is = Is::kPunted, .punt = PuntReason::kUnresolved};
  }

  void compare(const std::vector<Verdict>& verdicts) {
    const auto places = look();
    bool right = true;
    std::array<unsigned, stats::kDropReasons> dropped{};
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      const Adjacency& way = *way_of_[i];
      Packet& packet = *all_[i];
      right = right && places[i] == expected(verdicts[i], way);
      const int lowered = verdicts[i].fate == Fate::kForward ? 1 : 0;
      right = right && ipv4(packet).time_to_live == ttls_[i] - lowered &&
              rte_ipv4_cksum(&ipv4(packet)) == 0;
      if (places[i].is == Place::Is::kSent) {
        right = right && std::memcmp(frame(packet), way.header.data(), way.header.size()) == 0;
      }
      if (verdicts[i].fate == Fate::kDrop) {
        ++dropped.at(static_cast<std::size_t>(verdicts[i].reason));
      }
    }
    for (std::size_t reason = 0; reason < dropped.size(); ++reason) {
      right =
          right && context_->drops.get(static_cast<stats::DropReason>(reason)) == dropped[reason];
    }
    REQUIRE(right);
  }

  std::mt19937 random_{1};
  AtOnce reclaimer_;
  fib::Trie4 trie_{reclaimer_};
  fib::Trie6 trie6_{reclaimer_};
  fib::NextHopTable next_hops_{64, reclaimer_};
  neigh::AdjacencyTable adjacencies_{kWays, reclaimer_};
  OwnAddresses4 own_;
  std::atomic<const OwnAddresses4*> published_{&own_};
  std::atomic<const LinkAddresses*> links_{nullptr};
  std::array<Interface, kPorts> interfaces_{};
  std::array<InterfaceCounters, kPorts> interface_counters_{};
  Hooks hooks_{reclaimer_};
  Tables tables_{.trie = trie_,
                 .trie6 = trie6_,
                 .next_hops = next_hops_,
                 .adjacencies = adjacencies_,
                 .own_addresses = published_,
                 .link_addresses = links_,
                 .interfaces = interfaces_,
                 .hooks = hooks_};
  std::vector<Adjacency*> ways_;
  std::array<std::unique_ptr<Buffer>, kBurstMax> buffers_;
  std::array<std::uint8_t, kBurstMax> ttls_{};
  std::vector<Packet*> all_;
  std::vector<const Adjacency*> way_of_;
  bool is_plain_ = false;
  Burst burst_;
  std::unique_ptr<StageContext> context_;
  std::uint64_t straight_ = 0;
};

}  // namespace

TEST_CASE("what the stages do with a packet is what decide() says") {
  Bed bed;
  constexpr std::uint64_t kBursts = kPackets / (kBurstMax / 2);
  for (std::uint64_t i = 0; i < kBursts; ++i) {
    bed.burst();
  }
  CHECK(bed.straight() > kBursts / 10);
}

}  // namespace ringroad::ip4
