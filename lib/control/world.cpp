#include "control/world.hpp"

#include <algorithm>
#include <cstring>

namespace ringroad::control {
namespace {

constexpr std::uint32_t kNextHops = 65536;
// Beside the neighbours': ports' and gateways', and those that wait for a quiescent state.
constexpr std::uint32_t kMoreAdjacencies = 8192;

std::uint8_t checks_of(const PortView& port) {
  using ip::IngressCheck;
  unsigned checks = 0;
  const auto ask = [&](IngressCheck check) { checks |= static_cast<unsigned>(check); };
  if (!port.forwarding) {
    ask(IngressCheck::kNoForwarding);
  }
  if (port.rp_filter == config::ReversePath::kStrict) {
    ask(IngressCheck::kStrictReversePath);
  } else if (port.rp_filter == config::ReversePath::kLoose) {
    ask(IngressCheck::kLooseReversePath);
  }
  return static_cast<std::uint8_t>(checks);
}

}  // namespace

World::World(std::uint32_t workers, std::uint32_t neighbors_max)
    : reclaimer_{workers},
      trie_{reclaimer_},
      next_hops_{kNextHops, reclaimer_},
      adjacencies_{2 * neighbors_max + kMoreAdjacencies, reclaimer_},
      interfaces_{std::make_unique<ip::Interface[]>(ip::kPortsMax)},
      own_{std::make_unique<ip::OwnAddresses>()},
      own_published_{own_.get()},
      tables_{.trie = trie_,
              .next_hops = next_hops_,
              .adjacencies = adjacencies_,
              .own_addresses = own_published_,
              .interfaces = {interfaces_.get(), ip::kPortsMax}} {}

void World::add_port(PortView port) {
  std::uint64_t mac = 0;
  std::memcpy(&mac, port.mac.octets.data(), port.mac.octets.size());
  ip::Interface& interface = interfaces_[port.id.value()];
  interface.mac.store(mac, std::memory_order_relaxed);
  interface.checks.store(checks_of(port), std::memory_order_relaxed);
  ports_.push_back(std::move(port));
  publish_own_addresses();
}

void World::next_redirect_round() {
  for (const PortView& port : ports_) {
    if (port.send_redirects) {
      auto& round = interfaces_[port.id.value()].redirect_round;
      const std::uint32_t next = round.load(std::memory_order_relaxed) + 1;
      round.store(std::max(next, 1U), std::memory_order_relaxed);
    }
  }
}

void World::publish_own_addresses() {
  std::vector<Ipv4> addresses;
  for (const PortView& port : ports_) {
    for (const InterfaceAddress& own : port.addresses) {
      addresses.push_back(own.address);
      // RFC 3021: a /31 has no broadcast address.
      if (own.length <= 30) {
        addresses.push_back(own.subnet().last());
      }
    }
  }
  auto fresh = std::make_unique<const ip::OwnAddresses>(std::move(addresses));
  own_published_.store(fresh.get(), std::memory_order_release);
  reclaimer_.retire([old = std::shared_ptr<const ip::OwnAddresses>{std::move(own_)}] {});
  own_ = std::move(fresh);
}

const PortView* World::find_port(std::string_view name) const {
  const auto found = std::ranges::find(ports_, name, &PortView::name);
  return found == ports_.end() ? nullptr : &*found;
}

const PortView* World::port_on_link_with(Ipv4 address) const {
  const PortView* best = nullptr;
  int longest = -1;
  for (const PortView& port : ports_) {
    for (const InterfaceAddress& own : port.addresses) {
      if (own.subnet().contains(address) && own.length > longest) {
        best = &port;
        longest = own.length;
      }
    }
  }
  return best;
}

bool World::is_own(Ipv4 address) const {
  return std::ranges::any_of(ports_, [&](const PortView& port) {
    return std::ranges::find(port.addresses, address, &InterfaceAddress::address) !=
           port.addresses.end();
  });
}

std::optional<Ipv4> World::source(PortId id, Ipv4 to) const {
  const auto& addresses = port(id).addresses;
  const auto near = std::ranges::find_if(
      addresses, [&](const InterfaceAddress& own) { return own.subnet().contains(to); });
  if (near != addresses.end()) {
    return near->address;
  }
  return addresses.empty() ? std::nullopt : std::optional{addresses.front().address};
}

}  // namespace ringroad::control
