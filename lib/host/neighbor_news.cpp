// SPDX-License-Identifier: BSD-3-Clause
#include "host/neighbor_news.hpp"

#include "base/log.hpp"

namespace ringroad::host {
namespace {

template <class Address>
log::Fields fields_of(const neigh::Entry<Address>& entry, const std::string& port,
                      bool is_gateway) {
  return {{is_gateway ? "gateway" : "neighbor", entry.key.address.to_string()}, {"port", port}};
}

}  // namespace

template <class Address>
void NeighborNews<Address>::failed(const neigh::Entry<Address>& entry, bool is_gateway) {
  const bool was_known = entry.mac != Mac{};
  if ((!was_known && !is_gateway) || failed_.size() >= kMost || !failed_.insert(entry.key).second) {
    return;
  }
  const std::string& port = world_.port(entry.key.port).name;
  log::event(log::Level::warn, fields_of(entry, port, is_gateway), "{} {} on port {} {}",
             is_gateway ? "gateway" : "neighbor", entry.key.address.to_string(), port,
             is_gateway ? "is lost: it does not answer; routes use others where there are any"
                        : "failed: it does not answer");
}

template <class Address>
void NeighborNews<Address>::resolved(const neigh::Entry<Address>& entry, bool is_gateway) {
  if (failed_.erase(entry.key) == 0) {
    return;
  }
  const std::string& port = world_.port(entry.key.port).name;
  log::event(log::Level::info, fields_of(entry, port, is_gateway), "{} {} on port {} {}",
             is_gateway ? "gateway" : "neighbor", entry.key.address.to_string(), port,
             is_gateway ? "is found: it answers again" : "answers again");
}

template class NeighborNews<Ipv4>;
template class NeighborNews<Ipv6>;

}  // namespace ringroad::host
