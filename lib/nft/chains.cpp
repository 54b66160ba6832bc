// SPDX-License-Identifier: BSD-3-Clause
// What Linux's nf_tables checks of chains that lead to each other (nft_chain_validate).
#include <fmt/format.h>

#include <algorithm>

#include "nft/parser.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {
namespace {

class Walk {
 public:
  // `base`: that of the chain where the walk begins.
  Walk(const Table& table, std::string_view name, const BaseChain& base, Problems& problems)
      : table_{table}, name_{name}, kind_{base}, problems_{problems}, done_(table.chains.size()) {}

  void chain(ChainIndex index, const Rule* from) {
    if (std::ranges::find(way_, index) != way_.end()) {
      problem(*from, fmt::format("chain '{}' leads back to itself", table_.chains[index].name));
      return;
    }
    if (way_.size() > kJumpsMax) {
      problem(*from, "chains lead to each other more than 16 deep");
      return;
    }
    // A chain that was reached at least as deep before has nothing new below it.
    if (done_[index] > way_.size()) {
      return;
    }
    done_[index] = way_.size() + 1;
    way_.push_back(index);
    for (const Rule& rule : table_.chains[index].rules) {
      for (const Statement& statement : rule.statements) {
        this->statement(statement, rule);
      }
    }
    way_.pop_back();
  }

 private:
  void statement(const Statement& statement, const Rule& rule) {
    if (const auto* const verdict = std::get_if<Verdict>(&statement)) {
      follow(*verdict, rule);
    } else if (const auto* const map = std::get_if<VerdictMap>(&statement)) {
      for (const Element& element : table_.sets[map->map].elements) {
        follow(std::get<Verdict>(element.data), rule);
      }
    } else if (std::holds_alternative<Reject>(statement) &&
               (kind_.type != ChainType::kFilter || kind_.hook == HookPlace::kPostRouting)) {
      problem(rule,
              fmt::format("'reject' is not possible in a chain of type nat or at postrouting; "
                          "chain '{}' leads here",
                          name_));
    } else if (const auto* const nat = std::get_if<Nat>(&statement)) {
      translation(*nat, rule);
    } else if (std::holds_alternative<FlowOffload>(statement) &&
               kind_.hook != HookPlace::kForward) {
      problem(rule, fmt::format("'flow add' is possible only at forward; chain '{}' at {} leads "
                                "here",
                                name_, to_string(kind_.hook)));
    }
  }
  // Linux's nft_nat_validate, nft_masq_validate and nft_redir_validate.
  void translation(const Nat& nat, const Rule& rule) {
    const std::string_view word = kNats.at(static_cast<std::size_t>(nat.kind));
    if (kind_.type != ChainType::kNat) {
      problem(rule, fmt::format("'{}' is possible only in chains of type nat; chain '{}' of type "
                                "{} leads here",
                                word, name_, kChainTypes.at(static_cast<std::size_t>(kind_.type))));
      return;
    }
    const bool at_begin = kind_.hook == HookPlace::kPreRouting || kind_.hook == HookPlace::kOutput;
    const bool begins = nat.kind == Nat::Kind::kDestination || nat.kind == Nat::Kind::kRedirect;
    const bool is_there = nat.kind == Nat::Kind::kMasquerade ? kind_.hook == HookPlace::kPostRouting
                                                             : at_begin == begins;
    if (!is_there) {
      const std::string_view where = begins                               ? "prerouting and output"
                                     : nat.kind == Nat::Kind::kMasquerade ? "postrouting"
                                                                          : "postrouting and input";
      problem(rule, fmt::format("'{}' is possible only at {}; chain '{}' at {} leads here", word,
                                where, name_, to_string(kind_.hook)));
    }
  }
  void follow(const Verdict& verdict, const Rule& rule) {
    if (verdict.kind == Verdict::Kind::kJump || verdict.kind == Verdict::Kind::kGoto) {
      chain(verdict.chain, &rule);
    }
  }
  void problem(const Rule& rule, std::string what) {
    if (problems_.empty() || problems_.back().place.line != rule.place.line) {
      problems_.push_back({rule.place, std::move(what)});
    }
  }

  const Table& table_;
  std::string_view name_;
  const BaseChain& kind_;
  Problems& problems_;
  std::vector<ChainIndex> way_;
  std::vector<std::size_t> done_;  // how deep each chain was reached
};

}  // namespace

void Parser::check_chains(const Table& table) {
  for (ChainIndex index = 0; index < table.chains.size(); ++index) {
    if (const auto& base = table.chains[index].base) {
      Walk{table, table.chains[index].name, *base, problems_}.chain(index, nullptr);
    }
  }
}

}  // namespace ringroad::nft
