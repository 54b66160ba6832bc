// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "config/document.hpp"
#include "config/family.hpp"
#include "config/load.hpp"
#include "config/report.hpp"
#include "config/tree.hpp"

namespace ringroad::config {
namespace {

// A key's position, and its value.
struct Found {
  Position key;
  Node::Child value;
};

std::optional<Found> find(const Node* map, std::string_view key) {
  if (map == nullptr || map->kind != Node::Kind::kMap) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i + 1 < map->children.size(); i += 2) {
    if (map->children[i].node->text == key) {
      return Found{map->children[i].where, map->children[i + 1]};
    }
  }
  return std::nullopt;
}

struct Place {
  Position where;
  std::string key;
  const Node* node;

  void enter(const std::optional<Found>& found, const std::string& step, bool at_key) {
    if (found) {
      where = at_key ? found->key : found->value.where;
      node = found->value.node;
      key += step;
    }
  }
};

// Finds the route or neighbor of the fault. Routes with a file and routes without one are counted
// separately, and so are the families of the latter.
std::optional<std::pair<std::size_t, Node::Child>> item_of(const Node* list, const Fault& fault) {
  std::size_t left = fault.index;
  for (std::size_t i = 0; list != nullptr && i < list->children.size(); ++i) {
    const Node::Child& item = list->children[i];
    const bool has_file = find(item.node, "file").has_value();
    const bool counts = fault.at == Fault::At::kNeighbor || item.node->kind != Node::Kind::kMap ||
                        has_file == (fault.at == Fault::At::kRouteFile);
    const bool either = fault.at == Fault::At::kRouteFile;
    if (counts && (either || is_ipv6(*item.node) == fault.ipv6) && left-- == 0) {
      return std::pair{i, item};
    }
  }
  return std::nullopt;
}

Place place_of(const Node::Child& root, const Fault& fault) {
  Place place{.where = root.where, .key = "", .node = root.node};
  switch (fault.at) {
    case Fault::At::kNowhere:
      return {};
    case Fault::At::kBuffers:
      for (const std::string_view key : {"engine", "memory", "buffers"}) {
        const std::string step = fmt::format("{}{}", place.key.empty() ? "" : ".", key);
        place.enter(find(place.node, key), step, key != "buffers");
      }
      break;
    case Fault::At::kPort: {
      const auto ports = find(root.node, "ports");
      const bool is_port = ports && find(ports->value.node, fault.port);
      const std::string section = is_port ? "ports" : "vlans";
      place.enter(find(root.node, section), section, true);
      place.enter(find(place.node, fault.port), "." + fault.port, true);
      break;
    }
    case Fault::At::kRoute:
    case Fault::At::kRouteFile:
    case Fault::At::kNeighbor: {
      const std::string section = fault.at == Fault::At::kNeighbor ? "neighbors" : "routes";
      place.enter(find(root.node, section), section, true);
      if (const auto item = item_of(place.node, fault)) {
        place.enter(Found{item->second.where, item->second}, fmt::format("[{}]", item->first),
                    false);
      }
      break;
    }
  }
  place.enter(find(place.node, fault.field), fmt::format(".{}", fault.field), false);
  return place;
}

}  // namespace

Problem place(std::string_view yaml, const std::string& file, const Fault& fault) {
  Problem problem{file, 0, 0, "", fault.what};
  try {
    Report ignored{file, yaml};
    if (const auto tree = read_document(yaml, ignored)) {
      const Place found = place_of(tree->root, fault);
      problem.line = found.where.line;
      problem.column = found.where.column;
      problem.key = found.key;
    }
  } catch (const std::exception&) {
    // The file was changed in the meantime, so the problem has no position.
    return problem;
  }
  return problem;
}

namespace {

// Enters the keys of the path one by one. A name may contain dots, so the longest key that fits is
// entered.
Place place_of(const Node::Child& root, std::string_view path) {
  Place place{.where = root.where, .key = "", .node = root.node};
  while (!path.empty() && place.node != nullptr && place.node->kind == Node::Kind::kMap) {
    std::string_view step;
    for (std::size_t i = 0; i + 1 < place.node->children.size(); i += 2) {
      const std::string_view key = place.node->children[i].node->text;
      const bool fits =
          path.starts_with(key) &&
          (path.size() == key.size() || path[key.size()] == '.' || path[key.size()] == '[');
      if (fits && key.size() > step.size()) {
        step = key;
      }
    }
    const auto found = find(place.node, step);
    if (step.empty() || !found) {
      break;
    }
    place.enter(found, std::string{step}, true);
    path.remove_prefix(std::min(path.size(), step.size() + 1));
  }
  return place;
}

}  // namespace

Problem place(std::string_view yaml, const std::string& file, std::string_view key,
              std::string what) {
  Problem problem{file, 0, 0, std::string{key}, std::move(what)};
  try {
    Report ignored{file, yaml};
    if (const auto tree = read_document(yaml, ignored)) {
      const Position where = place_of(tree->root, key).where;
      problem.line = where.line;
      problem.column = where.column;
    }
  } catch (const std::exception&) {
    return problem;
  }
  return problem;
}

Problem place(const std::string& path, const Fault& fault) {
  const auto text = read_text_file(path);
  return text ? place(*text, path, fault) : Problem{path, 0, 0, "", fault.what};
}

}  // namespace ringroad::config
