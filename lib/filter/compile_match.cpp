// SPDX-License-Identifier: BSD-3-Clause
// Comparisons.
#include <algorithm>

#include "filter/compiler.hpp"

namespace ringroad::filter {
namespace {

constexpr std::uint32_t kAll = ~std::uint32_t{0};
// A set of so few ranges is compared one by one.
constexpr std::size_t kFewRanges = 8;

Test test_of(const WordRange& range, std::uint32_t mask = kAll) {
  return {.mask = mask, .low = range.first, .span = range.last - range.first};
}

// The values that compare so with `value`; nothing if there is none.
std::optional<nft::Interval> interval_of(nft::Comparison comparison, const nft::Value& value,
                                         unsigned width) {
  const nft::Value most = nft::Value::ones(width);
  switch (comparison) {
    case nft::Comparison::kLess:
      return value.is_zero() ? std::nullopt
                             : std::optional{nft::Interval{nft::Value{}, value.previous()}};
    case nft::Comparison::kLessOrEqual:
      return nft::Interval{nft::Value{}, value};
    case nft::Comparison::kGreater:
      return value >= most ? std::nullopt : std::optional{nft::Interval{value.next(), most}};
    case nft::Comparison::kGreaterOrEqual:
      return nft::Interval{value, most};
    default:
      return nft::Interval{value, value};
  }
}

}  // namespace

// The operators that nft(8) adds: the family and the protocol that have the field.
bool Compiler::require(const nft::Expression& expression) {
  const nft::Field& field = *expression.field;
  const bool is_trace = field.source == nft::Source::kMeta &&
                        static_cast<nft::Meta>(field.offset) == nft::Meta::kNfTrace;
  if (is_trace) {
    throw Unsupported{where() + std::string{field.name} + " is not supported yet"};
  }
  if (!is_of(field.family)) {
    return false;
  }
  if (field.generator != nullptr) {
    return generate(expression);
  }
  if (field.source == nft::Source::kCt) {
    need_tracking();
  }
  if (field.protocol && protocol_ != field.protocol) {
    push({.kind = OpKind::kTest,
          .column = code_.columns.index_of({.kind = Column::Kind::kL4Protocol}),
          .test = {.low = *field.protocol}});
    protocol_ = field.protocol;
  }
  return true;
}

bool Compiler::require_all(const std::vector<nft::Expression>& expressions) {
  return std::ranges::all_of(expressions, [&](const auto& each) { return require(each); });
}

std::vector<ColumnIndex> Compiler::columns_of_all(const std::vector<nft::Expression>& expressions) {
  std::vector<ColumnIndex> columns;
  for (const nft::Expression& expression : expressions) {
    for (const Column& column : columns_of(expression, family_)) {
      columns.push_back(code_.columns.index_of(column));
    }
  }
  return columns;
}

void Compiler::add_tests(std::vector<ColumnTest> tests, bool inverted) {
  if (tests.size() == 1) {
    push({.kind = OpKind::kTest,
          .inverted = inverted,
          .column = tests[0].column,
          .test = tests[0].test});
    return;
  }
  push({.kind = OpKind::kTests,
        .inverted = inverted,
        .at = static_cast<std::uint32_t>(code_.tests.size()),
        .count = static_cast<std::uint32_t>(tests.size())});
  code_.tests.insert(code_.tests.end(), tests.begin(), tests.end());
}

bool Compiler::add(const nft::Match& match) {
  if (!require_all(match.left)) {
    return false;
  }
  const bool inverted = match.comparison == nft::Comparison::kNotEqual;
  if (const auto* const set = std::get_if<nft::SetIndex>(&match.right)) {
    return match_set(match, *set);
  }
  const auto& key = std::get<nft::Key>(match.right);
  if (match.left.size() == 1) {
    return match_value(match);
  }
  std::vector<ColumnTest> tests;
  for (std::size_t i = 0; i < match.left.size(); ++i) {
    const auto some =
        is_interface(match.left[i].field->type) ? std::nullopt : tests_of(match.left[i], key[i]);
    if (!some) {
      match_key(match, key, inverted);
      return true;
    }
    tests.insert(tests.end(), some->begin(), some->end());
  }
  add_tests(std::move(tests), inverted);
  return true;
}

bool Compiler::match_value(const nft::Match& match) {
  const nft::Expression& left = match.left[0];
  const auto& key = std::get<nft::Key>(match.right);
  const bool inverted = match.comparison == nft::Comparison::kNotEqual;
  if (is_interface(left.field->type)) {
    match_interface(match, key[0]);
    return true;
  }
  if (match.comparison == nft::Comparison::kAnyOf || match.comparison == nft::Comparison::kNoneOf) {
    return match_bits(match, key[0].first);
  }
  const auto interval = inverted || match.comparison == nft::Comparison::kEqual
                            ? std::optional{key[0]}
                            : interval_of(match.comparison, key[0].first, left.field->width);
  if (!interval) {
    return false;
  }
  if (auto tests = tests_of(left, *interval)) {
    const bool is_protocol =
        (*tests)[0].test.mask == kAll && (*tests)[0].test.span == 0 && tests->size() == 1 &&
        !inverted && code_.columns[(*tests)[0].column] == Column{.kind = Column::Kind::kL4Protocol};
    if (is_protocol) {
      protocol_ = static_cast<std::uint8_t>((*tests)[0].test.low);
    }
    add_tests(std::move(*tests), inverted);
  } else {
    match_key(match, {*interval}, inverted);
  }
  return true;
}

// Whether any of the bits is set: not all words have none of them.
bool Compiler::match_bits(const nft::Match& match, const nft::Value& bits) {
  std::vector<ColumnTest> tests;
  const auto columns = columns_of_all(match.left);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto shift = static_cast<unsigned>(columns.size() - 1 - i) * 32;
    tests.push_back(
        {columns[i], {.mask = static_cast<std::uint32_t>(bits.shifted_right(shift).low)}});
  }
  add_tests(std::move(tests), match.comparison == nft::Comparison::kAnyOf);
  return true;
}

