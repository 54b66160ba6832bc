// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The meaning of a ruleset, written down as simply as possible: one packet after the other, one
// rule after the other.
#include <map>
#include <optional>
#include <vector>

#include "filter/boxes.hpp"
#include "filter/counters.hpp"
#include "filter/places.hpp"
#include "packets.hpp"

namespace ringroad::filter {

struct ReferencePacket {
  Octets octets;
  bool is_ipv6 = false;
  HookPoint point{};
  std::string iif;  // empty: none
  std::string oif;
  std::uint32_t mark = 0;
  std::uint32_t priority = 0;
  std::uint8_t packet_type = 0;
};

class Reference {
 public:
  explicit Reference(const nft::Ruleset& ruleset) : ruleset_{ruleset} {}

  // Whether the packet goes on.
  bool run(ReferencePacket& packet, Nanoseconds now);
  [[nodiscard]] Total counter(const StatementPlace& place) { return counters_[place]; }
  [[nodiscard]] std::uint64_t hits(const StatementPlace& place) { return hits_[place]; }

 private:
  enum class Result : std::uint8_t { kContinue, kBreak, kAccept, kDrop, kReturn };
  struct Where {
    std::uint32_t table;
    std::uint32_t chain;
    std::uint32_t rule;
    std::uint32_t statement;
  };
  struct Bucket {
    std::uint64_t tokens = 0;
    Nanoseconds last{};
  };

  void parse_headers();
  [[nodiscard]] std::uint32_t length() const {
    return static_cast<std::uint32_t>(packet_->octets.size() - 14);
  }
  [[nodiscard]] bool has(const nft::Field& field) const;
  [[nodiscard]] std::optional<std::size_t> header_of(const nft::Field& field) const;
  [[nodiscard]] std::optional<nft::Value> load(const nft::Expression& expression) const;
  [[nodiscard]] std::optional<nft::Value> load_meta(nft::Meta meta) const;
  [[nodiscard]] std::optional<std::vector<nft::Value>> load_all(
      const std::vector<nft::Expression>& expressions) const;
  [[nodiscard]] const nft::Element* find(const Where& where, nft::SetIndex set,
                                         const std::vector<nft::Value>& key) const;

  Result run_chain(std::uint32_t table, std::uint32_t chain);
  Result decide(const Where& where, const nft::Verdict& verdict);
  Result evaluate(const Where& where, const nft::Match& match);
  Result evaluate(const Where& where, const nft::Verdict& verdict) {
    return decide(where, verdict);
  }
  Result evaluate(const Where& where, const nft::VerdictMap& map);
  Result evaluate(const Where& where, const nft::Counter& counter);
  Result evaluate(const Where& where, const nft::Limit& one);
  Result evaluate(const Where& where, const nft::Quota& one);
  static Result evaluate(const Where& /*where*/, const nft::Log& /*log*/) {
    return Result::kContinue;
  }
  Result evaluate(const Where& where, const nft::Reject& /*reject*/) {
    ++hits_[{where.table, where.chain, where.rule, 0}];
    return Result::kDrop;
  }
  Result evaluate(const Where& where, const nft::Assignment& assignment);
  // The generator draws none of these.
  static Result evaluate(const Where& /*where*/, const nft::Nat& /*nat*/) {
    return Result::kContinue;
  }
  static Result evaluate(const Where& /*where*/, const nft::Notrack& /*notrack*/) {
    return Result::kContinue;
  }
  static Result evaluate(const Where& /*where*/, const nft::FlowOffload& /*flow*/) {
    return Result::kContinue;
  }
  static Result evaluate(const Where& /*where*/, const nft::ConnectionCount& /*count*/) {
    return Result::kContinue;
  }
  static Result evaluate(const Where& /*where*/, const nft::SetUpdate& /*update*/) {
    return Result::kContinue;
  }
  [[nodiscard]] const nft::Table& table(const Where& where) const {
    return ruleset_.tables[where.table];
  }

  const nft::Ruleset& ruleset_;
  ReferencePacket* packet_ = nullptr;
  Nanoseconds now_{};
  std::optional<std::uint8_t> protocol_{};
  std::optional<std::size_t> transport_{};
  std::map<StatementPlace, Total> counters_;
  std::map<StatementPlace, std::uint64_t> hits_;
  std::map<StatementPlace, Bucket> buckets_;
  std::map<StatementPlace, std::uint64_t> used_;
};

}  // namespace ringroad::filter
