// SPDX-License-Identifier: BSD-3-Clause
#include "host/group_membership.hpp"

#include <utility>
#include <vector>

#include "packet/tos.hpp"

namespace ringroad::host {

void GroupMembership::sync(const interface::InterfaceView& view, bool linked) {
  const Nanoseconds now = clock_.now();
  Port& port = ports_[view.id];
  if (linked != port.linked) {
    port.linked = linked;
    reports_.set_link(view.id, linked, now);
  }
  std::set<Ipv6> wanted;
  for (const Ipv6 group : interface::World::groups_of(view)) {
    if (group != kAllNodes) {  // which is never reported (RFC 3810 6)
      wanted.insert(group);
    }
  }
  for (const Ipv6 group : wanted) {
    if (!port.groups.contains(group)) {
      reports_.join({view.id, group}, now);
    }
  }
  for (const Ipv6 group : port.groups) {
    if (!wanted.contains(group)) {
      reports_.leave({view.id, group}, now);
    }
  }
  if (std::exchange(port.groups, wanted) != wanted && on_change) {
    on_change(view.id);
  }
  const bool named = world_.link_local(view.id).has_value();
  if (named && !port.named && linked) {
    reports_.report_again(view.id, now);
  }
  port.named = named;
}

void GroupMembership::hear(InterfaceId port, Packet& packet) {
  const bool is_whole = packet.nb_segs == 1 || rte_pktmbuf_linearize(&packet) == 0;
  const auto query =
      is_whole ? neigh::parse_mld_query({frame(packet) + kL2Bytes,
                                         static_cast<std::size_t>(packet.data_len - kL2Bytes)})
               : std::nullopt;
  if (query) {
    reports_.hear(port, *query, clock_.now());
  }
}

void GroupMembership::tick() {
  neigh::GroupReports::Events events;
  reports_.tick(clock_.now(), events);
  for (const neigh::GroupReports::Event& event : events) {
    const interface::InterfaceView& view = world_.port(event.port);
    const Ipv6 source = world_.link_local(event.port).value_or(Ipv6{});
    for (const std::vector<std::uint8_t>& octets : event.frames(source, view.mac)) {
      if (auto packet = sender_.make_frame(octets)) {
        stats::IpCounters& counters = sender_.context().counters;
        counters.add(stats::IpCounter::kIcmp6OutMsgs);
        counters.add(stats::IpCounter::kIcmp6OutMldv2Reports);
        sender_.send_icmp6(std::move(packet), event.port);
      }
    }
  }
}

}  // namespace ringroad::host
