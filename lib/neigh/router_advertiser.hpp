// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// When a router advertises itself (RFC 4861 6.2.4 to 6.2.8); what it says is the caller's. This
// class sends nothing: its calls return events, which the caller carries out in order. Control
// thread only.
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "base/ids.hpp"
#include "base/units.hpp"

namespace ringroad::neigh {

class RouterAdvertiser {
 public:
  // Send all nodes a router advertisement.
  struct Event {
    InterfaceId port;
    bool final = false;  // with a lifetime of 0: this is no default router any more

    friend bool operator==(const Event&, const Event&) = default;
  };
  using Events = std::vector<Event>;

  explicit RouterAdvertiser(std::uint64_t seed) : random_{seed} {}

  // The port advertises with random intervals between a third of `longest` and `longest`
  // (MaxRtrAdvInterval, at least 4 s) and, at first, with shorter ones. A call for a port that
  // advertises already says that what is advertised has changed.
  void start(InterfaceId id, Nanoseconds longest, Nanoseconds now);
  // The port ceases to advertise: up to three final advertisements are sent, the first at once.
  void stop(InterfaceId id, Nanoseconds now, Events& events);
  // The port is gone.
  void remove(InterfaceId id) { ports_.erase(id); }
  // When a link comes up, it is advertised to as if the port had just started.
  void set_link(InterfaceId id, bool up, Nanoseconds now);
  // A valid router solicitation was received.
  void hear_solicitation(InterfaceId id, Nanoseconds now);

  void tick(Nanoseconds now, Events& events);
  // The time at which tick() next has something to do.
  [[nodiscard]] std::optional<Nanoseconds> next_deadline() const;

  [[nodiscard]] bool is_advertising(InterfaceId id) const;

 private:
  static constexpr Nanoseconds kNever = Nanoseconds::max();
  enum class State : std::uint8_t { kSilent, kAdvertising, kCeasing };
  struct Port {
    State state = State::kSilent;
    bool has_link = false;
    Nanoseconds longest{};
    unsigned sent = 0;  // since the start, or final ones
    std::optional<Nanoseconds> last{};
    Nanoseconds next = kNever;
  };

  void begin(Port& port, Nanoseconds now);
  void run(InterfaceId id, Port& port, Nanoseconds now, Events& events);
  [[nodiscard]] Nanoseconds soon(const Port& port, Nanoseconds now);
  [[nodiscard]] Nanoseconds random(Nanoseconds least, Nanoseconds most);

  std::mt19937_64 random_;
  std::map<InterfaceId, Port> ports_;
};

}  // namespace ringroad::neigh
