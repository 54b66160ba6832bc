// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The listener's part of multicast listener discovery (RFC 3810 6, RFC 2710 4 with a querier of
// version 1): reports the groups that the router itself listens to, with all their sources. This
// class sends nothing: its calls return events, which the caller carries out in order. Control
// thread only.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "base/mac.hpp"
#include "base/units.hpp"
#include "neigh/key.hpp"
#include "neigh/mld_message.hpp"

namespace ringroad::neigh {

class GroupReports {
 public:
  // Report these groups.
  struct Event {
    InterfaceId port;
    // Each record is a message of its own: kToInclude a "done", the others a report (RFC 2710 4).
    bool version1 = false;
    std::vector<MldRecord> records;

    // The frames of this event. The source is link-local, or :: while there is no usable address.
    [[nodiscard]] std::vector<std::vector<std::uint8_t>> frames(Ipv6 source, Mac mac) const;
    friend bool operator==(const Event&, const Event&) = default;
  };
  using Events = std::vector<Event>;

  explicit GroupReports(std::uint64_t seed) : random_{seed} {}

  // A group is reported until leave() was called as often as join().
  void join(Key6 group, Nanoseconds now);
  void leave(Key6 group, Nanoseconds now);
  // When a link comes up, all groups are reported anew: it may be a different link.
  void set_link(InterfaceId id, bool up, Nanoseconds now);
  // The port's link-local address became usable: what was reported from :: is reported again, as
  // switches and routers may ignore that source (RFC 3590 4).
  void report_again(InterfaceId id, Nanoseconds now);
  void hear(InterfaceId id, const MldQuery& query, Nanoseconds now);

  void tick(Nanoseconds now, Events& events);
  // The time at which tick() next has something to do.
  [[nodiscard]] std::optional<Nanoseconds> next_deadline() const;

  // Whether packets to the group are for the router.
  [[nodiscard]] bool is_joined(Key6 group) const;

 private:
  static constexpr Nanoseconds kNever = Nanoseconds::max();
  struct Group {
    unsigned users = 0;    // 0: it was left, and that is still being reported
    unsigned changes = 0;  // reports of the last change that are still to be sent
    Nanoseconds answer = kNever;
  };
  struct Port {
    bool has_link = false;
    unsigned robustness = 2;       // RFC 3810 9.1, or what the querier says
    Nanoseconds change = kNever;   // the next report of changes
    Nanoseconds answer = kNever;   // to a query about all groups
    Nanoseconds version1_until{};  // a querier of version 1 is present
    std::map<Ipv6, Group> groups;
  };

  static void change(Port& port, Group& group, Nanoseconds now);
  void report_changes(InterfaceId id, Port& port, Nanoseconds now, Events& events);
  static void answer(InterfaceId id, Port& port, Nanoseconds now, Events& events);
  [[nodiscard]] Nanoseconds random(Nanoseconds most);

  std::mt19937_64 random_;
  std::map<InterfaceId, Port> ports_;
};

}  // namespace ringroad::neigh
