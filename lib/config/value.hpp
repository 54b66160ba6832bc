// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A YAML document as the readers of the sections see it: values that know their name and position
// and report errors. Private to lib/config.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/foreign.hpp"
#include "config/report.hpp"
#include "config/tree.hpp"

namespace ringroad::config {

// Valid while its Tree and Report exist.
class Value {
 public:
  Value(Node::Child child, std::string path, Position key_position, Report& report);

  // The path in the file, such as "routes[2].via".
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Position position() const { return position_; }
  [[nodiscard]] Position key_position() const { return key_position_; }
  [[nodiscard]] bool is_null() const { return node_->kind == Node::Kind::kNull; }
  [[nodiscard]] const Node& node() const { return *node_; }
  [[nodiscard]] bool is_list() const { return node_->kind == Node::Kind::kList; }

  void problem(std::string what) const;
  // Reports, at the key or the list item, that something inside it is missing.
  void missing(std::string what) const;
  // Reports a problem at a place in the value's text, both from 1. Where the file has the text in
  // another form than the value, the problem is at its beginning.
  void problem_inside(int line, int column, std::string what) const;
  // Reports a problem in a file that the value names.
  void problem_of(Problem problem) const;

  // These functions report a value of another kind.
  [[nodiscard]] std::optional<std::string> text() const;
  // The same for a text of several lines.
  [[nodiscard]] std::optional<std::string> lines() const;
  [[nodiscard]] std::vector<Value> items() const;

 private:
  friend class Fields;
  void wrong_kind(std::string_view wanted) const;
  [[nodiscard]] Position empty_item_position(Position reported) const;

  const Node* node_;
  std::string path_;
  Position position_;
  Position key_position_;
  Report* report_;
};

struct Entry {
  std::string key;
  Value value;
};

// The keys of a mapping. Reports values that are not mappings, repeated keys, and unknown keys.
class Fields {
 public:
  // If `known` is empty, every name is a valid key.
  explicit Fields(const Value& map, std::span<const std::string_view> known = {},
                  Place place = Place::kElsewhere);

  // Returns null if the key is absent or has no value.
  [[nodiscard]] const Value* find(std::string_view key) const;
  // Reports an absent key; `what` describes its purpose.
  [[nodiscard]] const Value* require(std::string_view key, std::string_view what) const;
  // Also true for a key without a value, which was reported.
  [[nodiscard]] bool has(std::string_view key) const;
  // Finds an unknown key for which advice() has an answer.
  [[nodiscard]] const Value* find_foreign(std::string_view key) const;
  // The entries in the order of the file, without those that have no value.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] bool is_map() const { return map_.node_->kind == Node::Kind::kMap; }
  // The mapping itself.
  [[nodiscard]] const Value& value() const { return map_; }

 private:
  Value map_;
  std::vector<Entry> entries_;
  std::vector<Entry> foreign_;
  std::vector<std::string> valueless_;
};

}  // namespace ringroad::config
