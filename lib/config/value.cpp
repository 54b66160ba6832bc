// SPDX-License-Identifier: BSD-3-Clause
#include "config/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "base/nearest.hpp"

namespace ringroad::config {

Value::Value(Node::Child child, std::string path, Position key_position, Report& report)
    : node_{child.node},
      path_{std::move(path)},
      position_{child.where},
      key_position_{key_position},
      report_{&report} {}

void Value::problem(std::string what) const { report_->add(position_, path_, std::move(what)); }

void Value::missing(std::string what) const { report_->add(key_position_, path_, std::move(what)); }

void Value::problem_inside(int line, int column, std::string what) const {
  report_->add(report_->inside(position_, line, column), path_, std::move(what));
}

void Value::problem_of(Problem problem) const { report_->add(position_, std::move(problem)); }

void Value::wrong_kind(std::string_view wanted) const {
  static constexpr std::array<std::string_view, 4> kKinds{"nothing", "a single value", "a list",
                                                          "a mapping"};
  problem(
      fmt::format("is {}; {} is wanted", kKinds.at(static_cast<std::size_t>(node_->kind)), wanted));
}

std::optional<std::string> Value::text() const {
  if (node_->kind != Node::Kind::kScalar) {
    wrong_kind("a single value");
    return std::nullopt;
  }
  std::string text = node_->text;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  if (std::ranges::any_of(text, is_control)) {
    problem(fmt::format("{} has a line break or control character in it", shown(text)));
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> Value::lines() const {
  if (node_->kind != Node::Kind::kScalar) {
    wrong_kind("a text");
    return std::nullopt;
  }
  return node_->text;
}

// yaml-cpp gives an empty item the position of the token after it. Its dash is in the column of the
// list's first dash.
Position Value::empty_item_position(Position reported) const {
  const auto first_dash = report_->find_up(position_.line, position_.column, '-');
  if (!first_dash || first_dash->line != position_.line) {
    return reported;  // the list is in brackets
  }
  const int last_line = reported.column > position_.column ? reported.line : reported.line - 1;
  return report_->find_up(last_line, position_.column, '-').value_or(reported);
}

std::vector<Value> Value::items() const {
  std::vector<Value> items;
  if (!is_list()) {
    wrong_kind("a list");
    return items;
  }
  items.reserve(node_->children.size());
  std::size_t index = 0;
  for (const Node::Child& child : node_->children) {
    Value item{child, fmt::format("{}[{}]", path_, index++), child.where, *report_};
    if (item.is_null()) {
      item.position_ = empty_item_position(item.position_);
      item.problem("has no value");
    } else {
      items.push_back(std::move(item));
    }
  }
  return items;
}

Fields::Fields(const Value& map, std::span<const std::string_view> known, Place place) : map_{map} {
  if (!is_map()) {
    map.wrong_kind("a mapping");
    return;
  }
  std::unordered_map<std::string, int> lines;
  const std::vector<Node::Child>& children = map.node_->children;
  for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
    const Position where = children[i].where;
    const std::string& key = children[i].node->text;
    if (key.empty()) {
      map.report_->add(where, map.path_, "a key is a name; this is not (null must be quoted)");
      continue;
    }
    const auto value_of = [&] {
      return Value{children[i + 1],
                   map.path_.empty() ? key : fmt::format("{}.{}", map.path_, shown(key)), where,
                   *map.report_};
    };
    if (!known.empty() && std::ranges::find(known, key) == known.end()) {
      const auto instead = advice(place, key);
      map.report_->add(where, map.path_,
                       instead ? fmt::format("'{}': {}", key, *instead)
                               : fmt::format("unknown key '{}'{}", shown(key), hint(key, known)));
      if (instead) {
        foreign_.push_back({key, value_of()});
      }
      continue;
    }
    if (const auto [first, is_new] = lines.try_emplace(key, where.line); !is_new) {
      map.report_->add(
          where, map.path_,
          fmt::format("'{}' is here twice, first on line {}", shown(key), first->second));
      continue;
    }
    Value value = value_of();
    if (value.is_null()) {
      value.missing("has no value");
      valueless_.push_back(key);
    } else {
      entries_.push_back({key, std::move(value)});
    }
  }
}

const Value* Fields::find(std::string_view key) const {
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  return found == entries_.end() ? nullptr : &found->value;
}

const Value* Fields::find_foreign(std::string_view key) const {
  const auto found = std::ranges::find(foreign_, key, &Entry::key);
  return found == foreign_.end() ? nullptr : &found->value;
}

bool Fields::has(std::string_view key) const {
  return find(key) != nullptr || std::ranges::find(valueless_, key) != valueless_.end();
}

const Value* Fields::require(std::string_view key, std::string_view what) const {
  if (is_map() && !has(key)) {
    map_.missing(fmt::format("has no {}: {}", key, what));
  }
  return find(key);
}

}  // namespace ringroad::config
