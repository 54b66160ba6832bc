// SPDX-License-Identifier: BSD-3-Clause
// Next hops of IPv6 that routes of IPv4 borrow (RFC 8950), and chains of next hops of both
// families.
#include <algorithm>
#include <iterator>

#include "routing/next_hops.hpp"

namespace ringroad::routing {

template <class Address>
void NextHops<Address>::connect(NextHops<Ipv4>& borrower, NextHops<Ipv6>& lender) {
  borrower.other_ = &lender;
  lender.other_ = &borrower;
}

template <class Address>
NextHopId NextHops<Address>::borrow(NextHopId id) {
  if (const auto known = nodes_.find(id); known != nodes_.end()) {
    // The node has a reference of the lender's; a fixed next hop needs none.
    ++known->second.references;
    other_->release(id);
    return id;
  }
  other_->lend(id);
  add(id, Borrowed{}).usable = other_->usable(id);
  return id;
}

template <class Address>
void NextHops<Address>::lend(NextHopId id) {
  Node& lent = node(id);
  if (const auto* const neighbor = std::get_if<Neighbor>(&lent.what);
      neighbor != nullptr && lent.dependants.empty()) {
    depended_.insert(neighbor->key);
    lent.usable = usable(lent);
  }
  lent.lent = true;
  ++lent_;
}

template <class Address>
void NextHops<Address>::take_back(NextHopId id) {
  Node& lent = node(id);
  if (const auto* const neighbor = std::get_if<Neighbor>(&lent.what);
      neighbor != nullptr && lent.dependants.empty()) {
    depended_.erase(neighbor->key);
  }
  lent.lent = false;
  --lent_;
  release(id);
}

template <class Address>
std::vector<NextHopId> NextHops<Address>::below(NextHopId id) const {
  const auto known = nodes_.find(id);
  if (known == nodes_.end() || std::holds_alternative<Borrowed>(known->second.what)) {
    return other_->below(id);
  }
  std::vector<NextHopId> ids;
  if (const auto* const recursive = std::get_if<Recursive>(&known->second.what)) {
    ids.push_back(recursive->target);
  } else if (const auto* const group = std::get_if<Group>(&known->second.what)) {
    std::ranges::transform(group->paths, std::back_inserter(ids), &Path::next_hop);
  }
  return ids;
}

template <class Address>
std::vector<NextHopId> NextHops<Address>::above(NextHopId id) const {
  const auto known = nodes_.find(id);
  if (known == nodes_.end()) {
    return other_->above(id);
  }
  const Node& node = known->second;
  std::vector<NextHopId> ids{node.dependants.begin(), node.dependants.end()};
  if (node.lent) {
    const auto& borrowers = other_->nodes_.at(id).dependants;
    ids.insert(ids.end(), borrowers.begin(), borrowers.end());
  }
  return ids;
}

#define RINGROAD_OF_FAMILY(Address)                                           \
  template void NextHops<Address>::connect(NextHops<Ipv4>&, NextHops<Ipv6>&); \
  template NextHopId NextHops<Address>::borrow(NextHopId);                    \
  template void NextHops<Address>::lend(NextHopId);                           \
  template void NextHops<Address>::take_back(NextHopId);                      \
  template std::vector<NextHopId> NextHops<Address>::below(NextHopId) const;  \
  template std::vector<NextHopId> NextHops<Address>::above(NextHopId) const;
RINGROAD_OF_FAMILY(Ipv4)
RINGROAD_OF_FAMILY(Ipv6)
#undef RINGROAD_OF_FAMILY

}  // namespace ringroad::routing
