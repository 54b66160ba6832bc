// SPDX-License-Identifier: BSD-3-Clause
// What `explain` says of a frame is what the pipeline then does with it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "compared_frames.hpp"
#include "control/verbs.hpp"
#include "explained_frames.hpp"
#include "ip6_frames.hpp"

// g++ 12 wrongly reports that a string overlaps with one that is moved (its bug 105651).
#pragma GCC diagnostic ignored "-Wrestrict"

namespace ringroad::test {
namespace {

using nlohmann::json;
using stats::DropReason;

class Comparison {
 public:
  explicit Comparison(unsigned seed, bool ipv6)
      : bed_{Testbed::Options{.config = ipv6 ? explained_config6() : explained_config()}} {
    if (ipv6) {
      frames_ = std::make_unique<ExplainedFrames6>(bed_, seed);
    } else {
      frames_ = std::make_unique<ExplainedFrames>(bed_, seed);
    }
    for (const interface::InterfaceView& port : bed_.router->world().ports()) {
      names_.push_back(port.name);
    }
    bed_.advance_in_steps(1s);  // the first listener reports
    learn_hosts();
    learn_vlan_host();
  }

  // Returns an empty text if both agree.
  std::string next() {
    change_something();
    const PortId port = frames_->port();
    const Frame frame = frames_->next(port);
    const auto said = control::carry_out(
        *bed_.router, {{"verb", {"explain"}},
                       {"options", {{"from", names_[port.value()]}, {"frame", hex(frame)}}}});
    if (!said) {
      return "explain: " + said.error().what;
    }
    if (const std::string side = side_effects(); !side.empty()) {
      return "explain changed " + side;
    }
    const State before = state();
    bed_.receive(port, frame);
    bed_.run();
    const bool learns = kind_of(frame) != Kind::kOther && is_for_neighbors(*said);
    const std::string fault = compare(*said, before, state(), learns);
    ++verdicts_[said->at("verdict").get<std::string>()];
    if (said->at("reason").is_string()) {
      ++reasons_[said->at("reason").get<std::string>()];
    }
    if (fault.empty()) {
      return {};
    }
    return fmt::format("{} on {}: {}\n{}\n", hex(frame), names_[port.value()], fault,
                       said->dump(1));
  }

  [[nodiscard]] const std::map<std::string, std::size_t>& reasons() const { return reasons_; }
  [[nodiscard]] const std::map<std::string, std::size_t>& verdicts() const { return verdicts_; }

 private:
  struct State {
    std::array<std::uint64_t, stats::kDropReasons> drops{};
    std::uint64_t delivered = 0;
    std::uint64_t waiting = 0;
    std::uint64_t generated = 0;
  };

  [[nodiscard]] State state() const {
    State state;
    for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
      state.drops.at(i) = bed_.drops(static_cast<DropReason>(i));
    }
    state.delivered = bed_.router->ledger().delivered;
    state.generated = bed_.router->ledger().generated;
    state.waiting = bed_.router->neighbors().held() + bed_.router->slow_path().held() +
                    bed_.router->neighbors6().held() + bed_.router->slow_path6().held();
    return state;
  }

  void learn_hosts() {
    bed_.resolve_hosts();
    resolve_hosts6(bed_);
  }

