// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The operations of a rule that do something: count, limit, log, reject, and set.
#include <array>
#include <cstdint>
#include <optional>

#include "filter/comparisons.hpp"
#include "filter/evaluate.hpp"

namespace ringroad::filter {

class Effects {
 public:
  // `is_dry`: it changes only packets.
  Effects(const Code& code, ThreadState& state, const Run& run, Comparisons& comparisons,
          bool is_dry)
      : code_{code}, state_{state}, run_{run}, comparisons_{comparisons}, is_dry_{is_dry} {}

  void count(std::uint32_t counter, std::uint64_t m);
  void hit(std::uint32_t place, std::uint64_t m);
  // Return the packets for which the rule goes on.
  std::uint64_t limit(Limit& limit, std::uint64_t m);
  std::uint64_t quota(Quota& quota, std::uint64_t m);
  std::uint64_t assign(const AssignCode& assignment, std::uint64_t m);
  void log(const nft::Log& log, std::uint64_t m);
  void reject(const nft::Reject& reject, std::uint64_t m);

  // Whether a header was written.
  [[nodiscard]] bool wrote() const { return wrote_; }
  [[nodiscard]] std::uint64_t rejected() const { return rejected_; }
  // Gives the rejected packets away, last, because rules may read all packets of the burst.
  void finish();

 private:
  bool write(const nft::Field& target, std::size_t index, const nft::Value& value);
  [[nodiscard]] nft::Value number_of(const nft::Field& target, std::span<const ColumnIndex> columns,
                                     std::size_t index);
  [[nodiscard]] Nanoseconds now();
  template <class Passes>
  std::uint64_t each_in_order(std::uint64_t m, Passes&& passes);

  const Code& code_;
  ThreadState& state_;
  const Run& run_;
  Comparisons& comparisons_;
  bool is_dry_;
  bool wrote_ = false;
  std::optional<Nanoseconds> now_{};  // read once, if a rule asks
  std::uint64_t rejected_ = 0;
  std::array<const nft::Reject*, kLanes> rejects_;
};

}  // namespace ringroad::filter
