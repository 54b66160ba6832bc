// SPDX-License-Identifier: BSD-3-Clause
// Tables and chains.
#include <algorithm>

#include "filter/compiler.hpp"

namespace ringroad::filter {

void Compiler::run() {
  for (std::uint32_t table = 0; table < ruleset_.tables.size(); ++table) {
    const nft::Table& each = ruleset_.tables[table];
    if (each.dormant) {
      continue;
    }
    if (each.family != nft::Family::kIp6) {
      add_table(table, PacketFamily::kIpv4);
    }
    if (each.family != nft::Family::kIp) {
      add_table(table, PacketFamily::kIpv6);
    }
    if (each.family == nft::Family::kNetdev) {
      add_table(table, PacketFamily::kOther);
    }
  }
  add_tracking();
  sort_bases();
  find_orders();
  add_indices();
  find_index_dependences();
  code_.hits = static_cast<std::uint32_t>(places_.hits.size());
}

void Compiler::add_table(std::uint32_t table, PacketFamily family) {
  table_ = table;
  family_ = family;
  first_chain_ = static_cast<std::uint32_t>(code_.chains.size());
  const nft::Table& source = ruleset_.tables[table];
  find_written();
  for (const nft::Chain& chain : source.chains) {
    code_.chains.push_back({.table = &source, .chain = &chain, .family = family});
  }
  for (std::uint32_t i = 0; i < source.chains.size(); ++i) {
    add_chain(i, source.chains[i]);
    if (const auto& base = source.chains[i].base) {
      add_base(*base, i);
    }
  }
  add_unused_sets();
  find_dependences();
}

void Compiler::add_chain(std::uint32_t number, const nft::Chain& chain) {
  chain_ = number;
  const auto first_rule = static_cast<std::uint32_t>(code_.rules.size());
  for (std::uint32_t i = 0; i < chain.rules.size(); ++i) {
    add_rule(i, chain.rules[i]);
  }
  ChainCode& code = code_.chains[first_chain_ + number];
  code.first_rule = first_rule;
  code.rules = static_cast<std::uint32_t>(chain.rules.size());
}

void Compiler::add_base(const nft::BaseChain& base, std::uint32_t number) {
  const StatementPlace policy{table_, number, StatementPlace::kPolicy, 0};
  HookCode& hook =
      code_.hooks[static_cast<std::size_t>(base.hook)][static_cast<std::size_t>(family_)];
  const bool is_nat = base.type == nft::ChainType::kNat;
  (is_nat ? hook.nat_chains : hook.chains)
      .push_back({.chain = first_chain_ + number,
                  .priority = base.priority,
                  .accepts = base.accepts,
                  .policy_hits = places_.hits.allot(policy).first});
  if (base.hook == nft::HookPlace::kIngress) {
    hook.chains.back().devices = add_devices(base);
  }
  if (is_nat) {
    need_tracking();
  }
}

// As with Linux, a device may be missing.
std::uint32_t Compiler::add_devices(const nft::BaseChain& base) {
  InterfaceSet devices;
  for (const std::string& name : base.devices) {
    if (const auto found = names_.find(name); found != names_.end()) {
      devices.set(std::size_t{found->second.value()} + 1);
    }
  }
  code_.ingress_devices |= devices;
  code_.interface_sets.push_back(devices);
  return static_cast<std::uint32_t>(code_.interface_sets.size() - 1);
}

// Linux's ipv4_conntrack_ops and nf_nat_ipv4_ops. A hook is there for all points if any rule needs
// it.
void Compiler::add_tracking() {
  using What = BaseCode::What;
  constexpr int kDefragment = -400;  // Linux's NF_IP_PRI_CONNTRACK_DEFRAG
  for (const std::size_t family : {0U, 1U}) {
    if (!tracks_[family]) {
      continue;
    }
    const auto at = [&](HookPoint point) -> HookCode& {
      return code_.hooks[static_cast<std::size_t>(point)][family];
    };
    bool translates = false;
    for (const auto& hook : code_.hooks) {
      translates = translates || !hook[family].nat_chains.empty();
    }
    const auto add = [&](HookPoint point, What what, int priority) {
      at(point).chains.push_back({.what = what, .priority = priority});
      at(point).tracks = true;
    };
    add(HookPoint::kPreRouting, What::kDefragment, kDefragment);
    for (const HookPoint point : {HookPoint::kPreRouting, HookPoint::kOutput}) {
      add(point, What::kTrack, hook_priority::kConntrack);
      if (translates) {
        add(point, What::kTranslate, hook_priority::kNatDestination);
      }
    }
    for (const HookPoint point : {HookPoint::kInput, HookPoint::kPostRouting}) {
      if (translates) {
        add(point, What::kTranslate, hook_priority::kNatSource);
      }
      add(point, What::kConfirm, hook_priority::kLast);
    }
    at(HookPoint::kForward).tracks = true;
  }
}

// Of chains with the same priority, the one that was added last comes first (Linux's
// nf_hook_entries_grow).
void Compiler::sort_bases() {
  for (auto& families : code_.hooks) {
    for (HookCode& hook : families) {
      for (auto* const chains : {&hook.chains, &hook.nat_chains}) {
        std::ranges::reverse(*chains);
        std::ranges::stable_sort(*chains, {}, &BaseCode::priority);
      }
    }
  }
}

std::vector<std::uint32_t> Compiler::targets_of(const Op& op) const {
  const auto jumps = [](nft::Verdict::Kind kind) {
    return kind == nft::Verdict::Kind::kJump || kind == nft::Verdict::Kind::kGoto;
  };
  std::vector<std::uint32_t> targets;
  if (op.kind == OpKind::kVerdict && jumps(op.verdict)) {
    targets.push_back(op.at);
  } else if (op.kind == OpKind::kVerdictMap) {
    for (const auto& [kind, chain] : code_.keys[op.at].verdicts) {
      if (jumps(kind) && std::ranges::find(targets, chain) == targets.end()) {
        targets.push_back(chain);
      }
    }
  }
  return targets;
}

}  // namespace ringroad::filter
