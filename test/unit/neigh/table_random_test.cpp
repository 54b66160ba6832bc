// SPDX-License-Identifier: BSD-3-Clause
// Random calls, with a model of the caller's knowledge from events, which must always match the
// table.
#include <array>
#include <map>
#include <random>

#include "table_fixture.hpp"

namespace ringroad::neigh {
namespace {

class Caller {
 public:
  explicit Caller(std::uint64_t seed) : random_{seed}, table_{parameters(), limits(), seed} {}

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      // Bursts that fill the table alternate with pauses in which timers and garbage collection
      // empty it.
      now_ += milliseconds{below(step / 500 % 2 == 0 ? 20 : 700)};
      call();
      for (const Event& event : events_) {
        carry_out(event);
      }
      events_.clear();
      if (step % 16 == 0) {
        check_table();
      }
    }
    check_every_kind_was_seen();
  }

 private:
  static Parameters parameters() {
    Parameters parameters;
    parameters.base_reachable = seconds{8};
    parameters.gc_stale = seconds{10};
    return parameters;
  }
  static Limits limits() { return {.gc_interval = seconds{30}, .gc_thresh = {8, 24, 40}}; }

  std::uint32_t below(std::uint32_t limit) {
    return std::uniform_int_distribution<std::uint32_t>{0, limit - 1}(random_);
  }
  Key4 any_key() { return host(below(60), static_cast<std::uint16_t>(below(2))); }
  Mac any_mac() { return below(4) == 0 ? kOtherMac : kMac; }

  void call() {
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        table_.resolve(any_key(), now_, events_);
        break;
      case 4:
      case 5:
        table_.mark_used(NeighborId{below(80)}, now_, events_);
        break;
      case 6:
      case 7:
      case 8:
        table_.learn({.key = any_key(),
                      .mac = any_mac(),
                      .solicited = below(2) == 0,
                      .for_us = below(2) == 0,
                      .overrides = below(4) == 0},
                     now_, events_);
        break;
      case 9:
        rarely_configure();
        break;
      default:
        tick();
    }
  }
  void rarely_configure() {
    switch (below(40)) {
      case 0:
        table_.set_permanent(any_key(), any_mac(), now_, events_);
        break;
      case 1:
        table_.flush(below(2) == 0 ? std::nullopt : std::optional{InterfaceId{1}}, events_);
        break;
      default:
        if (below(2) == 0) {
          table_.erase(any_key(), events_);
        }
    }
  }
  void tick() {
    const auto deadline = table_.next_deadline();
    table_.tick(now_, events_);
    if (!deadline || *deadline > now_) {
      REQUIRE(events_.empty());
    }
    const auto next = table_.next_deadline();
    REQUIRE((!next || *next > now_));
  }

  void carry_out(const Event& event) {
    const Entry4& entry = table_.entry(event.id);
    ++seen_[static_cast<std::size_t>(event.kind)];
    switch (event.kind) {
      case Kind::kSolicitBroadcast:
        REQUIRE(entry.state == State::kIncomplete);
        REQUIRE(entry.probes <= table_.parameters(InterfaceId{0}).multicast_probes);
        REQUIRE_FALSE(published_.contains(event.id));
        break;
      case Kind::kSolicitUnicast:
        REQUIRE(entry.state == State::kProbe);
        REQUIRE(entry.probes <= table_.parameters(InterfaceId{0}).unicast_probes);
        REQUIRE(published_.at(event.id) == entry.mac);
        break;
      case Kind::kResolved:
        published_[event.id] = entry.mac;
        break;
      case Kind::kStateChanged:
        REQUIRE(published_.at(event.id) == entry.mac);
        break;
      case Kind::kFailed:
        REQUIRE(entry.state == State::kFailed);
        published_.erase(event.id);
        break;
      case Kind::kRemoved:
        REQUIRE(table_.find(entry.key) != event.id);
        published_.erase(event.id);
        break;
    }
  }

  void check_table() const {
    std::map<Key4, NeighborId> keys;
    std::size_t with_mac = 0;
    std::size_t not_permanent = 0;
    table_.for_each([&](NeighborId id, const Entry4& entry) {
      REQUIRE(keys.emplace(entry.key, id).second);
      REQUIRE(table_.find(entry.key) == id);
      const auto published = published_.find(id);
      REQUIRE(has_mac(entry.state) == (published != published_.end()));
      if (has_mac(entry.state)) {
        REQUIRE(published->second == entry.mac);
        ++with_mac;
      }
      REQUIRE(entry.updated <= now_);
      REQUIRE(entry.used <= now_);
      not_permanent += entry.state == State::kPermanent ? 0U : 1U;
    });
    REQUIRE(published_.size() == with_mac);
    REQUIRE(keys.size() == table_.size());
    REQUIRE(not_permanent <= table_.limits().gc_thresh[2]);
    REQUIRE(table_.next_deadline().has_value() == (table_.size() != 0));
    const Counters& counters = table_.counters();
    REQUIRE(counters.allocs - counters.destroys == table_.size());
  }
  void check_every_kind_was_seen() const {
    for (const auto count : seen_) {
      REQUIRE(count > 0);
    }
    REQUIRE(table_.counters().table_fulls > 0);
    REQUIRE(table_.counters().forced_gc_runs > 0);
    REQUIRE(table_.counters().periodic_gc_runs > 0);
  }

  std::mt19937_64 random_;
  Table4 table_;
  Nanoseconds now_ = seconds{100};
  Events events_;
  std::map<NeighborId, Mac> published_;
  std::array<std::size_t, 6> seen_{};
};

}  // namespace

TEST_CASE("whatever happens, the caller knows exactly the MACs that the table holds") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Caller{seed}.run(30'000);
  }
}

}  // namespace ringroad::neigh
