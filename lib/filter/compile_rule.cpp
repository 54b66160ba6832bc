// SPDX-License-Identifier: BSD-3-Clause
// Rules and their statements.
#include <algorithm>

#include "filter/compiler.hpp"

namespace ringroad::filter {

std::string Compiler::where() const {
  const nft::Chain& chain = table().chains[chain_];
  const nft::Place& place = chain.rules[rule_].place;
  const std::string file = place.file ? *place.file + ":" + std::to_string(place.line) + ": " : "";
  return file + "table " + table().name + ", chain " + chain.name + ", rule " +
         std::to_string(rule_ + 1) + ": ";
}

void Compiler::add_rule(std::uint32_t number, const nft::Rule& rule) {
  rule_ = number;
  protocol_.reset();
  const auto first_op = static_cast<std::uint32_t>(code_.ops.size());
  statement_ = 0;
  for (const nft::Statement& statement : rule.statements) {
    if (!std::visit([&](const auto& each) { return add(each); }, statement)) {
      push({.kind = OpKind::kNever});
      break;
    }
    ++statement_;
  }
  const StatementPlace place{.table = table_, .chain = chain_, .rule = number};
  const bool has_map = std::ranges::any_of(rule.statements, [](const nft::Statement& statement) {
    return std::holds_alternative<nft::VerdictMap>(statement);
  });
  const StatementPlace drops{table_, chain_, number, StatementPlace::kDrops};
  code_.rules.push_back({.first_op = first_op,
                         .ops = static_cast<std::uint32_t>(code_.ops.size()) - first_op,
                         .hits = places_.hits.allot(place).first,
                         .drops = has_map ? places_.hits.allot(drops).first : 0,
                         .rule = &rule});
}

bool Compiler::add(const nft::Verdict& verdict) {
  const VerdictCode code = code_of(verdict);
  push({.kind = OpKind::kVerdict, .verdict = code.kind, .at = code.chain});
  return true;
}

bool Compiler::add(const nft::VerdictMap& map) {
  if (!require_all(map.key)) {
    return false;
  }
  push({.kind = OpKind::kVerdictMap, .at = add_key_code(map.key, map.map)});
  return true;
}

namespace {

StatementPlace named(std::uint32_t table, std::uint32_t object) {
  return {.table = table, .chain = StatementPlace::kNamed, .rule = object};
}

}  // namespace

bool Compiler::add(const nft::Counter& counter) {
  const auto place = counter.object ? named(table_, *counter.object)
                                    : StatementPlace{table_, chain_, rule_, statement_};
  const nft::Counter& source = counter.object ? table().counters[*counter.object].object : counter;
  const auto [number, is_new] = places_.counters.allot(place);
  if (is_new) {
    code_.counts_before.push_back({source.packets, source.bytes});
  }
  push({.kind = OpKind::kCount, .at = number});
  return true;
}

bool Compiler::add(const nft::Limit& limit) {
  const auto place = limit.object ? named(table_, *limit.object)
                                  : StatementPlace{table_, chain_, rule_, statement_};
  const nft::Limit& source = limit.object ? table().limits[*limit.object].object : limit;
  if (source.rate == 0 || source.period <= Nanoseconds{0}) {
    throw Unsupported{where() + "a limit needs a rate"};
  }
  const auto [number, is_new] = places_.limits.allot(place);
  if (is_new) {
    code_.limits.push_back(std::make_unique<Limit>(source, clock_.now()));
  }
  push({.kind = OpKind::kLimit, .at = number});
  return true;
}

bool Compiler::add(const nft::Quota& quota) {
  const auto place = quota.object ? named(table_, *quota.object)
                                  : StatementPlace{table_, chain_, rule_, statement_};
  const nft::Quota& source = quota.object ? table().quotas[*quota.object].object : quota;
  const auto [number, is_new] = places_.quotas.allot(place);
  if (is_new) {
    code_.quotas.push_back(std::make_unique<Quota>(source));
  }
  push({.kind = OpKind::kQuota, .at = number});
  return true;
}

bool Compiler::add(const nft::Log& log) {
  push({.kind = OpKind::kLog, .at = static_cast<std::uint32_t>(code_.logs.size())});
  code_.logs.push_back(&log);
  return true;
}

bool Compiler::add(const nft::Reject& reject) {
  push({.kind = OpKind::kReject, .at = static_cast<std::uint32_t>(code_.rejects.size())});
  code_.rejects.push_back(&reject);
  return true;
}

bool Compiler::add(const nft::Assignment& assignment) {
  const nft::Field& target = *assignment.target;
  const bool is_meta = target.source == nft::Source::kMeta;
  const auto meta = static_cast<nft::Meta>(target.offset);
  if (is_meta && meta == nft::Meta::kNfTrace) {
    return true;
  }
  if ((is_meta && meta != nft::Meta::kMark && meta != nft::Meta::kPriority) ||
      target.source == nft::Source::kLink || target.source == nft::Source::kInner ||
      (target.source >= nft::Source::kIpOption && target.source <= nft::Source::kRouteMtu)) {
    throw Unsupported{where() + std::string{target.name} + " cannot be set"};
  }
  if (target.source == nft::Source::kCt && static_cast<nft::Ct>(target.offset) != nft::Ct::kMark) {
    throw Unsupported{where() + std::string{target.name} + " cannot be set"};
  }
  if (!require({.field = &target})) {
    return false;
  }
  AssignCode code{.target = &target, .value = {}};
  if (const auto* const value = std::get_if<nft::Value>(&assignment.value)) {
    code.value = *value;
  } else if (const auto* const other = std::get_if<nft::Expression>(&assignment.value)) {
    if (!require(*other)) {
      return false;
    }
    code.value = columns_of_all({*other});
  } else {
    const auto& lookup = std::get<nft::MapLookup>(assignment.value);
    if (!require_all(lookup.key)) {
      return false;
    }
    code.value = add_key_code(lookup.key, lookup.map);
  }
  push({.kind = OpKind::kAssign, .at = static_cast<std::uint32_t>(code_.assignments.size())});
  code_.assignments.push_back(std::move(code));
  return true;
}

bool Compiler::add(const nft::Nat& nat) {
  // Packets of the other family pass the statement by (Linux's nft_nat_inet_eval).
  if (!is_of(nat.family)) {
    return true;
  }
  if (nat.is_prefix) {
    throw Unsupported{where() + "the translation of a prefix to a prefix is not supported yet"};
  }
  NatCode code{.nat = &nat};
  if (nat.map) {
    if (!require_all(nat.map->key)) {
      return false;
    }
    code.key = add_key_code(nat.map->key, nat.map->map);
  }
  need_tracking();
  push({.kind = OpKind::kNat, .at = static_cast<std::uint32_t>(code_.nats.size())});
  code_.nats.push_back(code);
  return true;
}

bool Compiler::add(const nft::Notrack& /*notrack*/) {
  push({.kind = OpKind::kUntrack});
  return true;
}

// Packets of known connections pass without the rules anyway.
bool Compiler::add(const nft::FlowOffload& /*offload*/) { return true; }

}  // namespace ringroad::filter
