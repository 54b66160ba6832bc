// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/group_reports.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace ringroad::neigh {
namespace {

using std::chrono::seconds;
using Type = MldRecord::Type;

// RFC 3810 9.11.
constexpr Nanoseconds kReportInterval = seconds{1};
// RFC 3810 9.2, for a querier that does not say its own.
constexpr Nanoseconds kQueryInterval = seconds{125};

// RFC 3810 6: every node is in ff02::1 without a report, and groups of one interface do not leave
// it.
bool is_reported(Ipv6 group) { return group != kAllNodes && group.multicast_scope() >= 2; }

}  // namespace

std::vector<std::vector<std::uint8_t>> GroupReports::Event::frames(Ipv6 source, Mac mac) const {
  std::vector<std::vector<std::uint8_t>> frames;
  if (version1) {
    for (const MldRecord& record : records) {
      frames.push_back(record.type == Type::kToInclude ? mldv1_done(source, mac, record.group)
                                                       : mldv1_report(source, mac, record.group));
    }
    return frames;
  }
  for (std::span<const MldRecord> rest{records}; !rest.empty();) {
    const auto part = rest.first(std::min(rest.size(), kMldRecordsMax));
    frames.push_back(mldv2_report(source, mac, part));
    rest = rest.subspan(part.size());
  }
  return frames;
}

void GroupReports::join(Key6 group, Nanoseconds now) {
  Port& port = ports_[group.port];
  Group& joined = port.groups[group.address];
  if (++joined.users == 1 && is_reported(group.address)) {
    change(port, joined, now);
  }
}

void GroupReports::leave(Key6 group, Nanoseconds now) {
  const auto port = ports_.find(group.port);
  if (port == ports_.end()) {
    return;
  }
  auto& groups = port->second.groups;
  const auto left = groups.find(group.address);
  if (left == groups.end() || left->second.users == 0) {
    return;
  }
  --left->second.users;
  if (left->second.users > 0) {
    return;
  }
  if (!port->second.has_link || !is_reported(group.address)) {
    groups.erase(left);
    return;
  }
  left->second.answer = kNever;
  change(port->second, left->second, now);
}

// RFC 3810 6.1: the first report is sent at once, the others after random times.
void GroupReports::change(Port& port, Group& group, Nanoseconds now) {
  group.changes = port.robustness;
  if (port.has_link) {
    port.change = now;
  }
}

void GroupReports::set_link(InterfaceId id, bool up, Nanoseconds now) {
  Port& port = ports_[id];
  port.has_link = up;
  if (up) {
    report_again(id, now);
    return;
  }
  // Who was the querier and which groups were left matters only to that link.
  std::erase_if(port.groups, [](const auto& entry) { return entry.second.users == 0; });
  port = {.groups = std::move(port.groups)};
  for (auto& [address, group] : port.groups) {
    group.answer = kNever;
  }
}

void GroupReports::report_again(InterfaceId id, Nanoseconds now) {
  Port& port = ports_[id];
  for (auto& [address, group] : port.groups) {
    if (group.users > 0 && is_reported(address)) {
      change(port, group, now);
    }
  }
}

// RFC 3810 6.2 and 8.2.1: one answer that comes sooner serves later queries, too.
void GroupReports::hear(InterfaceId id, const MldQuery& query, Nanoseconds now) {
  const auto found = ports_.find(id);
  if (found == ports_.end() || !found->second.has_link) {
    return;
  }
  Port& port = found->second;
  if (query.version == 1) {
    port.version1_until = now + port.robustness * kQueryInterval + query.max_response;
  } else if (query.robustness > 0) {
    port.robustness = query.robustness;
  }
  const Nanoseconds when = now + random(query.max_response);
  if (query.is_general()) {
    port.answer = std::min(port.answer, when);
    return;
  }
  const auto group = port.groups.find(query.group);
  if (group != port.groups.end() && group->second.users > 0 && is_reported(query.group)) {
    group->second.answer = std::min(group->second.answer, when);
  }
}

void GroupReports::report_changes(InterfaceId id, Port& port, Nanoseconds now, Events& events) {
  Event event{.port = id, .version1 = now < port.version1_until, .records = {}};
  bool more = false;
  for (auto it = port.groups.begin(); it != port.groups.end();) {
    auto& [address, group] = *it;
    if (group.changes > 0) {
      event.records.push_back({group.users > 0 ? Type::kToExclude : Type::kToInclude, address});
      // RFC 2710 4: one "done" is enough.
      group.changes = event.version1 && group.users == 0 ? 0 : group.changes - 1;
      more = more || group.changes > 0;
    }
    it = group.users == 0 && group.changes == 0 ? port.groups.erase(it) : std::next(it);
  }
  port.change = more ? now + random(kReportInterval) : kNever;
  if (!event.records.empty()) {
    events.push_back(std::move(event));
  }
}

void GroupReports::answer(InterfaceId id, Port& port, Nanoseconds now, Events& events) {
  const bool all = port.answer <= now;
  if (all) {
    port.answer = kNever;
  }
  Event event{.port = id, .version1 = now < port.version1_until, .records = {}};
  for (auto& [address, group] : port.groups) {
    if (group.users > 0 && is_reported(address) && (all || group.answer <= now)) {
      group.answer = kNever;
      event.records.push_back({Type::kIsExclude, address});
    }
  }
  if (!event.records.empty()) {
    events.push_back(std::move(event));
  }
}

void GroupReports::tick(Nanoseconds now, Events& events) {
  for (auto& [id, port] : ports_) {
    if (port.change <= now) {
      report_changes(id, port, now, events);
    }
    answer(id, port, now, events);
  }
}

std::optional<Nanoseconds> GroupReports::next_deadline() const {
  Nanoseconds next = kNever;
  for (const auto& [id, port] : ports_) {
    next = std::min({next, port.change, port.answer});
    for (const auto& [address, group] : port.groups) {
      next = std::min(next, group.answer);
    }
  }
  return next == kNever ? std::nullopt : std::optional{next};
}

bool GroupReports::is_joined(Key6 group) const {
  const auto port = ports_.find(group.port);
  if (port == ports_.end()) {
    return false;
  }
  const auto found = port->second.groups.find(group.address);
  return found != port->second.groups.end() && found->second.users > 0;
}

Nanoseconds GroupReports::random(Nanoseconds most) {
  return Nanoseconds{std::uniform_int_distribution<Nanoseconds::rep>{0, most.count()}(random_)};
}

}  // namespace ringroad::neigh