  void learn_vlan_host() {
    const Ipv6 host{0x2001'0db8'0010'0000, 2};
    bed_.receive(kPortA, tagged(solicitation_from(host, Mac{{0x02, 0, 0, 0, 0, 0x10}},
                                                  Ipv6{0x2001'0db8'0010'0000, 1}),
                                {{0x8100, 10}}));
    bed_.receive(kPortA, tagged(make_arp(1, Mac{{0x02, 0, 0, 0, 0, 0x10}}, Ipv4{10, 10, 0, 2}, {},
                                         Ipv4{10, 10, 0, 1}, kBroadcastMac),
                                {{0x8100, 10}}));
    bed_.run();
  }

  void verb(const json& words, const json& options) const {
    REQUIRE(control::carry_out(*bed_.router, {{"verb", words}, {"options", options}}));
  }

  // Time passes, hosts answer, are forgotten, interfaces go down.
  void change_something() {
    if (frames_->one_in(3)) {
      bed_.advance(std::chrono::milliseconds{frames_->below(60)});
    }
    switch (frames_->below(600)) {
      case 0:
        learn_hosts();
        break;
      case 1:
        learn_vlan_host();
        break;
      case 2:
        verb({"neighbor", "flush"}, json::object());
        break;
      case 3:
        bed_.advance(std::chrono::seconds{frames_->below(8)});
        break;
      case 4:
      case 5: {
        const char* const port = frames_->one_in(2) ? "a.10" : "c";
        verb({"link", "set"}, {{"port", port}, {"up", !frames_->one_in(3)}});
        bed_.advance(300ms);
        break;
      }
      default:
        break;
    }
    bed_.run();
    for (std::uint16_t port = 0; port < 4; ++port) {
      bed_.discard(PortId{port});
    }
    before_explain_ = counted();
  }

  // Everything that is counted, learned or charged.
  [[nodiscard]] std::vector<std::uint64_t> counted() const {
    const control::Ledger ledger = bed_.router->ledger();
    std::vector<std::uint64_t> all{ledger.received,
                                   ledger.generated,
                                   ledger.sent,
                                   ledger.delivered,
                                   ledger.dropped,
                                   ledger.held,
                                   bed_.router->pools().free(),
                                   bed_.router->neighbors().table().size(),
                                   bed_.router->neighbors6().table().size(),
                                   bed_.router->routing().trie_changes(),
                                   bed_.router->routing6().trie_changes()};
    for (std::size_t i = 0; i < stats::kIpCounters; ++i) {
      all.push_back(bed_.router->ip_counter(static_cast<stats::IpCounter>(i)));
    }
    return all;
  }
  [[nodiscard]] std::string side_effects() const {
    const auto now = counted();
    const auto at = std::ranges::mismatch(before_explain_, now).in1;
    return at == before_explain_.end() ? std::string{}
                                       : fmt::format("counter {}", at - before_explain_.begin());
  }

  // Whether the packet got as far as the router's neighbor tables.
  static bool is_for_neighbors(const json& said) {
    const std::string reason = said.at("reason").is_string() ? said.at("reason") : json("");
    return said.at("verdict") == "deliver" || reason.starts_with("nd_") ||
           reason.starts_with("arp_");
  }

  // Frames that left, without the router's own requests.
  [[nodiscard]] std::vector<std::string> sent(bool answers_only) {
    std::vector<std::string> all;
    for (std::uint16_t port = 0; port < 4; ++port) {
      for (const Frame& frame : bed_.sent(PortId{port})) {
        const Kind kind = kind_of(frame);
        if (kind == Kind::kRequest || (kind == Kind::kOther && answers_only)) {
          continue;
        }
        all.push_back(names_[port] + " " + comparable(frame));
      }
    }
    std::ranges::sort(all);
    return all;
  }

  // `learns`: the frame may be learned from.
  std::string compare(const json& said, const State& before, const State& after, bool learns) {
    std::vector<std::string> expected;
    std::size_t waits = 0;
    for (const json& one : said.at("sends")) {
      if (one.at("waits").get<bool>()) {
        ++waits;
      } else {
        expected.push_back(one.at("port").get<std::string>() + " " +
                           comparable(from_hex(one.at("frame").get<std::string>())));
      }
    }
    std::ranges::sort(expected);
    // A message that is learned from may release packets that waited, answers among them.
    const auto real = sent(learns);
    const bool all_sent = std::ranges::includes(real, expected);
    const std::size_t released = learns ? before.waiting + waits - after.waiting : 0;
    if (!all_sent || real.size() > expected.size() + released) {
      return fmt::format("sends\n  {}\nbut sent\n  {}", fmt::join(expected, "\n  "),
                         fmt::join(real, "\n  "));
    }
    const std::string fault = compare_lost_answer(said, before, after);
    return fault.empty() ? compare_counts(said, before, after, waits, learns) : fault;
  }

  static std::string compare_lost_answer(const json& said, const State& before,
                                         const State& after) {
    const json& lost = said.at("lost_answer");
    for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
      if (lost != stats::name(static_cast<DropReason>(i))) {
        continue;
      }
      const std::uint64_t drops = after.drops.at(i) - before.drops.at(i);
      if (drops < (said.at("reason") == lost ? 2U : 1U)) {
        return fmt::format("the answer is lost, but dropped {}", drops);
      }
    }
    return {};
  }

  static std::string compare_counts(const json& said, const State& before, const State& after,
                                    std::size_t waits, bool learns) {
    const std::string verdict = said.at("verdict");
    const std::string reason = said.at("reason").is_string() ? said.at("reason") : json("");
    bool found = false;
    std::uint64_t lost_waiting = 0;
    for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
      const auto one = static_cast<DropReason>(i);
      const std::uint64_t drops = after.drops.at(i) - before.drops.at(i);
      if (drops == 0) {
        continue;
      }
      // Others that waited before.
      if (one == DropReason::kNeighborQueueFull || one == DropReason::kReassemblyTooFar ||
          one == DropReason::kReassemblyMemory) {
        lost_waiting += drops;
        continue;
      }
      if (stats::name(one) == reason) {
        found = true;
        // The answer may be lost for the same reason; then no other packet was.
        lost_waiting += is_of_answer(said, one) ? 0 : drops - 1;
      } else if (!is_of_answer(said, one)) {
        return fmt::format("{} and {}, but dropped {} {}", verdict, reason, drops,
                           stats::name(one));
      }
    }
    if (!reason.empty() && !found) {
      return fmt::format("{}, but nothing was dropped for that", reason);
    }
    const std::uint64_t delivered = after.delivered - before.delivered;
    const std::uint64_t waiting = after.waiting + lost_waiting - before.waiting;
    if (verdict == "deliver" && delivered == 0 && waiting == 0) {
      return "not delivered";
    }
    if (!learns && verdict != "deliver" && waiting != waits && delivered == 0) {
      return fmt::format("{} wait, but {} more do", waits, waiting);
    }
    return {};
  }

  // The answer of the router may be lost, and so may the error that says why.
  static bool is_of_answer(const json& said, DropReason reason) {
    const bool of_error = said.at("lost_answer").is_string() && said.at("icmp").is_object() &&
                          said.at("icmp").at("type") == 2 && reason == DropReason::kPacketTooBig;
    return said.at("lost_answer") == stats::name(reason) || of_error;
  }

  Testbed bed_;
  std::unique_ptr<RandomFrames> frames_;
  std::vector<std::string> names_;
  std::vector<std::uint64_t> before_explain_;
  std::map<std::string, std::size_t> reasons_;
  std::map<std::string, std::size_t> verdicts_;
};

void agree(std::size_t frames, unsigned seed, bool ipv6) {
  Comparison comparison{seed, ipv6};
  for (std::size_t i = 0; i < frames; ++i) {
    if (const std::string fault = comparison.next(); !fault.empty()) {
      FAIL_CHECK("seed " << seed << ", frame " << i << ": " << fault);
      return;
    }
  }
  std::string seen;
  for (const auto& [name, count] : comparison.verdicts()) {
    seen += fmt::format(" {} {}", name, count);
  }
  for (const auto& [name, count] : comparison.reasons()) {
    seen += fmt::format(" {} {}", name, count);
  }
  WARN("of " << frames << ":" << seen);
  CHECK(comparison.verdicts().size() == 3);
  CHECK(comparison.reasons().size() >= 25);
}

}  // namespace

TEST_CASE("explain says of 20,000 random frames what the pipeline then does with them") {
  agree(20'000, 20261201, false);
}

TEST_CASE("explain says of 20,000 random IPv6 frames what the pipeline then does with them") {
  agree(20'000, 20261202, true);
}

// Takes ~10 minutes; run by hand: build/release/test/dataplane/dataplane 'explain says of 1*'. It
// has other frames each time; with --rng-seed and the number that it prints, the same ones again.
TEST_CASE("explain says of 1,000,000 random frames what the pipeline then does", "[.long]") {
  const unsigned chosen = Catch::rngSeed();
  const unsigned seed = chosen != 0 ? chosen : std::random_device{}();
  WARN("--rng-seed " << seed);
  for (unsigned part = 0; part < 20; ++part) {
    agree(50'000, seed + part, part % 2 == 1);
  }
}

}  // namespace ringroad::test
