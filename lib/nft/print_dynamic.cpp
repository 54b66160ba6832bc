// SPDX-License-Identifier: BSD-3-Clause
// What rules write to sets, and what belongs to elements.
#include <fmt/format.h>

#include <array>

#include "nft/print_rule.hpp"
#include "nft/time.hpp"

namespace ringroad::nft {
namespace {

std::string data_text(const Set& set, const SetUpdate& update) {
  std::string text;
  for (std::size_t i = 0; i < update.data.size(); ++i) {
    const auto* const value = std::get_if<Value>(&update.data[i]);
    text += fmt::format("{}{}", i == 0 ? " : " : " . ",
                        value != nullptr ? print_value(set.data[i].type, *value)
                                         : print_expression(std::get<Expression>(update.data[i])));
  }
  return text;
}

}  // namespace

std::string print_count(const ConnectionCount& count) {
  return fmt::format("ct count {}{}", count.over ? "over " : "", count.most);
}

std::string print_statements(const ElementStatements& statements, bool numbers) {
  struct Printer {
    bool numbers;

    std::string operator()(const Counter& counter) const {
      return numbers ? "counter " + print_counter(counter, {}) : "counter";
    }
    std::string operator()(const Limit& limit) const { return "limit " + print_rate(limit); }
    std::string operator()(Quota quota) const {
      quota.used = numbers ? quota.used : 0;
      return "quota " + print_quota(quota, {});
    }
    std::string operator()(const ConnectionCount& count) const { return print_count(count); }
  };
  std::string text;
  for (const ElementStatement& statement : statements) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", std::visit(Printer{numbers}, statement));
  }
  return text;
}

std::string print_update(const Table& table, const SetUpdate& update) {
  static constexpr std::array<std::string_view, 3> kKinds{"add", "update", "delete"};
  const Set& set = table.sets[update.set];
  std::string text =
      set.is_meter
          ? fmt::format("meter {} size {}", set.name, set.size)
          : fmt::format("{} @{}", kKinds.at(static_cast<std::size_t>(update.kind)), set.name);
  text += fmt::format(" {{ {}", print_left(update.key));
  if (update.timeout) {
    text += fmt::format(" timeout {}", print_time(*update.timeout));
  }
  // The kernel does not list them if the set has them.
  if (!update.statements.empty() && set.statements.empty()) {
    text += fmt::format(" {}", print_statements(update.statements, false));
  }
  return fmt::format("{}{} }}", text, data_text(set, update));
}

}  // namespace ringroad::nft
