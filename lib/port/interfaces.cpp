// SPDX-License-Identifier: BSD-3-Clause
#include "port/interfaces.hpp"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace ringroad::port {
namespace {

std::size_t aligned(std::size_t length) {
  return (length + MNL_ALIGNTO - 1) & ~(MNL_ALIGNTO - 1UL);
}

// Calls `each` for every attribute in a sequence; stops at the first that exceeds the size.
template <class Each>
void for_each_attribute(const void* start, std::size_t size, Each&& each) {
  const auto* attribute = static_cast<const nlattr*>(start);
  while (mnl_attr_ok(attribute, static_cast<int>(size))) {
    each(*attribute);
    const std::size_t step = aligned(attribute->nla_len);
    if (step >= size) {
      return;
    }
    size -= step;
    attribute = mnl_attr_next(attribute);
  }
}

template <class Each>
void for_each_nested(const nlattr& attribute, Each&& each) {
  for_each_attribute(mnl_attr_get_payload(&attribute), mnl_attr_get_payload_len(&attribute),
                     std::forward<Each>(each));
}

std::optional<std::uint32_t> number(const nlattr& attribute) {
  std::uint32_t value = 0;
  if (mnl_attr_get_payload_len(&attribute) < sizeof value) {
    return std::nullopt;
  }
  std::memcpy(&value, mnl_attr_get_payload(&attribute), sizeof value);
  return value;
}

std::string text(const nlattr& attribute) {
  const auto* const start = static_cast<const char*>(mnl_attr_get_payload(&attribute));
  return {start, strnlen(start, mnl_attr_get_payload_len(&attribute))};
}

// Reads net.ipv4.conf.NAME.forwarding, which net.ipv4.ip_forward sets for all interfaces.
bool forwards(const nlattr& families) {
  bool on = false;
  for_each_nested(families, [&](const nlattr& family) {
    if (mnl_attr_get_type(&family) != AF_INET) {
      return;
    }
    for_each_nested(family, [&](const nlattr& part) {
      // The values are in the order of IPV4_DEVCONF_*, which begins at 1 with forwarding.
      static_assert(IPV4_DEVCONF_FORWARDING == 1);
      if (mnl_attr_get_type(&part) == IFLA_INET_CONF) {
        on = number(part).value_or(0) != 0;
      }
    });
  });
  return on;
}

InterfaceState state_of(const nlmsghdr& message, const ifinfomsg& info) {
  InterfaceState state;
  state.present = message.nlmsg_type == RTM_NEWLINK;
  state.up = (info.ifi_flags & IFF_UP) != 0;
  // As in fib_netdev_event(): dev_get_flags() has at least one of these flags.
  state.carrier = (info.ifi_flags & (IFF_RUNNING | IFF_LOWER_UP)) != 0;
  const std::size_t size = mnl_nlmsg_get_payload_len(&message);
  static_assert(sizeof info % MNL_ALIGNTO == 0);
  const std::size_t header = sizeof info;
  if (size <= header) {
    return state;
  }
  for_each_attribute(mnl_nlmsg_get_payload_offset(&message, sizeof info), size - header,
                     [&](const nlattr& attribute) {
                       switch (mnl_attr_get_type(&attribute)) {
                         case IFLA_IFNAME:
                           state.name = text(attribute);
                           break;
                         case IFLA_MTU:
                           state.mtu = number(attribute).value_or(0);
                           break;
                         case IFLA_AF_SPEC:
                           state.forwards = forwards(attribute);
                           break;
                         case IFLA_NEW_NETNSID:
                           state.moved = !state.present;
                           break;
                         default:
                           break;
                       }
                     });
  return state;
}

}  // namespace

std::string why_down(const InterfaceState& state) {
  if (!state.present) {
    return state.moved ? "was moved to another network namespace" : "was deleted";
  }
  if (!state.up) {
    return "is down";
  }
  return state.carrier ? fmt::format("has an MTU of {}, and IPv4 wants 68", state.mtu)
                       : "has no carrier";
}

void Interfaces::begin_listing(std::uint32_t sequence) {
  sequence_ = sequence;
  listing_ = true;
  interrupted_ = false;
  must_list_ = false;
  for (auto& [index, followed] : followed_) {
    followed.listed = false;
  }
}

void Interfaces::end_listing(bool complete) {
  listing_ = false;
  must_list_ = !complete;
  for (auto& [index, followed] : followed_) {
    if (complete && !followed.listed && (followed.state.present || !followed.known)) {
      followed.known = true;
      followed.state.present = false;
      ++generation_;
    }
  }
}

const InterfaceState& Interfaces::state(unsigned index) const {
  static const InterfaceState gone;
  const auto found = followed_.find(index);
  return found == followed_.end() ? gone : found->second.state;
}

void Interfaces::read(std::span<const std::byte> datagram) {
  // mnl_nlmsg_ok() treats lengths of 2^31 and more as negative.
  while (datagram.size() >= sizeof(nlmsghdr)) {
    const auto* const message = reinterpret_cast<const nlmsghdr*>(datagram.data());
    if (message->nlmsg_len < sizeof(nlmsghdr) || message->nlmsg_len > datagram.size()) {
      return;
    }
    read(*message);
    datagram = datagram.subspan(std::min(aligned(message->nlmsg_len), datagram.size()));
  }
}

void Interfaces::read(const nlmsghdr& message) {
  const bool of_listing = listing_ && message.nlmsg_seq == sequence_;
  if (of_listing && (message.nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
    interrupted_ = true;
  }
  if (of_listing && (message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR)) {
    end_listing(message.nlmsg_type == NLMSG_DONE && !interrupted_);
    return;
  }
  ifinfomsg info{};
  if ((message.nlmsg_type != RTM_NEWLINK && message.nlmsg_type != RTM_DELLINK) ||
      mnl_nlmsg_get_payload_len(&message) < sizeof info) {
    return;
  }
  std::memcpy(&info, mnl_nlmsg_get_payload(&message), sizeof info);
  // Bridges report their ports in messages of their own family.
  if (info.ifi_family != AF_UNSPEC) {
    return;
  }
  const auto found = followed_.find(static_cast<unsigned>(info.ifi_index));
  if (found == followed_.end() || (found->second.known && !found->second.state.present)) {
    // The message is about another interface, which may have the name of a removed one.
    generation_ += message.nlmsg_type == RTM_NEWLINK ? 1 : 0;
    return;
  }
  Followed& followed = found->second;
  InterfaceState state = state_of(message, info);
  if (state.name.empty()) {
    state.name = followed.state.name;
  }
  if (!followed.known || state != followed.state) {
    ++generation_;
  }
  followed = {.state = std::move(state), .known = true, .listed = true};
}

}  // namespace ringroad::port
