// SPDX-License-Identifier: BSD-3-Clause
// Neighbors as routes see them: a host route for each that is resolved on a connected subnet, and
// gateways that answer or do not.
#include <algorithm>

#include "routing/routing.hpp"

namespace ringroad::routing {

Routing::Neighbor* Routing::host_route_of(Ipv4 address) {
  for (auto it = neighbors_.lower_bound({address, InterfaceId{}});
       it != neighbors_.end() && it->first.first == address; ++it) {
    if (it->second.host_route) {
      return &it->second;
    }
  }
  return nullptr;
}

void Routing::refresh_later(Prefix4 prefix) {
  const auto first = neighbors_.lower_bound({prefix.address(), InterfaceId{}});
  if (first != neighbors_.end() && prefix.contains(first->first.first)) {
    stale_hosts_.emplace_back(prefix, first->first.first);
  }
}

bool Routing::refresh_hosts(std::size_t most) {
  const bool any = !stale_hosts_.empty();
  for (; most > 0 && !stale_hosts_.empty(); --most) {
    auto& [prefix, next] = stale_hosts_.front();
    const auto it = neighbors_.lower_bound({next, InterfaceId{}});
    if (it == neighbors_.end() || !prefix.contains(it->first.first)) {
      stale_hosts_.pop_front();
      continue;
    }
    const Ipv4 address = it->first.first;
    const auto subnet = decided_by(address, prefix);
    if (!subnet) {
      refresh_host_routes(address);
    }
    const Ipv4 last = subnet ? subnet->last() : address;
    if (last == prefix.last()) {
      stale_hosts_.pop_front();
    } else {
      next = Ipv4{last.value() + 1};
    }
  }
  return any;
}

// Two ports may know a neighbor by one address: the host route of one goes before that of the other
// comes.
void Routing::refresh_host_routes(Ipv4 address) {
  for (const bool had : {true, false}) {
    for (auto it = neighbors_.lower_bound({address, InterfaceId{}});
         it != neighbors_.end() && it->first.first == address; ++it) {
      if (it->second.host_route == had) {
        refresh_host_route({it->first.second, address}, it->second);
      }
    }
  }
}

// A route shorter than the subnet's does not concern the subnet's neighbors: the default route
// none.
std::optional<Prefix4> Routing::decided_by(Ipv4 address, Prefix4 prefix) const {
  for (const interface::InterfaceView& port : world_.ports()) {
    for (const InterfaceAddress& own : port.addresses) {
      const Prefix4 subnet = own.subnet();
      if (subnet.length() > prefix.length() && subnet.contains(address) && rib_.best(subnet)) {
        return subnet;
      }
    }
  }
  return std::nullopt;
}

void Routing::refresh_host_route(neigh::Key4 key, Neighbor& neighbor) {
  const auto route = rib_.lookup(key.address);
  const bool on_link =
      route && is_on_link(route->path) && route->path.next_hops.front().port == key.port;
  const bool wanted = neighbor.resolved && on_link;
  const Prefix4 host{key.address, 32};
  if (wanted && !neighbor.host_route) {
    world_.trie().insert(host, neighbor.next_hop);
  } else if (!wanted && neighbor.host_route) {
    // A peer, or a host that a route names, has a route of its own there.
    const auto own = on_link && route->prefix == host ? next_hops_.glean(key.port)
                                                      : Result<NextHopId>{fib::kNoRoute};
    if (own && *own != fib::kNoRoute) {
      world_.trie().insert(host, *own);
    } else {
      world_.trie().erase(host);
    }
  }
  neighbor.host_route = wanted;
}

Result<Routing::Neighbor*> Routing::neighbor_of(neigh::Key4 key) {
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

Status Routing::hold(neigh::Key4 key) {
  const auto neighbor = neighbor_of(key);
  if (!neighbor) {
    return std::unexpected{neighbor.error()};
  }
  next_hops_.hold((*neighbor)->next_hop);
  (*neighbor)->resolved = true;
  refresh_host_route(key, **neighbor);
  return {};
}

bool Routing::is_published(neigh::Key4 key) const {
  const auto known = neighbors_.find({key.address, key.port});
  return known != neighbors_.end() && next_hops_.is_published(known->second.next_hop);
}

Status Routing::resolved(neigh::Key4 key, Mac mac) {
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
    reconsider();
  }
  return {};
}

void Routing::failed(neigh::Key4 key) {
  if (next_hops_.neighbor_failed(key)) {
    reconsider();
  }
}

std::vector<neigh::Key4> Routing::failed_gateways() const {
  std::vector<neigh::Key4> failed = next_hops_.failed_neighbors();
  // A resolved host on the link has a next hop of its own, which is no gateway unless a route
  // refers to it as well.
  std::erase_if(failed, [this](neigh::Key4 key) {
    const auto id = next_hops_.find(key);
    const bool known = neighbors_.contains({key.address, key.port});
    return !id || next_hops_.references(*id) <= (known ? 1U : 0U);
  });
  return failed;
}

void Routing::unresolved(neigh::Key4 key) {
  const auto known = neighbors_.find({key.address, key.port});
  if (known == neighbors_.end() || !known->second.resolved) {
    return;
  }
  known->second.resolved = false;
  refresh_host_route(key, known->second);
  next_hops_.unpublish(known->second.next_hop);
}

void Routing::removed(neigh::Key4 key) {
  unresolved(key);
  if (const auto known = neighbors_.find({key.address, key.port}); known != neighbors_.end()) {
    next_hops_.release(known->second.next_hop);
    neighbors_.erase(known);
  }
  next_hops_.forget(key);
}

void Routing::report_use(neigh::Key4 key, bool report) {
  const auto known = neighbors_.find({key.address, key.port});
  if (known != neighbors_.end() && known->second.resolved) {
    next_hops_.report_use(known->second.next_hop, report);
  }
}

std::optional<AdjacencyId> Routing::adjacency(neigh::Key4 key) const {
  const auto known = neighbors_.find({key.address, key.port});
  return known == neighbors_.end() ? std::nullopt
                                   : std::optional{next_hops_.adjacency(known->second.next_hop)};
}

}  // namespace ringroad::routing
