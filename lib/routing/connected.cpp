// SPDX-License-Identifier: BSD-3-Clause
#include "routing/connected.hpp"

#include <algorithm>
#include <utility>

namespace ringroad::routing {
namespace {

using fib::Path4;
using fib::Protocol;
using fib::Table;

// RFC 3021: a /31 has no broadcast address.
constexpr std::uint8_t kLongestWithBroadcast = 30;

bool has_subnet(const InterfaceAddress& own) {
  return own.length < Ipv4::kBits || own.subnet().address() != own.address;
}

// Linux's "secondary": the subnet is another address's on that port, which came before.
bool is_secondary(const interface::InterfaceView& port, const InterfaceAddress& own) {
  for (const InterfaceAddress& before : port.addresses) {
    if (before == own) {
      return false;
    }
    if (port.uses(before) && before.subnet() == own.subnet()) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<Connected::Own> Connected::by_arrival(
    const std::deque<interface::InterfaceView>& ports) {
  std::vector<Own> all;
  decltype(arrivals_) arrivals;
  for (const interface::InterfaceView& port : ports) {
    for (const InterfaceAddress& address : port.addresses) {
      const std::pair key{port.id, address};
      const auto known = arrivals_.find(key);
      const std::uint64_t arrival = known == arrivals_.end() ? next_arrival_++ : known->second;
      arrivals.emplace(key, arrival);
      all.push_back({&port, address, arrival});
    }
  }
  arrivals_ = std::move(arrivals);
  std::ranges::sort(all, {}, &Own::arrival);
  return all;
}

void Connected::find_late(const std::vector<Own>& all, const HasStatic& has_static) {
  decltype(late_) late;
  for (const Own& own : all) {
    const Prefix4 subnet = own.address.subnet();
    const auto known = late_.find(subnet);
    late.try_emplace(subnet, known == late_.end() ? has_static(subnet) : known->second);
  }
  late_ = std::move(late);
}

std::vector<fib::Rib4::Edit> Connected::changes(const std::deque<interface::InterfaceView>& ports,
                                                const HasStatic& has_static) {
  std::vector<Own> used = by_arrival(ports);
  find_late(used, has_static);
  std::erase_if(used, [](const Own& own) { return !own.port->uses(own.address); });
  wanted_.clear();
  // Where ports share an address, or addresses a broadcast address, one route stands for all.
  const auto want_local = [this](Ipv4 address, RouteType type, Ipv4 source) {
    wanted_.try_emplace({Table::kLocal, Prefix4{address, Ipv4::kBits}, 0},
                        Path4{.protocol = Protocol::kKernel, .type = type, .source = source});
  };
  for (const Own& own : used) {
    want_local(own.address.address, RouteType::kLocal, own.address.address);
  }
  std::map<Prefix4, fib::Rank> shared;
  for (const auto& [port, own, arrival] : used) {
    if (!has_subnet(own) || is_secondary(*port, own)) {
      continue;
    }
    const Prefix4 subnet = own.subnet();
    const auto first = static_cast<fib::Rank>(late_.at(subnet) ? fib::kOrdinaryRank + 1 : 0);
    const fib::Rank rank = shared.try_emplace(subnet, first).first->second++;
    wanted_[{Table::kMain, subnet, rank}] = {
        .protocol = Protocol::kConnected,
        .source = own.address,
        .next_hops = {{.via = std::nullopt, .port = port->id, .weight = 1}}};
    if (own.length <= kLongestWithBroadcast) {
      // The all-zeros form too: RFC 1122 3.3.6, and Linux.
      want_local(subnet.last(), RouteType::kBroadcast, own.address);
      want_local(subnet.address(), RouteType::kBroadcast, own.address);
    }
  }
  std::vector<fib::Rib4::Edit> edits;
  const auto edit = [&](const Place& place, std::optional<Path4> path) {
    const auto& [table, prefix, rank] = place;
    edits.push_back({.prefix = prefix, .table = table, .rank = rank, .path = std::move(path)});
  };
  for (const auto& [place, path] : wanted_) {
    const auto there = installed_.find(place);
    if (there == installed_.end() || there->second != path) {
      edit(place, path);
    }
  }
  for (const auto& [place, path] : installed_) {
    if (!wanted_.contains(place)) {
      edit(place, std::nullopt);
    }
  }
  return edits;
}

void Connected::confirm() { installed_ = wanted_; }

}  // namespace ringroad::routing
