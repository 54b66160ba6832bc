// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Draws random rulesets, and packets whose fields are often those of the rules.
#include <netinet/in.h>

#include <array>
#include <random>
#include <string>

#include "filter/program.hpp"
#include "reference.hpp"

namespace ringroad::filter {

inline const InterfaceNames kInterfaces{{"eth0", InterfaceId{0}},
                                        {"eth1", InterfaceId{1}},
                                        {"lan", InterfaceId{2}},
                                        {"eth10", InterfaceId{3}}};
inline const std::array<std::string, 4> kNames{"eth0", "eth1", "lan", "eth10"};

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_{seed} {}

  // `rules`: at most so many in a chain.
  nft::Ruleset ruleset(nft::HookPlace hook, std::size_t rules) {
    hook_ = hook;
    nft::Ruleset ruleset;
    const std::size_t tables = 1 + pick(2);
    for (std::size_t i = 0; i < tables; ++i) {
      ruleset.tables.push_back(table(rules));
    }
    return ruleset;
  }

  Content content(bool is_ipv6) {
    Content content{.is_ipv6 = is_ipv6};
    content.source = Ipv4{address()};
    content.destination = Ipv4{address()};
    content.source6 = address6();
    content.destination6 = address6();
    content.tos = static_cast<std::uint8_t>(pick(4) * 64 + pick(4));
    content.ttl = static_cast<std::uint8_t>(62 + pick(4));
    constexpr std::array<std::uint8_t, 6> kProtocols{6, 6, 17, 17, 1, 58};
    content.protocol = kProtocols[pick(6)];
    // Writing an address changes the checksum, which the reference does not know: `th dport` reads
    // it from ICMPv6.
    if (assigns_ && content.protocol == IPPROTO_ICMPV6) {
      content.protocol = IPPROTO_SCTP;
    }
    content.source_port = static_cast<std::uint16_t>(port());
    content.destination_port = static_cast<std::uint16_t>(port());
    content.tcp_flags = static_cast<std::uint8_t>(pick(64));
    content.options = static_cast<unsigned>(pick(4) == 0 ? pick(3) : 0);
    content.has_fragment_header = pick(5) == 0;
    content.fragment = static_cast<std::uint16_t>(pick(5) == 0 ? 8 * pick(3) : 0);
    content.transport_octets = static_cast<std::uint16_t>(pick(6) == 0 ? 8 + pick(20) : 40);
    content.mark = static_cast<std::uint32_t>(pick(4));
    return content;
  }
  std::size_t pick(std::size_t count) { return random_() % count; }

 private:
  static constexpr std::array kFields{
      "meta length",   "meta protocol", "meta nfproto", "meta l4proto",  "meta mark",
      "meta priority", "meta iif",      "meta oif",     "meta iifname",  "meta oifname",
      "meta pkttype",  "ether saddr",   "ether daddr",  "ether type",    "ip version",
      "ip hdrlength",  "ip dscp",       "ip ecn",       "ip length",     "ip frag-off",
      "ip ttl",        "ip protocol",   "ip saddr",     "ip daddr",      "ip saddr",
      "ip daddr",      "ip6 dscp",      "ip6 ecn",      "ip6 flowlabel", "ip6 nexthdr",
      "ip6 hoplimit",  "ip6 saddr",     "ip6 daddr",    "ip6 saddr",     "icmp type",
      "icmpv6 type",   "tcp sport",     "tcp dport",    "tcp flags",     "tcp doff",
      "tcp dport",     "udp sport",     "udp dport",    "udp dport",     "udp length",
      "th dport",      "th sport",      "sctp dport"};
  static constexpr std::array kTargets{"meta mark", "meta mark", "meta priority", "ip dscp",
                                       "ip ttl",    "ip saddr",  "ip daddr",      "ip6 hoplimit",
                                       "ip6 dscp",  "ip6 daddr", "tcp dport",     "udp sport"};