std::optional<std::vector<ColumnTest>> Compiler::tests_of(const nft::Expression& expression,
                                                          const nft::Interval& interval) {
  // A mask without flips becomes a part of the tests, so that the columns are shared.
  const bool has_mask = expression.flips.is_zero();
  const nft::Expression plain{.field = expression.field};
  const auto columns = columns_of_all({has_mask ? plain : expression});
  const auto words = static_cast<unsigned>(columns.size());
  const auto boxes = split(interval, words);
  if (boxes.size() != 1) {
    return std::nullopt;
  }
  std::vector<ColumnTest> tests;
  for (unsigned i = 0; i < words; ++i) {
    const auto mask =
        static_cast<std::uint32_t>(expression.mask.shifted_right((words - 1 - i) * 32).low);
    const bool is_any = boxes[0][i] == WordRange{};
    // The last word is tested in any case: the packet must have the field.
    if (!is_any || i + 1 == words) {
      tests.push_back({columns[i], test_of(boxes[0][i], has_mask ? mask : kAll)});
    }
  }
  return tests;
}

void Compiler::match_interface(const nft::Match& match, const nft::Interval& interval) {
  InterfaceSet interfaces;
  for (const std::uint32_t number : interfaces_in(interval, names_)) {
    interfaces.set(number);
  }
  const auto column = columns_of_all(match.left)[0];
  const bool is_ingress = code_.columns[column].kind == Column::Kind::kIngress;
  push({.kind = is_ingress ? OpKind::kIngress : OpKind::kEgress,
        .inverted = match.comparison == nft::Comparison::kNotEqual,
        .column = column,
        .at = static_cast<std::uint32_t>(code_.interface_sets.size())});
  code_.interface_sets.push_back(interfaces);
}

// A range that is no range of each word.
void Compiler::match_key(const nft::Match& match, const nft::Key& key, bool inverted) {
  std::vector<nft::KeyPart> parts;
  Boxes boxes{.words = 0};
  for (const nft::Expression& expression : match.left) {
    parts.push_back({expression.field->type, expression.field->width});
    boxes.words += words_of_part(parts.back()).words;
  }
  add_key(boxes, key, parts, 0, names_);
  push({.kind = OpKind::kSet,
        .inverted = inverted,
        .at = static_cast<std::uint32_t>(code_.keys.size())});
  code_.keys.push_back(
      {.columns = columns_of_all(match.left), .lookup = std::make_shared<const Lookup>(boxes)});
}

bool Compiler::match_set(const nft::Match& match, nft::SetIndex set) {
  const bool inverted = match.comparison == nft::Comparison::kNotEqual;
  const auto columns = columns_of_all(match.left);
  if (columns.size() == 1 && table().sets[set].elements.size() <= kFewRanges &&
      set_code(set) == nullptr) {
    const Boxes boxes = boxes_of(table().sets[set]);
    if (boxes.size() <= kFewRanges) {
      push({.kind = OpKind::kAny,
            .inverted = inverted,
            .column = columns[0],
            .at = static_cast<std::uint32_t>(code_.alternatives.size()),
            .count = static_cast<std::uint32_t>(boxes.size())});
      for (const WordRange& range : boxes.ranges) {
        code_.alternatives.push_back(test_of(range));
      }
      return true;
    }
  }
  const std::uint32_t key = add_key_code(match.left, set);
  push({.kind = OpKind::kSet, .inverted = inverted, .at = key});
  return true;
}

}  // namespace ringroad::filter
