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
  // `is_dry`: it changes only packets and the tracker.
  Effects(const Code& code, ThreadState& state, const Run& run, Comparisons& comparisons,
          Elements& elements, bool is_dry)
      : code_{code},
        state_{state},
        run_{run},
        comparisons_{comparisons},
        elements_{elements},
        is_dry_{is_dry} {}

  void count(std::uint32_t counter, std::uint64_t m);
  void hit(std::uint32_t place, std::uint64_t m);
  // Return the packets for which the rule goes on.
  std::uint64_t limit(Limit& limit, std::uint64_t m);
  std::uint64_t quota(Quota& quota, std::uint64_t m);
  std::uint64_t assign(const AssignCode& assignment, std::uint64_t m);
  void log(const nft::Log& log, std::uint64_t m);
  void reject(const nft::Reject& reject, std::uint64_t m);
  void untrack(std::uint64_t m);
  // Gives fragments to the control thread, which puts datagrams together (Linux's
  // ipv4_conntrack_defrag). Returns them.
  std::uint64_t defragment(std::uint64_t m);
  // Of packets whose connections are not decided about, the first one of each connection.
  [[nodiscard]] std::uint64_t undecided(std::uint64_t m);
  // Decides for the connections of these packets.
  struct NatOutcome {
    std::uint64_t decided = 0;
    std::uint64_t dropped = 0;  // no tuple is free, or there is no address
  };
  [[nodiscard]] NatOutcome nat(const NatCode& code, std::uint64_t m);
  // Decides for connections that no rule translates. Returns the packets that must be dropped.
  std::uint64_t nat_unchanged(std::uint64_t m);
  // Translates packets of translated connections. Returns the errors that must be dropped, because
  // they quote too little.
  [[nodiscard]] std::uint64_t translate(std::uint64_t m);

  // The same for packets of known connections, all of them plain.
  void translate_passed(std::uint64_t m);
  // What translate() does to a packet that it translates.
  [[nodiscard]] std::optional<Step::End> translation(std::size_t index) const;

  // Whether a header was written.
  [[nodiscard]] bool wrote() const { return wrote_; }
  [[nodiscard]] std::uint64_t rejected() const { return rejected_; }
  // Gives the rejected packets away, last, because rules may read all packets of the burst.
  void finish();

 private:
  [[nodiscard]] Manip manip() const {
    return run_.point == HookPoint::kPreRouting || run_.point == HookPoint::kOutput
               ? Manip::kDestination
               : Manip::kSource;
  }
  void close(Connection& connection, std::size_t index);
  [[nodiscard]] std::optional<NatRange> range_of(const nft::Nat& nat, std::size_t index) const;
  bool write(const nft::Field& target, std::size_t index, const nft::Value& value);
  [[nodiscard]] nft::Value number_of(const nft::Field& target, std::span<const ColumnIndex> columns,
                                     std::size_t index);
  [[nodiscard]] Nanoseconds now() { return elements_.now(); }
  template <class Passes>
  std::uint64_t each_in_order(std::uint64_t m, Passes&& passes);

  const Code& code_;
  ThreadState& state_;
  const Run& run_;
  Comparisons& comparisons_;
  Elements& elements_;
  bool is_dry_;
  bool wrote_ = false;
  std::uint64_t rejected_ = 0;
  std::array<const nft::Reject*, kLanes> rejects_;
};

}  // namespace ringroad::filter
