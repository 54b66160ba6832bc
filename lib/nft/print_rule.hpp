// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The parts of rules as text. Private to lib/nft.
#include <span>
#include <string>
#include <vector>

#include "nft/print.hpp"

namespace ringroad::nft {

[[nodiscard]] std::string print_expression(const Expression& expression);
[[nodiscard]] std::string print_left(const std::vector<Expression>& left);
[[nodiscard]] std::string print_nat(const Table& table, const Nat& nat);
[[nodiscard]] std::string print_log(const Log& log);
// print_set.cpp
// An operand of `&` and others: flags with their names, as a list or joined by '|'.
[[nodiscard]] std::string print_operand(Type type, Value value, bool list);
[[nodiscard]] std::string print_interval(const Interval& interval, KeyPart part, bool prefix);
[[nodiscard]] std::string print_verdict(const Table& table, const Verdict& verdict);
[[nodiscard]] std::string print_key(const Key& key, std::span<const KeyPart> parts);
// Of the set, in the order of the listing.
[[nodiscard]] std::vector<std::string> print_elements(const Table& table, const Set& set,
                                                      std::span<const Element> elements);
// "@NAME", or the elements in braces.
[[nodiscard]] std::string print_set(const Table& table, SetIndex index);
// "2 kbytes"
[[nodiscard]] std::string print_bytes(std::uint64_t bytes);
[[nodiscard]] std::string print_rate(const Limit& limit);
[[nodiscard]] std::string print_quota(const Quota& quota, const PrintOptions& options);
[[nodiscard]] std::string print_counter(const Counter& counter, const PrintOptions& options);
// print_dynamic.cpp
[[nodiscard]] std::string print_count(const ConnectionCount& count);
// With the numbers that they have counted, as elements have them; of a rule and a set, without.
[[nodiscard]] std::string print_statements(const ElementStatements& statements, bool numbers);
[[nodiscard]] std::string print_update(const Table& table, const SetUpdate& update);

}  // namespace ringroad::nft
