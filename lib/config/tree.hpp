// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The nodes of one YAML document, with their places. Private to lib/config.
//
// Not yaml-cpp's own YAML::Node: that one loses where an alias stands, takes some 500 bytes a
// node, and reads several documents only through a call that never returns for the text ",".
#include <cstdint>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.hpp"

namespace ringroad::config {

struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };

  // An alias is the node it stands for, in another place; so a node may be inside itself.
  struct Child {
    const Node* node = nullptr;
    Position where;
  };

  Kind kind = Kind::kNull;
  std::string text;             // of a scalar
  std::vector<Child> children;  // of a list its items; of a map key, value, key, value, ...
};

struct Tree {
  std::deque<Node> nodes;  // a deque: nodes point to each other
  Node::Child root;        // null node: the text has no document
};

struct SyntaxError {
  Position where;
  std::string what;
};

// Text of exactly one document, or none.
[[nodiscard]] std::expected<Tree, SyntaxError> parse_tree(std::string_view text);

}  // namespace ringroad::config
