// SPDX-License-Identifier: BSD-3-Clause
// How neighbors affect routes: a host route for each neighbor that is resolved on a connected
// subnet, and gateways that answer or do not.
#include <algorithm>

#include "routing/routing.hpp"

namespace ringroad::routing {

template <class Address>
typename Routing<Address>::Neighbor* Routing<Address>::host_route_of(Address address) {
  for (auto it = neighbors_.lower_bound({address, InterfaceId{}});
       it != neighbors_.end() && it->first.first == address; ++it) {
    if (it->second.host_route) {
      return &it->second;
    }
  }
  return nullptr;
}

template <class Address>
void Routing<Address>::refresh_later(Prefix prefix) {
  const auto first = neighbors_.lower_bound({prefix.address(), InterfaceId{}});
  if (first != neighbors_.end() && prefix.contains(first->first.first)) {
    stale_hosts_.emplace_back(prefix, first->first.first);
  }
}

template <class Address>
bool Routing<Address>::refresh_hosts(std::size_t most) {
  const bool any = !stale_hosts_.empty();
  for (; most > 0 && !stale_hosts_.empty(); --most) {
    auto& [prefix, next] = stale_hosts_.front();
    const auto it = neighbors_.lower_bound({next, InterfaceId{}});
    if (it == neighbors_.end() || !prefix.contains(it->first.first)) {
      stale_hosts_.pop_front();
      continue;
    }
    const Address address = it->first.first;
    const auto subnet = decided_by(address, prefix);
    if (!subnet) {
      refresh_host_routes(address);
    }
    const Address last = subnet ? subnet->last() : address;
    if (last == prefix.last()) {
      stale_hosts_.pop_front();
    } else {
      next = last.next();
    }
  }
  return any;
}

// Two ports may have a neighbor with the same address: the host route of one is removed before that
// of the other is added.
template <class Address>
void Routing<Address>::refresh_host_routes(Address address) {
  for (const bool had : {true, false}) {
    for (auto it = neighbors_.lower_bound({address, InterfaceId{}});
         it != neighbors_.end() && it->first.first == address; ++it) {
      if (it->second.host_route == had) {
        refresh_host_route({it->first.second, address}, it->second);
      }
    }
  }
}

// A route that is shorter than a connected subnet does not affect the subnet's neighbors. The
// default route therefore affects none of them.
template <class Address>
std::optional<ringroad::Prefix<Address>> Routing<Address>::decided_by(Address address,
                                                                      Prefix prefix) const {
  for (const interface::InterfaceView& port : world_.ports()) {
    for (const auto& own : port.addresses_of<Address>()) {
      const Prefix subnet = own.subnet();
      if (subnet.length() > prefix.length() && subnet.contains(address) && rib_.best(subnet)) {
        return subnet;
      }
    }
  }
  return std::nullopt;
}

template <class Address>
void Routing<Address>::refresh_host_route(Key key, Neighbor& neighbor) {
  const auto route = rib_.lookup(key.address);
  const bool on_link =
      route && is_on_link(route->path) && route->path.next_hops.front().port == key.port;
  const bool wanted = neighbor.resolved && on_link;
  const Prefix host{key.address, Address::kBits};
  if (wanted && !neighbor.host_route) {
    world_.trie<Address>().insert(host, neighbor.next_hop);
  } else if (!wanted && neighbor.host_route) {
    // A peer, or a host that a static route names, has a route of its own for the same prefix.
    const auto own = on_link && route->prefix == host ? next_hops_.glean(key.port)
                                                      : Result<NextHopId>{fib::kNoRoute};
    if (own && *own != fib::kNoRoute) {
      world_.trie<Address>().insert(host, *own);
    } else {
      world_.trie<Address>().erase(host);
    }
  }
  neighbor.host_route = wanted;
}

template <class Address>
Result<typename Routing<Address>::Neighbor*> Routing<Address>::neighbor_of(Key key) {
  const auto [known, fresh] = neighbors_.try_emplace({key.address, key.port});
  if (fresh) {
    const auto next_hop = next_hops_.acquire(key);
    if (!next_hop) {
      neighbors_.erase(known);
      return std::unexpected{next_hop.error()};
    }
    known->second.next_hop = *next_hop;
  }
  return &known->second;
}

template <class Address>
Status Routing<Address>::hold(Key key) {
  const auto neighbor = neighbor_of(key);
  if (!neighbor) {
    return std::unexpected{neighbor.error()};
  }
  next_hops_.hold((*neighbor)->next_hop);
  (*neighbor)->resolved = true;
  refresh_host_route(key, **neighbor);
  return {};
}

template <class Address>
bool Routing<Address>::is_published(Key key) const {
  const auto known = neighbors_.find({key.address, key.port});
  return known != neighbors_.end() && next_hops_.is_published(known->second.next_hop);
}

template <class Address>
Status Routing<Address>::resolved(Key key, Mac mac) {
  const auto found = neighbor_of(key);
  if (!found) {
    return std::unexpected{found.error()};
  }
  Neighbor& neighbor = **found;
  const bool was_usable = next_hops_.usable(neighbor.next_hop);
  if (const Status status = next_hops_.publish(neighbor.next_hop, mac); !status) {
    return status;
  }
  neighbor.resolved = true;
  refresh_host_route(key, neighbor);
  if (next_hops_.usable(neighbor.next_hop) != was_usable) {
    fail_over();
  }
  return {};
}

template <class Address>
void Routing<Address>::failed(Key key) {
  if (next_hops_.neighbor_failed(key)) {
    fail_over();
  }
}

template <class Address>
std::vector<neigh::Key<Address>> Routing<Address>::failed_gateways() const {
  std::vector<Key> failed = next_hops_.failed_neighbors();
  std::erase_if(failed, [this](Key key) { return !is_gateway(key); });
  return failed;
}

// A resolved host on the link has a next hop of its own, which is no gateway unless a route refers
// to it as well.
template <class Address>
bool Routing<Address>::is_gateway(Key key) const {
  const auto id = next_hops_.find(key);
  const bool known = neighbors_.contains({key.address, key.port});
  return id && next_hops_.references(*id) > (known ? 1U : 0U);
}

template <class Address>
void Routing<Address>::unresolved(Key key) {
  const auto known = neighbors_.find({key.address, key.port});
  if (known == neighbors_.end() || !known->second.resolved) {
    return;
  }
  known->second.resolved = false;
  refresh_host_route(key, known->second);
  next_hops_.unpublish(known->second.next_hop);
}

template <class Address>
void Routing<Address>::removed(Key key) {
  unresolved(key);
  if (const auto known = neighbors_.find({key.address, key.port}); known != neighbors_.end()) {
    next_hops_.release(known->second.next_hop);
    neighbors_.erase(known);
  }
  next_hops_.forget(key);
}

template <class Address>
void Routing<Address>::report_use(Key key, bool report) {
  const auto known = neighbors_.find({key.address, key.port});
  if (known != neighbors_.end() && known->second.resolved) {
    next_hops_.report_use(known->second.next_hop, report);
  }
}

template <class Address>
std::optional<AdjacencyId> Routing<Address>::adjacency(Key key) const {
  const auto known = neighbors_.find({key.address, key.port});
  return known == neighbors_.end() ? std::nullopt
                                   : std::optional{next_hops_.adjacency(known->second.next_hop)};
}

template class Routing<Ipv4>;
template class Routing<Ipv6>;

}  // namespace ringroad::routing
