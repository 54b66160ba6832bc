// SPDX-License-Identifier: BSD-3-Clause
#include "host/advertisements.hpp"

#include <algorithm>

#include "packet/tos.hpp"

namespace ringroad::host {
namespace {

// Names without a value take three intervals (RFC 4861 6.2.1, RFC 8106 5.1), at most what their
// fields can say.
constexpr int kIntervals = 3;
constexpr Nanoseconds kLifetimeMax = std::chrono::seconds{9000};

neigh::Preference preference_of(config::RouterPreference preference) {
  switch (preference) {
    case config::RouterPreference::kLow:
      return neigh::Preference::kLow;
    case config::RouterPreference::kMedium:
      return neigh::Preference::kMedium;
    case config::RouterPreference::kHigh:
      return neigh::Preference::kHigh;
  }
  return neigh::Preference::kMedium;
}

}  // namespace

void Advertisements::set(InterfaceId port, const config::RouterAdvertisements* content) {
  const auto known = contents_.find(port);
  if (content != nullptr) {
    if (known != contents_.end() && known->second == *content) {
      return;
    }
    contents_.insert_or_assign(port, *content);
    advertiser_.start(port, content->interval, clock_.now());
  } else if (known != contents_.end()) {
    neigh::RouterAdvertiser::Events events;
    advertiser_.stop(port, clock_.now(), events);
    carry_out(events);
  }
}

bool Advertisements::stop() {
  bool any = false;
  for (const auto& [port, content] : contents_) {
    if (advertiser_.is_advertising(port)) {
      any = true;
      neigh::RouterAdvertiser::Events events;
      advertiser_.stop(port, clock_.now(), events);
      carry_out(events);
    }
  }
  return any;
}

void Advertisements::tick() {
  neigh::RouterAdvertiser::Events events;
  advertiser_.tick(clock_.now(), events);
  carry_out(events);
}

void Advertisements::carry_out(const neigh::RouterAdvertiser::Events& events) {
  for (const neigh::RouterAdvertiser::Event& event : events) {
    const interface::InterfaceView& port = world_.port(event.port);
    // From the link-local address only (RFC 4861 4.2); without one, the next one will say it.
    const auto source = world_.link_local(event.port);
    if (!source || !contents_.contains(event.port)) {
      continue;
    }
    auto packet = sender_.make_frame(neigh::frame(message_of(port, *source, event.final),
                                                  neigh::multicast_mac(kAllNodes), port.mac));
    if (packet) {
      stats::IpCounters& counters = sender_.context().counters;
      counters.add(stats::IpCounter::kIcmp6OutMsgs);
      counters.add(stats::IpCounter::kIcmp6OutRouterAdvertisements);
      sender_.send_icmp6(std::move(packet), event.port);
    }
  }
}

neigh::RouterAdvertisement Advertisements::message_of(const interface::InterfaceView& port,
                                                      Ipv6 source, bool final) const {
  const config::RouterAdvertisements& content = contents_.at(port.id);
  const Nanoseconds usual = std::min(kIntervals * content.interval, kLifetimeMax);
  neigh::RouterAdvertisement message{
      .source = source,
      .hop_limit = content.hop_limit,
      .managed = content.managed,
      .other = content.other,
      .preference = preference_of(content.preference),
      .lifetime = final ? Nanoseconds{} : content.lifetime.value_or(usual),
      .reachable = content.reachable_time,
      .retransmit = content.retransmit,
      .source_mac = port.mac,
      .mtu = content.mtu ? std::optional<std::uint32_t>{port.mtu} : std::nullopt};
  for (const auto& prefix : content.prefixes) {
    message.prefixes.push_back({.prefix = prefix.prefix,
                                .valid = prefix.valid,
                                .preferred = prefix.preferred,
                                .on_link = prefix.on_link,
                                .autonomous = prefix.autonomous});
  }
  for (const auto& route : content.routes) {
    message.routes.push_back({.prefix = route.prefix,
                              .lifetime = final ? Nanoseconds{} : route.lifetime,
                              .preference = preference_of(route.preference)});
  }
  message.dns = content.dns;
  message.search = content.search;
  message.dns_lifetime = final ? Nanoseconds{} : content.dns_lifetime.value_or(usual);
  message.pref64 = content.pref64;
  message.pref64_lifetime = final ? Nanoseconds{} : usual;
  return message;
}

}  // namespace ringroad::host
