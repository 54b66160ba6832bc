// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A compiled ruleset, with the counters that it fills.
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "filter/boxes.hpp"
#include "filter/code.hpp"
#include "filter/counters.hpp"
#include "filter/evaluate.hpp"
#include "filter/places.hpp"

namespace ringroad::filter {

// Does not change but for its counters, which each thread has for itself, and the states of limits
// and quotas, which all threads share.
class Program {
 public:
  Program(std::shared_ptr<const nft::Ruleset> ruleset, std::unique_ptr<const Code> code,
          Places places, InterfaceNames names, std::size_t threads);

  [[nodiscard]] const nft::Ruleset& ruleset() const { return *ruleset_; }
  // Whether the point has base chains, of either family.
  [[nodiscard]] bool has_chains(HookPoint point) const;
  // Whether rules need to know the connections of packets.
  [[nodiscard]] bool tracks(HookPoint point, bool is_ipv6) const {
    return code_->hooks[static_cast<std::size_t>(point)][is_ipv6 ? 1 : 0].tracks;
  }
  [[nodiscard]] bool tracks() const { return code_->tracks(); }
  // Whether chains look at the frames that come by the interface.
  [[nodiscard]] bool has_ingress(InterfaceId interface) const {
    return code_->ingress_devices.test(std::size_t{interface.value()} + 1);
  }

  // Thread number `thread`, which passes its own.
  void run(std::size_t thread, const Run& run) {
    const HookCode& hook = hook_of(run);
    if (!hook.chains.empty()) {
      evaluate(*code_, hook, *states_[thread], run);
    }
  }
  // The same, and the observer learns each step.
  void trace(std::size_t thread, const Run& run, const Observer& observer) {
    const HookCode& hook = hook_of(run);
    if (!hook.chains.empty()) {
      filter::trace(*code_, hook, *states_[thread], run, observer);
    }
  }
  // The same without effects on what is counted or limited. Any thread but at most one at a time.
  void explain(const Run& run, const Observer& observer);

  // Any thread. The sums over all threads, from the numbers that the ruleset says on. Nothing if
  // there is no such statement, or it is of a table that is dormant.
  [[nodiscard]] std::optional<Total> counter(std::uint32_t table, std::uint32_t chain,
                                             std::uint32_t rule, std::uint32_t statement) const;
  [[nodiscard]] std::optional<Total> named_counter(std::uint32_t table, std::uint32_t object) const;
  // The packets for which the rule gave a verdict, or that the policy of the base chain decided.
  [[nodiscard]] std::uint64_t rule_hits(std::uint32_t table, std::uint32_t chain,
                                        std::uint32_t rule) const;
  // Those that the rule dropped or rejected.
  [[nodiscard]] std::uint64_t rule_drops(std::uint32_t table, std::uint32_t chain,
                                         std::uint32_t rule) const;
  [[nodiscard]] std::uint64_t policy_hits(std::uint32_t table, std::uint32_t chain) const;
  // Bytes.
  [[nodiscard]] std::optional<std::uint64_t> quota_used(std::uint32_t table, std::uint32_t chain,
                                                        std::uint32_t rule,
                                                        std::uint32_t statement) const;
  [[nodiscard]] std::optional<std::uint64_t> named_quota_used(std::uint32_t table,
                                                              std::uint32_t object) const;
  // What a set of the ruleset has now, with what is left of timeouts. Nothing: what the ruleset
  // says.
  [[nodiscard]] std::optional<std::vector<nft::Element>> elements(const nft::Set& set,
                                                                  Nanoseconds now) const;

  // Differs from that of any other program. Steps have it.
  [[nodiscard]] std::uint64_t serial() const { return code_->serial; }

 private:
  [[nodiscard]] const HookCode& hook_of(const Run& run) const {
    return code_->hooks[static_cast<std::size_t>(run.point)]
                       [static_cast<std::size_t>(family_of(run.burst))];
  }
  [[nodiscard]] std::optional<Total> total(const StatementPlace& place) const;
  [[nodiscard]] std::uint64_t hits(const StatementPlace& place) const;
  [[nodiscard]] std::optional<std::uint64_t> used(const StatementPlace& place) const;

  std::shared_ptr<const nft::Ruleset> ruleset_;
  std::unique_ptr<const Code> code_;
  Places places_;
  InterfaceNames names_;
  std::vector<std::unique_ptr<ThreadState>> states_;  // the last one explains
};

// `threads`: the workers and the control thread. Fails if the ruleset has what cannot be evaluated:
// the error names the rule.
[[nodiscard]] Result<std::unique_ptr<Program>> compile(std::shared_ptr<const nft::Ruleset> ruleset,
                                                       const InterfaceNames& names,
                                                       std::size_t threads, const Clock& clock);

}  // namespace ringroad::filter
