// SPDX-License-Identifier: BSD-3-Clause
#include "control/firewall.hpp"

#include <array>
#include <map>
#include <utility>

#include "control/settings.hpp"
#include "nft/print.hpp"

namespace ringroad::control {
namespace {

// The code of the ICMP error of that family (Linux's nft_reject_icmp_code, nft_reject_icmpv6_code).
std::uint8_t code_of(const nft::Reject& reject, bool is_ipv6) {
  static constexpr std::array<std::uint8_t, 4> kCodes4{0, 3, 1, 13};
  static constexpr std::array<std::uint8_t, 4> kCodes6{0, 4, 3, 1};
  switch (reject.kind) {
    case nft::Reject::Kind::kTcpReset:
      return Rejection::kTcpReset;
    case nft::Reject::Kind::kIcmpx:
      return (is_ipv6 ? kCodes6 : kCodes4).at(reject.code);
    default:
      return reject.code;
  }
}

// The control thread tells the sender.
void reject(void* /*state*/, StageContext& context, const Burst& burst, std::size_t index,
            HookPoint point, const nft::Reject& reject) {
  Packet& packet = *burst.packets[index];
  context.punt(burst, static_cast<std::uint16_t>(index), PuntReason::kRejected);
  const unsigned unrouted = point == HookPoint::kPreRouting ? Rejection::kUnrouted : 0;
  meta(packet).priority = static_cast<std::uint8_t>(code_of(reject, burst.is_ipv6) | unrouted);
  context.release(1);
}

}  // namespace

Firewall::Firewall(interface::World& world, const Clock& clock, const Workers& workers,
                   const SlowPaths& slow_paths)
    : world_{world},
      clock_{clock},
      slow_paths_{slow_paths},
      log_{clock, world.workers() + 1},
      firewall_{world.hooks(), world.reclaimer(), clock, world.workers() + 1,
                filter::Sinks{.reject = reject, .log = FirewallLog::note, .log_state = &log_}} {
  firewall_.set_call([&workers](std::size_t worker, const std::function<void()>& what) {
    workers[worker]->call(what);
  });
  firewall_.set_steer([&workers](std::optional<FlowSteering> steering) {
    for (const auto& worker : workers) {
      worker->set_steering(steering);
    }
  });
}

filter::InterfaceNames Firewall::names() const {
  filter::InterfaceNames names;
  for (const interface::InterfaceView& view : world_.ports()) {
    names.emplace(view.name, view.id);
  }
  return names;
}

Result<std::unique_ptr<filter::Program>> Firewall::compile(
    const config::Firewall& rules, const filter::InterfaceNames& names) const {
  return filter::compile(rules.parsed, names, world_.workers() + 1, clock_);
}

Status Firewall::load(const config::Firewall& rules) {
  filter::InterfaceNames now = names();
  std::unique_ptr<filter::Program> fresh;
  if (rules.parsed != nullptr &&
      (program() == nullptr || rules.digest != rules_.digest || now != names_)) {
    auto program = compile(rules, now);
    if (!program) {
      return std::unexpected{program.error()};
    }
    fresh = std::move(*program);
  }
  firewall_.set_tracking(tracking_of(rules.connections));
  if (fresh != nullptr) {
    firewall_.load(std::move(fresh));
  } else if (rules.parsed == nullptr && program() != nullptr) {
    firewall_.unload();
  }
  const auto tracks = [this](bool is_ipv6) {
    return program() != nullptr && program()->tracks(HookPoint::kPreRouting, is_ipv6);
  };
  slow_paths_.ipv4.set_defragments(tracks(false));
  slow_paths_.ipv6.set_defragments(tracks(true));
  rules_ = rules;
  names_ = std::move(now);
  return {};
}

Status Firewall::check(const config::Firewall& rules) const {
  const auto program = compile(rules, names());
  return program ? Status{} : std::unexpected{program.error()};
}

Firewall::Tracking Firewall::tracking() {
  Tracking all;
  firewall_.with_trackers([&](filter::Tracker& tracker) {
    const filter::Connections& connections = tracker.connections();
    all.count += connections.size();
    all.max += connections.most();
    all.bytes += connections.bytes();
    all.counters.add(connections.counters());
  });
  if (firewall_.trackers() == 0) {
    all.max = rules_.connections.max;
  }
  return all;
}

bool Firewall::forget_masqueraded() {
  if (const std::uint64_t version = world_.interface_addresses_version();
      version != addresses_version_) {
    addresses_version_ = version;
    forgetting_ = connections();
  }
  if (!forgetting_ || forgetting_->is_over()) {
    forgetting_.reset();
    return false;
  }
  const InterfaceAddresses& addresses =
      *world_.tables().interface_addresses->load(std::memory_order_relaxed);
  const auto has = [&](const filter::Connection& connection) {
    const InterfaceId interface{static_cast<std::uint16_t>(connection.masquerade - 1)};
    const filter::Tuple& reply = connection.tuple(filter::Direction::kReply);
    return reply.is_ipv6 ? addresses.has(interface, reply.destination)
                         : addresses.has(interface, filter::narrowed(reply.destination));
  };
  forgetting_->step([&](filter::Connections& connections, filter::Connection& connection) {
    if (connection.masquerade != 0 && !has(connection)) {
      connections.remove(connection);
    }
  });
  return true;
}

std::string Firewall::listing(std::string_view chain) const {
  const filter::Program* const program = firewall_.program();
  if (program == nullptr) {
    return {};
  }
  // Where each statement that counts is.
  std::map<const void*, nft::Counter> counters;
  std::map<const void*, std::uint64_t> used;
  const auto& tables = program->ruleset().tables;
  for (std::uint32_t t = 0; t < tables.size(); ++t) {
    for (std::uint32_t i = 0; i < tables[t].counters.size(); ++i) {
      if (const auto total = program->named_counter(t, i)) {
        counters[&tables[t].counters[i].object] = {total->packets, total->bytes, {}};
      }
    }
    for (std::uint32_t i = 0; i < tables[t].quotas.size(); ++i) {
      used[&tables[t].quotas[i].object] = program->named_quota_used(t, i).value_or(0);
    }
    for (std::uint32_t c = 0; c < tables[t].chains.size(); ++c) {
      const auto& rules = tables[t].chains[c].rules;
      for (std::uint32_t r = 0; r < rules.size(); ++r) {
        for (std::uint32_t s = 0; s < rules[r].statements.size(); ++s) {
          const nft::Statement& statement = rules[r].statements[s];
          if (const auto* const counter = std::get_if<nft::Counter>(&statement)) {
            if (const auto total = program->counter(t, c, r, s)) {
              counters[counter] = {total->packets, total->bytes, counter->object};
            }
          } else if (const auto* const quota = std::get_if<nft::Quota>(&statement)) {
            used[quota] = program->quota_used(t, c, r, s).value_or(quota->used);
          }
        }
      }
    }
  }
  return nft::print(
      program->ruleset(),
      {.chain = chain,
       .counter =
           [&](const nft::Counter& counter) {
             const auto found = counters.find(&counter);
             return found == counters.end() ? counter : found->second;
           },
       .used =
           [&](const nft::Quota& quota) {
             const auto found = used.find(&quota);
             return found == used.end() ? quota.used : found->second;
           },
       .elements = [&](const nft::Set& set) { return program->elements(set, clock_.now()); }});
}

}  // namespace ringroad::control
