// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The addresses of each interface, for packets that get one as their source or destination.
//
// An object does not change once it is published: the control thread publishes a new one after a
// change.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"

namespace ringroad {

class InterfaceAddresses {
 public:
  // Those that may be used, in the interface's order.
  struct Entry {
    std::vector<InterfaceAddress4> ipv4;
    std::vector<InterfaceAddress6> ipv6;
  };

  InterfaceAddresses() = default;
  // By the interface's number.
  explicit InterfaceAddresses(std::vector<Entry> entries) : entries_{std::move(entries)} {}

  // The one in the same subnet as `near`, otherwise the primary one: Linux's inet_select_addr of
  // universal scope, without the addresses of other interfaces.
  [[nodiscard]] std::optional<Ipv4> source(InterfaceId interface, Ipv4 near) const {
    return pick(at(interface).ipv4, near);
  }
  // A global address rather than a link-local one, unless `near` is link-local.
  [[nodiscard]] std::optional<Ipv6> source(InterfaceId interface, Ipv6 near) const {
    const auto& all = at(interface).ipv6;
    auto best = all.end();
    const auto fits = [&](const InterfaceAddress6& own) {
      return own.address.is_link_local() == near.is_link_local();
    };
    const auto covers = [&](const InterfaceAddress6& own) { return own.subnet().contains(near); };
    for (auto own = all.begin(); own != all.end(); ++own) {
      if (fits(*own) && (best == all.end() || (!covers(*best) && covers(*own)))) {
        best = own;
      }
    }
    return best == all.end() ? std::nullopt : std::optional{best->address};
  }
  [[nodiscard]] bool has(InterfaceId interface, Ipv4 address) const {
    return std::ranges::find(at(interface).ipv4, address, &InterfaceAddress4::address) !=
           at(interface).ipv4.end();
  }
  [[nodiscard]] bool has(InterfaceId interface, Ipv6 address) const {
    return std::ranges::find(at(interface).ipv6, address, &InterfaceAddress6::address) !=
           at(interface).ipv6.end();
  }
  // The interface that has this broadcast address of one of its subnets.
  [[nodiscard]] std::optional<InterfaceId> broadcast_of(Ipv4 address) const {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const InterfaceId id{static_cast<std::uint16_t>(i)};
      if (has_broadcast(id, address)) {
        return id;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] bool has_broadcast(InterfaceId interface, Ipv4 address) const {
    return std::ranges::any_of(at(interface).ipv4, [&](const InterfaceAddress4& own) {
      return address == own.subnet().last();
    });
  }

 private:
  [[nodiscard]] const Entry& at(InterfaceId interface) const {
    return interface.value() < entries_.size() ? entries_[interface.value()] : none_;
  }
  static std::optional<Ipv4> pick(const std::vector<InterfaceAddress4>& all, Ipv4 near) {
    const auto found = std::ranges::find_if(
        all, [&](const InterfaceAddress4& own) { return own.subnet().contains(near); });
    return found != all.end() ? std::optional{found->address}
           : all.empty()      ? std::nullopt
                              : std::optional{all.front().address};
  }

  Entry none_{};
  std::vector<Entry> entries_;
};

}  // namespace ringroad
