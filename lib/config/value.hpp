// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A YAML document as the readers of the sections see it: values that know their name and place and
// report what is wrong with them. Private to lib/config.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/foreign.hpp"
#include "config/report.hpp"
#include "config/tree.hpp"

namespace ringroad::config {

// Valid while its Tree and Report live.
class Value {
 public:
  Value(Node::Child child, std::string path, Position key_position, Report& report);

  // "routes[2].via"
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Position position() const { return position_; }
  [[nodiscard]] Position key_position() const { return key_position_; }
  [[nodiscard]] bool is_null() const { return node_->kind == Node::Kind::kNull; }
  [[nodiscard]] bool is_list() const { return node_->kind == Node::Kind::kList; }

  void problem(std::string what) const;
  // At the key, or the list item: something that should be inside is not there.
  void missing(std::string what) const;

  // Each of these reports a value of another kind.
  [[nodiscard]] std::optional<std::string> text() const;
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

// The keys of a mapping. Reports values that are none, keys twice, and keys it does not know.
class Fields {
 public:
  // No `known`: any name is a key.
  explicit Fields(const Value& map, std::span<const std::string_view> known = {},
                  Place place = Place::kElsewhere);

  // Null where it is absent or has no value.
  [[nodiscard]] const Value* find(std::string_view key) const;
  // Reports where it is absent; `what` says what it is for.
  [[nodiscard]] const Value* require(std::string_view key, std::string_view what) const;
  // Also true of a key without a value, which was reported.
  [[nodiscard]] bool has(std::string_view key) const;
  // Of a key that is not known, but that advice() knows.
  [[nodiscard]] const Value* find_foreign(std::string_view key) const;
  // In the order of the file, those without a value left out.
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
