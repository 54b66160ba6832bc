// SPDX-License-Identifier: BSD-3-Clause
#include "config/family.hpp"

#include <cstddef>

namespace ringroad::config {
namespace {

// Returns null if the node is not a mapping with this key.
const Node* find(const Node* map, std::string_view key) {
  if (map == nullptr || map->kind != Node::Kind::kMap) {
    return nullptr;
  }
  for (std::size_t i = 0; i + 1 < map->children.size(); i += 2) {
    if (map->children[i].node->text == key) {
      return map->children[i + 1].node;
    }
  }
  return nullptr;
}

const Node* first_of(const Node* node) {
  const bool is_list =
      node != nullptr && node->kind == Node::Kind::kList && !node->children.empty();
  return is_list ? node->children.front().node : node;
}

}  // namespace

bool is_ipv6(const Node& item) {
  for (const std::string_view key : {"address", "to"}) {
    const Node* const node = find(&item, key);
    if (node != nullptr && node->text != "default") {
      return looks_like_ipv6(node->text);
    }
  }
  const Node* const via = first_of(find(&item, "via"));
  const Node* const gateway = via != nullptr ? via : find(first_of(find(&item, "nexthops")), "via");
  return gateway != nullptr && looks_like_ipv6(gateway->text);
}

}  // namespace ringroad::config
