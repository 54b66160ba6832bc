// SPDX-License-Identifier: BSD-3-Clause
// What Linux's nf_tables checks of chains that lead to each other (nft_chain_validate).
#include <fmt/format.h>

#include <algorithm>

#include "nft/parser.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {
namespace {

bool sets_priority(const Statement& statement) {
  const auto* const assignment = std::get_if<Assignment>(&statement);
  return assignment != nullptr && assignment->target->source == Source::kMeta &&
         static_cast<Meta>(assignment->target->offset) == Meta::kPriority;
}

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
    expressions(statement, rule);
    if (const auto* const verdict = std::get_if<Verdict>(&statement)) {
      follow(*verdict, rule);
    } else if (const auto* const map = std::get_if<VerdictMap>(&statement)) {
      for (const Element& element : table_.sets[map->map].elements) {
        follow(std::get<Verdict>(element.data), rule);
      }
    } else if (std::holds_alternative<Reject>(statement) &&
               (kind_.type != ChainType::kFilter || kind_.hook == HookPlace::kPostRouting ||
                is_ingress())) {
      problem(rule,
              fmt::format("'reject' is not possible in a chain of type nat, at postrouting or at "
                          "ingress; chain '{}' leads here",
                          name_));
    } else if (const auto* const nat = std::get_if<Nat>(&statement)) {
      translation(*nat, rule);
    } else if (is_ingress() && sets_priority(statement)) {
      problem(rule, fmt::format("a priority that is set at ingress would have no effect; chain "
                                "'{}' leads here",
                                name_));
    } else if (is_ingress() && counts_connections(statement)) {
      problem(rule, fmt::format("connections are not known at ingress, so none are counted; chain "
                                "'{}' leads here",
                                name_));
    } else if (std::holds_alternative<FlowOffload>(statement) &&
               kind_.hook != HookPlace::kForward) {
      problem(rule, fmt::format("'flow add' is possible only at forward; chain '{}' at {} leads "
                                "here",
                                name_, to_string(kind_.hook)));
    }
  }
  [[nodiscard]] bool is_ingress() const { return kind_.hook == HookPlace::kIngress; }
  [[nodiscard]] bool counts_connections(const Statement& statement) const {
    const auto among = [](const ElementStatements& statements) {
      return std::ranges::any_of(statements, [](const ElementStatement& each) {
        return std::holds_alternative<ConnectionCount>(each);
      });
    };
    if (const auto* const update = std::get_if<SetUpdate>(&statement)) {
      return among(update->statements) || among(table_.sets[update->set].statements);
    }
    return std::holds_alternative<ConnectionCount>(statement);
  }
  void expressions(const Statement& statement, const Rule& rule) {
    const auto all = [&](const std::vector<Expression>& list) {
      for (const Expression& each : list) {
        route_field(*each.field, rule);
      }
    };
    if (const auto* const match = std::get_if<Match>(&statement)) {
      all(match->left);
    } else if (const auto* const map = std::get_if<VerdictMap>(&statement)) {
      all(map->key);
    } else if (const auto* const assignment = std::get_if<Assignment>(&statement)) {
      if (const auto* const lookup = std::get_if<MapLookup>(&assignment->value)) {
        all(lookup->key);
      } else if (const auto* const from = std::get_if<Expression>(&assignment->value)) {
        route_field(*from->field, rule);
      }
    } else if (const auto* const nat = std::get_if<Nat>(&statement); nat != nullptr && nat->map) {
      all(nat->map->key);
    }
  }
  // Linux's nft_fib_validate and nft_rt_validate.
  void route_field(const Field& field, const Rule& rule) {
    if (field.source != Source::kFib && field.source != Source::kRouteMtu) {
      return;
    }
    const HookPlace hook = kind_.hook;
    const bool arrives = hook == HookPlace::kPreRouting || hook == HookPlace::kInput ||
                         hook == HookPlace::kForward || is_ingress();
    const bool leaves = hook == HookPlace::kOutput || hook == HookPlace::kPostRouting ||
                        hook == HookPlace::kForward;
    const bool by_ingress = (field.offset & FibKey::kIngress) != 0;
    const bool by_egress = (field.offset & FibKey::kEgress) != 0;
    const bool is_type = field.type == Type::kFibType;
    const bool needs_arrival = field.source == Source::kFib && (by_ingress || !is_type);
    const bool needs_leaving = field.source == Source::kRouteMtu || by_egress;
    if ((needs_arrival && !arrives) || (needs_leaving && !leaves)) {
      problem(rule,
              fmt::format("'{}' is possible only at {}; chain '{}' at {} leads here", field.name,
                          needs_arrival ? "prerouting, input and forward"
                                        : "forward, output and postrouting",
                          name_, to_string(hook)));
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
