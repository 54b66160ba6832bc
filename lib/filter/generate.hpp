// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Numbers that rules make for packets: Linux's nft_numgen and nft_hash.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/own_lines.hpp"
#include "filter/column.hpp"
#include "filter/facts.hpp"
#include "filter/nat.hpp"
#include "nft/model.hpp"

namespace ringroad::filter {

// Of `numgen inc`: the next number. All threads share it, on a line of its own.
struct alignas(kCacheLine) Sequence {
  std::atomic<std::uint32_t> next{0};
};

// The part of a hash's key that one field is, as octets.
struct HashPart {
  std::vector<ColumnIndex> columns;  // the most significant first
  std::uint8_t octets = 0;           // of the field
  bool is_host_order = false;        // as Linux has it in a register
};

struct GeneratorCode {
  const nft::Generator* generator = nullptr;
  ColumnIndex column = 0;                // that it fills
  std::shared_ptr<Sequence> sequence{};  // of kIncrement
  std::uint32_t seed = 0;                // of the hashes
  std::vector<HashPart> key{};           // of kHash
  // Of kSymmetricHash: the words of both addresses, the protocol, and both ports.
  std::vector<ColumnIndex> flow{};

  // Makes the numbers of these packets, in their order. `is_dry`: what is shared stays as it is.
  // Returns those that have all fields of the key.
  [[nodiscard]] std::uint64_t make(Facts& facts, Dice& dice, std::uint64_t m, bool is_dry) const;

 private:
  [[nodiscard]] std::uint32_t number(Facts& facts, Dice& dice, std::size_t index,
                                     bool is_dry) const;
  [[nodiscard]] std::uint32_t take(bool is_dry) const;
  [[nodiscard]] std::uint32_t hash(Facts& facts, std::size_t index) const;
  [[nodiscard]] std::uint32_t symmetric_hash(Facts& facts, std::size_t index) const;
};

// Linux's jhash().
[[nodiscard]] std::uint32_t jenkins_hash(std::span<const std::uint8_t> octets, std::uint32_t seed);

}  // namespace ringroad::filter
