// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The parts of rules as text. Private to lib/nft.
#include <span>
#include <string>

#include "nft/print.hpp"

namespace ringroad::nft {

[[nodiscard]] std::string print_left(const std::vector<Expression>& left);
// "@NAME", or the elements in braces.
[[nodiscard]] std::string print_set(const Table& table, SetIndex index);
[[nodiscard]] std::string print_nat(const Table& table, const Nat& nat);
[[nodiscard]] std::string print_key(const Key& key, std::span<const KeyPart> parts);
[[nodiscard]] std::string print_element(const Table& table, const Set& set, const Element& element);
// "2 kbytes"
[[nodiscard]] std::string print_bytes(std::uint64_t bytes);
[[nodiscard]] std::string print_rate(const Limit& limit);
[[nodiscard]] std::string print_quota(const Quota& quota, const PrintOptions& options);
[[nodiscard]] std::string print_counter(const Counter& counter, const PrintOptions& options);

}  // namespace ringroad::nft