  bool one_in(std::size_t count) { return pick(count) == 0; }
  std::uint32_t address() {
    return 0x0a00'0000U + static_cast<std::uint32_t>(pick(3) << 8U | pick(4));
  }
  Ipv6 address6() { return {0x2001'0db8'0000'0000U + pick(2), pick(2) << 32U | pick(4)}; }
  std::uint32_t port() { return static_cast<std::uint32_t>(one_in(2) ? pick(8) : 50 + pick(8)); }

  static const nft::Field& field(std::string_view name) {
    const auto space = name.find(' ');
    return *nft::find_field(name.substr(0, space), name.substr(space + 1));
  }
  const nft::Field& some_field() { return field(kFields[pick(kFields.size())]); }

  nft::Value value(const nft::Field& field) {
    switch (field.type) {
      case nft::Type::kIpv4:
        return address();
      case nft::Type::kIpv6: {
        const Ipv6 address = address6();
        return {address.high(), address.low()};
      }
      case nft::Type::kPort:
        return port();
      case nft::Type::kName:
      case nft::Type::kInterface:
        return nft::name_value(one_in(6) ? "other" : kNames[pick(kNames.size())]);
      case nft::Type::kMac:
        return 0x0a + pick(2);
      case nft::Type::kProtocol: {
        constexpr std::array<std::uint64_t, 5> kProtocols{6, 17, 1, 58, 44};
        return kProtocols[pick(5)];
      }
      case nft::Type::kFamily:
        return one_in(2) ? 2 : 10;
      case nft::Type::kEtherType:
        return one_in(2) ? 0x0800 : 0x86dd;
      default:
        break;
    }
    const std::string_view name = field.name;
    const std::uint64_t number = name.ends_with("length") ? 40 + pick(40)
                                 : name.ends_with("ttl") || name.ends_with("hoplimit")
                                     ? 62 + pick(4)
                                     : pick(8);
    return nft::Value{number} & nft::Value::ones(field.width);
  }
  nft::Interval interval(const nft::Field& field, bool may_be_range) {
    nft::Value first = value(field);
    if (field.type == nft::Type::kName && one_in(3)) {
      const nft::Value rest = nft::Value::ones(128 - 24);
      const nft::Value eth = nft::name_value("eth");
      return {eth & ~rest, eth | rest};
    }
    if (!may_be_range || is_interface(field.type) || !one_in(2)) {
      return {first, first};
    }
    if (one_in(3)) {  // a prefix
      const auto host = static_cast<unsigned>(pick(field.width + 1U));
      first = first & ~nft::Value::ones(host);
      return {first, first | nft::Value::ones(host)};
    }
    const nft::Value last = value(field);
    return {std::min(first, last), std::max(first, last)};
  }
  nft::Expression expression(const nft::Field& field) {
    nft::Expression expression{.field = &field};
    if (!is_interface(field.type) && one_in(6)) {
      expression.mask = one_in(2) ? nft::Value::ones(field.width) & ~nft::Value{pick(8)}
                                  : nft::Value{pick(256)} & nft::Value::ones(field.width);
      if (one_in(2)) {
        expression.flips = nft::Value{pick(8)} & nft::Value::ones(field.width);
      }
    }
    return expression;
  }
  std::vector<nft::Expression> expressions() {
    std::vector<nft::Expression> all;
    const std::size_t count = one_in(2) ? 1 : 1 + pick(3);
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      all.push_back(expression(some_field()));
    }
    return all;
  }

  // Adds a set with keys for the expressions to the table.
  nft::SetIndex set(const std::vector<nft::Expression>& key, nft::Set::Kind kind,
                    const nft::Field* target = nullptr) {
    nft::Set set;
    set.kind = kind;
    for (const nft::Expression& each : key) {
      set.key.push_back({each.field->type, each.field->width});
    }
    const bool has_ranges = kind == nft::Set::Kind::kSet && one_in(2);
    const std::size_t count = one_in(8) ? 0 : one_in(10) ? 1500 : 1 + pick(20);
    for (std::size_t i = 0; i < count; ++i) {
      nft::Element element;
      for (const nft::Expression& each : key) {
        element.key.push_back(interval(*each.field, has_ranges));
        if (kind != nft::Set::Kind::kSet) {
          element.key.back().last = element.key.back().first;
        }
      }
      const auto is_same = [&](const nft::Element& one) { return one.key == element.key; };
      if (std::ranges::any_of(set.elements, is_same)) {
        continue;
      }
      if (kind == nft::Set::Kind::kVerdictMap) {
        element.data = verdict();
      } else if (kind == nft::Set::Kind::kMap) {
        element.data = value(*target);
      }
      set.elements.push_back(element);
    }
    table_->sets.push_back(set);
    return static_cast<nft::SetIndex>(table_->sets.size() - 1);
  }

  nft::Verdict verdict() {
    using Kind = nft::Verdict::Kind;
    const bool can_jump = chain_ + 1 < kChains;
    const Kind kind = static_cast<Kind>(pick(can_jump ? 6 : 4));
    // Chains 0 and 1 are base chains.
    const auto next = std::max<std::size_t>(chain_ + 1, 2);
    return {kind, static_cast<nft::ChainIndex>(next + (can_jump ? pick(kChains - next) : 0))};
  }

  nft::Match match() {
    nft::Match match;
    match.left = expressions();
    const bool is_not = one_in(3);
    match.comparison = is_not ? nft::Comparison::kNotEqual : nft::Comparison::kEqual;
    const nft::Field& field = *match.left[0].field;
    if (one_in(3)) {
      match.right = set(match.left, nft::Set::Kind::kSet);
      return match;
    }
    nft::Key key;
    for (const nft::Expression& each : match.left) {
      key.push_back(interval(*each.field, true));
    }
    if (match.left.size() == 1 && !is_interface(field.type) && one_in(3)) {
      match.comparison = static_cast<nft::Comparison>(2 + pick(6));
      key[0].last = key[0].first;
    }
    match.right = key;
    return match;
  }

  nft::Limit limit() {
    return {.rate = 1 + pick(20),
            .period = std::chrono::seconds{1},
            .burst = pick(4),
            .bytes = false,
            .over = one_in(2)};
  }
  nft::Assignment assignment() {
    const nft::Field& target = field(kTargets[pick(kTargets.size())]);
    nft::Assignment assignment{.target = &target, .value = value(target)};
    if (one_in(4)) {
      const auto key = expressions();
      assignment.value = nft::MapLookup{key, set(key, nft::Set::Kind::kMap, &target)};
    } else if (target.width == 32 && one_in(3)) {
      assignment.value = expression(field("meta mark"));
    }
    return assignment;
  }

  nft::Rule rule() {
    nft::Rule rule;
    const auto add_matches = [&] {
      for (std::size_t i = pick(3); i > 0; --i) {
        rule.statements.emplace_back(match());
      }
    };
    add_matches();
    if (one_in(2)) {
      nft::Counter counter{.packets = pick(3), .bytes = pick(100)};
      if (one_in(4)) {
        counter.object = 0;
      }
      rule.statements.emplace_back(counter);
    }
    if (has_assignments_ && one_in(4)) {
      rule.statements.emplace_back(assignment());
      add_matches();
    }
    if (has_limits_ && one_in(5)) {
      nft::Limit one = limit();
      if (one_in(3)) {
        one.object = 0;
      }
      rule.statements.emplace_back(one);
    }
    if (has_limits_ && one_in(8)) {
      rule.statements.emplace_back(nft::Quota{.bytes = pick(5000), .over = one_in(2)});
    }
    switch (pick(4)) {
      case 0:
        break;
      case 1: {
        const auto key = expressions();
        rule.statements.emplace_back(nft::VerdictMap{key, set(key, nft::Set::Kind::kVerdictMap)});
        rule.statements.emplace_back(nft::Counter{});
        break;
      }
      case 2:
        if (one_in(3)) {
          rule.statements.emplace_back(nft::Reject{});
          break;
        }
        [[fallthrough]];
      default:
        rule.statements.emplace_back(verdict());
    }
    return rule;
  }

  nft::Table table(std::size_t rules) {
    nft::Table table;
    table.family = static_cast<nft::Family>(pick(3));
    table.name = "t";
    table.counters.emplace_back().object = {.packets = 5, .bytes = 100};
    table.limits.emplace_back().object = limit();
    table_ = &table;
    has_limits_ = one_in(3);
    has_assignments_ = one_in(2);
    assigns_ = assigns_ || has_assignments_;
    for (chain_ = 0; chain_ < kChains; ++chain_) {
      nft::Chain chain;
      chain.name = "c" + std::to_string(chain_);
      if (chain_ < 2) {
        chain.base = nft::BaseChain{
            .hook = hook_, .priority = static_cast<int>(pick(2)), .accepts = !one_in(4)};
      }
      for (std::size_t i = pick(rules + 1); i > 0; --i) {
        chain.rules.push_back(rule());
      }
      table.chains.push_back(std::move(chain));
    }
    return table;
  }

  static constexpr std::size_t kChains = 6;

  std::mt19937 random_;
  nft::HookPlace hook_{};
  nft::Table* table_ = nullptr;
  std::size_t chain_ = 0;
  bool has_limits_ = false;
  bool has_assignments_ = false;
  bool assigns_ = false;  // a table of the ruleset does
};

}  // namespace ringroad::filter
