// SPDX-License-Identifier: BSD-3-Clause
#include "filter/program.hpp"

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

#include "filter/compiler.hpp"

namespace ringroad::filter {

Program::Program(std::shared_ptr<const nft::Ruleset> ruleset, std::unique_ptr<const Code> code,
                 Places places, InterfaceNames names, std::size_t threads)
    : ruleset_{std::move(ruleset)},
      code_{std::move(code)},
      places_{std::move(places)},
      names_{std::move(names)} {
  for (std::size_t i = 0; i <= threads; ++i) {
    states_.push_back(std::make_unique<ThreadState>(*code_));
  }
}

bool Program::has_chains(HookPoint point) const {
  return std::ranges::any_of(code_->hooks[static_cast<std::size_t>(point)],
                             [](const HookCode& hook) { return !hook.chains.empty(); });
}

void Program::explain(const Run& run, const Observer& observer) {
  filter::explain(*code_, hook_of(run), *states_.back(), run, observer);
}

std::optional<Total> Program::total(const StatementPlace& place) const {
  const auto number = places_.counters.find(place);
  if (!number) {
    return std::nullopt;
  }
  Total total = code_->counts_before[*number];
  for (const auto& state : states_) {
    total.packets += state->counts[*number].packets.get();
    total.bytes += state->counts[*number].bytes.get();
  }
  return total;
}

std::uint64_t Program::hits(const StatementPlace& place) const {
  std::uint64_t sum = 0;
  if (const auto number = places_.hits.find(place)) {
    for (const auto& state : states_) {
      sum += state->hits[*number].get();
    }
  }
  return sum;
}

std::optional<std::uint64_t> Program::used(const StatementPlace& place) const {
  const auto number = places_.quotas.find(place);
  return number ? std::optional{code_->quotas[*number]->used()} : std::nullopt;
}

std::optional<Total> Program::counter(std::uint32_t table, std::uint32_t chain, std::uint32_t rule,
                                      std::uint32_t statement) const {
  return total({table, chain, rule, statement});
}

std::optional<Total> Program::named_counter(std::uint32_t table, std::uint32_t object) const {
  return total({table, StatementPlace::kNamed, object, 0});
}

std::uint64_t Program::rule_hits(std::uint32_t table, std::uint32_t chain,
                                 std::uint32_t rule) const {
  return hits({table, chain, rule, 0});
}

std::uint64_t Program::rule_drops(std::uint32_t table, std::uint32_t chain,
                                  std::uint32_t rule) const {
  const auto& statements = ruleset_->tables[table].chains[chain].rules[rule].statements;
  const auto drops = [](const nft::Statement& statement) {
    const auto* const verdict = std::get_if<nft::Verdict>(&statement);
    return std::holds_alternative<nft::Reject>(statement) ||
           (verdict != nullptr && verdict->kind == nft::Verdict::Kind::kDrop);
  };
  return std::ranges::any_of(statements, drops)
             ? rule_hits(table, chain, rule)
             : hits({table, chain, rule, StatementPlace::kDrops});
}

std::uint64_t Program::policy_hits(std::uint32_t table, std::uint32_t chain) const {
  return hits({table, chain, StatementPlace::kPolicy, 0});
}

std::optional<std::uint64_t> Program::quota_used(std::uint32_t table, std::uint32_t chain,
                                                 std::uint32_t rule,
                                                 std::uint32_t statement) const {
  return used({table, chain, rule, statement});
}

std::optional<std::uint64_t> Program::named_quota_used(std::uint32_t table,
                                                       std::uint32_t object) const {
  return used({table, StatementPlace::kNamed, object, 0});
}

Result<std::unique_ptr<Program>> compile(std::shared_ptr<const nft::Ruleset> ruleset,
                                         const InterfaceNames& names, std::size_t threads,
                                         const Clock& clock) {
  static std::atomic<std::uint64_t> serial{0};
  auto code = std::make_unique<Code>();
  code->serial = serial.fetch_add(1, std::memory_order_relaxed) + 1;
  Places places;
  try {
    Compiler{*ruleset, names, clock, *code, places}.run();
  } catch (const Unsupported& unsupported) {
    return fail(unsupported.what);
  } catch (const std::bad_alloc&) {
    return fail("not enough memory for the sets of the firewall");
  }
  return std::make_unique<Program>(std::move(ruleset), std::move(code), std::move(places), names,
                                   threads);
}

}  // namespace ringroad::filter
