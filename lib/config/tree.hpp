// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The nodes of one YAML document, with their positions. Private to lib/config.
//
// yaml-cpp's own YAML::Node is not used: it loses the positions of aliases, needs some 500 bytes a
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

  // An alias refers to the same node from another position, so a node may be inside itself.
  struct Child {
    const Node* node = nullptr;
    Position where;
  };

  Kind kind = Kind::kNull;
  std::string text;             // of a scalar
  std::vector<Child> children;  // the items of a list; key, value, key, value, ... of a map
};

struct Tree {
  std::deque<Node> nodes;  // a deque, because nodes point to each other
  Node::Child root;        // its node is null if the text has no document
};

struct SyntaxError {
  Position where;
  std::string what;
};

// Parses text with at most one document.
[[nodiscard]] std::expected<Tree, SyntaxError> parse_tree(std::string_view text);

}  // namespace ringroad::config
