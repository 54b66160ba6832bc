// SPDX-License-Identifier: BSD-3-Clause
// nft's payload_do_merge: two fields that lie next to each other are compared by one load, and the
// rule is listed with them in the order of the header.
#include <algorithm>
#include <tuple>
#include <utility>

#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

constexpr unsigned kLoadBits = 32;

// The field of a comparison that can be a part of a larger one.
const Field* loaded(const Statement& statement) {
  const auto* const match = std::get_if<Match>(&statement);
  if (match == nullptr || match->left.size() != 1 || !match->left[0].is_plain() ||
      match->comparison != Comparison::kEqual) {
    return nullptr;
  }
  const auto* const key = std::get_if<Key>(&match->right);
  const Field& field = *match->left[0].field;
  const bool is_header = field.source == Source::kNetwork || field.source == Source::kTransport;
  const bool has_octets = field.offset % 8 == 0 && field.width % 8 == 0;
  const bool is_named = field.protocol || field.family != FamilyNeed::kNone;
  return key != nullptr && key->front().is_single() && is_header && has_octets && is_named &&
                 field.type != Type::kRaw
             ? &field
             : nullptr;
}

using Header = std::tuple<Source, std::optional<std::uint8_t>, FamilyNeed>;

Header header_of(const Field& field) { return {field.source, field.protocol, field.family}; }

// Whether rules do nothing between the two.
bool only_compares(const std::vector<Statement>& all, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    if (!std::holds_alternative<Match>(all[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

// Only where nothing is done between the two: what a rule does in between is done before the
// second one is compared.
void Parser::order_adjacent(Rule& rule) {
  const std::vector<Statement>& all = rule.statements;
  std::vector<std::size_t> sorted;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (loaded(all[i]) != nullptr) {
      sorted.push_back(i);
    }
  }
  if (sorted.size() < 2) {
    return;
  }
  std::ranges::stable_sort(sorted, {}, [&](std::size_t i) {
    const Field& field = *loaded(all[i]);
    return std::pair{header_of(field), field.offset};
  });
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < all.size(); ++i) {
    order.push_back(i);
  }
  bool changed = false;
  unsigned bits = loaded(all[sorted[0]])->width;  // that are loaded together so far
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const Field& low = *loaded(all[sorted[i - 1]]);
    const Field& high = *loaded(all[sorted[i]]);
    bits += high.width;
    if (header_of(low) != header_of(high) || low.offset + low.width != high.offset ||
        bits > kLoadBits) {
      bits = high.width;
    } else if (sorted[i] < sorted[i - 1] && only_compares(all, sorted[i], sorted[i - 1])) {
      std::erase(order, sorted[i]);
      order.insert(std::ranges::find(order, sorted[i - 1]) + 1, sorted[i]);
      changed = true;
    }
  }
  if (!changed) {
    return;
  }
  std::vector<Statement> ordered;
  ordered.reserve(order.size());
  for (const std::size_t i : order) {
    ordered.emplace_back(std::move(rule.statements[i]));
  }
  rule.statements = std::move(ordered);
}

}  // namespace ringroad::nft
