// SPDX-License-Identifier: BSD-3-Clause
#include "nft/print_rule.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <optional>

#include "nft/time.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {
namespace {

constexpr std::array<std::string_view, 8> kComparisons{"", "!=", "<", "<=", ">", ">=", "", "!"};

std::string generator_text(const Field& field) {
  const Generator& generator = *field.generator;
  std::string text{field.name};
  if (generator.kind == Generator::Kind::kHash) {
    text += fmt::format(" {}", print_left(generator.key));
  }
  text += fmt::format(" mod {}", generator.modulus);
  if (generator.seed) {
    text += fmt::format(" seed 0x{:x}", *generator.seed);
  }
  return generator.offset == 0 ? text : fmt::format("{} offset {}", text, generator.offset);
}

// The keys of meta that nft prints without 'meta'.
std::string field_text(const Field& field) {
  if (field.source == Source::kGenerated) {
    return generator_text(field);
  }
  for (const std::string_view bare : {"meta iif", "meta oif", "meta iifname", "meta oifname"}) {
    if (field.name == bare) {
      return std::string{bare.substr(sizeof "meta")};
    }
  }
  // A connection has one of these for both directions.
  for (const std::string_view both : {"ct l3proto", "ct protocol"}) {
    if (field.source == Source::kCt && field.name.ends_with(both.substr(sizeof "ct" - 1))) {
      return std::string{both};
    }
  }
  return std::string{field.name};
}

std::string expression_text(const Expression& expression) {
  const Field& field = *expression.field;
  if (field.source == Source::kConstant) {
    return print_value(field.type, expression.flips);
  }
  const Value all = Value::ones(field.width);
  const Value mask = expression.mask & all;
  const Value set = expression.flips & ~mask & all;
  const Value flips = expression.flips & mask & all;
  std::string text = field_text(field);
  // Several flags are in parentheses, which bind more than '&' and '^'.
  const auto operand = [&](Value value) {
    const std::string flags = print_operand(field.type, value, false);
    return flags.find('|') == std::string::npos ? flags : fmt::format("({})", flags);
  };
  // Bits that are cleared, but for those that are set again.
  if (const Value kept = mask | set; kept != all) {
    text += fmt::format(" & {}", operand(kept));
  }
  if (!set.is_zero()) {
    text += fmt::format(" | {}", print_operand(field.type, set, false));
  }
  if (!flips.is_zero()) {
    text += fmt::format(" ^ {}", operand(flips));
  }
  return text;
}

// Of these flags only those are set: "tcp flags syn / fin,syn,rst,ack".
std::optional<std::string> masked_flags(const Match& match) {
  const Expression& left = match.left[0];
  const Key* const key = std::get_if<Key>(&match.right);
  const bool unequal = match.comparison == Comparison::kNotEqual;
  if (key == nullptr || match.left.size() != 1 || !is_flags(left.field->type) || left.is_plain() ||
      !left.flips.is_zero() || (!unequal && match.comparison != Comparison::kEqual)) {
    return std::nullopt;
  }
  const Value value = key->front().first;
  const Value mask = left.mask & Value::ones(left.field->width);
  const std::string flags = print_value(left.field->type, mask);
  if (value.is_zero()) {
    return fmt::format("{} {}{}", left.field->name, unequal ? "" : "! ", flags);
  }
  const std::string text = print_value(left.field->type, value);
  if (std::has_single_bit(mask.low)) {
    return fmt::format("{} & {} {} {}", left.field->name, flags,
                       unequal ? "!=" : "==", print_operand(left.field->type, value, false));
  }
  return fmt::format("{} {}{} / {}", left.field->name, unequal ? "!= " : "", text, flags);
}

// nft has names for exactly one flag and for any of several. Flags of a header that are compared
// otherwise are a number, and so are those of a connection that are less or more than some.
std::string flags_text(const Field& field, Comparison comparison, Value value) {
  const bool equality = comparison == Comparison::kEqual || comparison == Comparison::kNotEqual;
  const bool is_ct = field.source == Source::kCt;
  if (value.is_zero()) {
    return "0x0";
  }
  if (comparison == Comparison::kAnyOf || comparison == Comparison::kNoneOf) {
    return print_value(field.type, value);
  }
  if (is_ct ? equality : std::has_single_bit(value.low)) {
    return print_operand(field.type, value, false);
  }
  return fmt::format("0x{:x}", value.low);
}

// nft lists a mask of these types that is one of a prefix as a prefix.
std::optional<std::string> masked_prefix(const Match& match) {
  const Expression& left = match.left[0];
  const Type type = left.field->type;
  const unsigned width = left.field->width;
  const auto* const key = std::get_if<Key>(&match.right);
  const bool equality =
      match.comparison == Comparison::kEqual || match.comparison == Comparison::kNotEqual;
  if ((type != Type::kIpv4 && type != Type::kIpv6 && type != Type::kMark) || !equality ||
      match.left.size() != 1 || left.is_plain() || !left.flips.is_zero() || key == nullptr ||
      !key->front().is_single() || left.field->source == Source::kConstant) {
    return std::nullopt;
  }
  const Value mask = left.mask & Value::ones(width);
  for (unsigned length = 1; length < width; ++length) {
    if (mask != Value::prefix_mask(length, width)) {
      continue;
    }
    // Beyond the mask the value has no bits, or it would be another rule.
    const Value value = key->front().first;
    return (value & ~mask).is_zero()
               ? std::optional{fmt::format("{} {}{}/{}", field_text(*left.field),
                                           match.comparison == Comparison::kNotEqual ? "!= " : "",
                                           print_value(type, value), length)}
               : std::nullopt;
  }
  return std::nullopt;
}

std::string match_text(const Table& table, const Match& match) {
  if (auto flags = masked_flags(match)) {
    return *flags;
  }
  if (auto prefix = masked_prefix(match)) {
    return *prefix;
  }
  std::string text = print_left(match.left);
  const Field& field = *match.left[0].field;
  std::string_view comparison = kComparisons.at(static_cast<std::size_t>(match.comparison));
  const bool masked = match.left.size() == 1 && !match.left[0].is_plain();
  const Key* const key = std::get_if<Key>(&match.right);
  const bool flags = match.left.size() == 1 && is_flags(field.type) && key != nullptr;
  if (comparison.empty() && match.comparison == Comparison::kEqual && (masked || flags)) {
    comparison = "==";
  }
  if (!comparison.empty()) {
    text += fmt::format(" {}", comparison);
  }
  if (key == nullptr) {
    return fmt::format("{} {}", text, print_set(table, std::get<SetIndex>(match.right)));
  }
  if (flags) {
    return fmt::format("{} {}", text,
                       masked ? print_operand(field.type, key->front().first, false)
                              : flags_text(field, match.comparison, key->front().first));
  }
  std::string right;
  const std::vector<KeyPart> parts = parts_of(match.left);
  for (std::size_t i = 0; i < key->size(); ++i) {
    right +=
        fmt::format("{}{}", i == 0 ? "" : " . ", print_interval((*key)[i], parts[i], match.prefix));
  }
  return fmt::format("{} {}", text, right);
}

// Without a reason: the port is unreachable.
std::string reject_text(const Table& table, const Reject& reject) {
  const bool names = table.family == Family::kInet;
  switch (reject.kind) {
    case Reject::Kind::kTcpReset:
      return "reject with tcp reset";
    case Reject::Kind::kIcmpx:
      return reject.code == 1 ? "reject"
                              : fmt::format("reject with icmpx {}", kIcmpxCodes.at(reject.code));
    case Reject::Kind::kIcmp:
      return reject.code == 3 && !names
                 ? "reject"
                 : fmt::format("reject with icmp {}", print_value(Type::kIcmpCode, reject.code));
    case Reject::Kind::kIcmp6:
      return reject.code == 4 && !names
                 ? "reject"
                 : fmt::format("reject with icmpv6 {}", print_value(Type::kIcmp6Code, reject.code));
  }
  return {};
}

std::string assignment_text(const Table& table, const Assignment& assignment) {
  const Field& field = *assignment.target;
  std::string value;
  if (const auto* const constant = std::get_if<Value>(&assignment.value)) {
    value = print_value(field.type, *constant);
  } else if (const auto* const expression = std::get_if<Expression>(&assignment.value)) {
    value = expression_text(*expression);
  } else {
    const auto& lookup = std::get<MapLookup>(assignment.value);
    value = fmt::format("{} map {}", print_left(lookup.key), print_set(table, lookup.map));
  }
  return fmt::format("{} set {}", field.name, value);
}

std::string statement_text(const Table& table, const Statement& statement,
                           const PrintOptions& options) {
  struct Printer {
    const Table& table;
    const PrintOptions& options;

    std::string operator()(const Match& match) const {
      return match.implied ? std::string{} : match_text(table, match);
    }
    std::string operator()(const Verdict& verdict) const { return print_verdict(table, verdict); }
    std::string operator()(const Nat& nat) const { return print_nat(table, nat); }
    std::string operator()(const Notrack& /*notrack*/) const { return "notrack"; }
    std::string operator()(const FlowOffload& flow) const {
      return fmt::format("flow add @{}", flow.table_name);
    }
    std::string operator()(const VerdictMap& map) const {
      return fmt::format("{} vmap {}", print_left(map.key), print_set(table, map.map));
    }
    std::string operator()(const Counter& counter) const {
      return counter.object
                 ? fmt::format("counter name \"{}\"", table.counters[*counter.object].name)
                 : "counter " + print_counter(counter, options);
    }
    std::string operator()(const Limit& limit) const {
      return limit.object ? fmt::format("limit name \"{}\"", table.limits[*limit.object].name)
                          : "limit " + print_rate(limit);
    }
    std::string operator()(const Quota& quota) const {
      return quota.object ? fmt::format("quota name \"{}\"", table.quotas[*quota.object].name)
                          : "quota " + print_quota(quota, options);
    }
    std::string operator()(const Log& log) const { return print_log(log); }
    std::string operator()(const ConnectionCount& count) const { return print_count(count); }
    std::string operator()(const SetUpdate& update) const { return print_update(table, update); }
    std::string operator()(const Reject& reject) const { return reject_text(table, reject); }
    std::string operator()(const Assignment& assignment) const {
      return assignment_text(table, assignment);
    }
  };
  return std::visit(Printer{table, options}, statement);
}

}  // namespace

std::string print_expression(const Expression& expression) { return expression_text(expression); }

std::string print_left(const std::vector<Expression>& left) {
  std::string text;
  for (const Expression& expression : left) {
    text += fmt::format("{}{}", text.empty() ? "" : " . ", expression_text(expression));
  }
  return text;
}

std::string print_bytes(std::uint64_t bytes) {
  constexpr std::uint64_t kKilo = 1024;
  if (bytes != 0 && bytes % (kKilo * kKilo) == 0) {
    return fmt::format("{} mbytes", bytes / kKilo / kKilo);
  }
  return bytes != 0 && bytes % kKilo == 0 ? fmt::format("{} kbytes", bytes / kKilo)
                                          : fmt::format("{} bytes", bytes);
}

std::string print_rate(const Limit& limit) {
  std::string_view period;
  for (const Period& known : kPeriods) {
    if (limit.period == std::chrono::seconds{known.seconds}) {
      period = known.name;
    }
  }
  std::string text =
      fmt::format("rate {}{}/{}", limit.over ? "over " : "",
                  limit.bytes ? print_bytes(limit.rate) : fmt::format("{}", limit.rate), period);
  if (limit.bytes ? limit.burst != 0 : limit.burst != 5) {
    text += limit.bytes ? fmt::format(" burst {}", print_bytes(limit.burst))
                        : fmt::format(" burst {} packets", limit.burst);
  }
  return text;
}

std::string print_quota(const Quota& quota, const PrintOptions& options) {
  const std::uint64_t used = options.used ? options.used(quota) : quota.used;
  std::string text = (quota.over ? "over " : "") + print_bytes(quota.bytes);
  return used == 0 ? text : fmt::format("{} used {}", text, print_bytes(used));
}

std::string print_counter(const Counter& counter, const PrintOptions& options) {
  const Counter now = options.counter ? options.counter(counter) : counter;
  return fmt::format("packets {} bytes {}", now.packets, now.bytes);
}

std::string print(const Table& table, const Rule& rule, const PrintOptions& options) {
  std::string text;
  for (const Statement& statement : rule.statements) {
    const std::string one = statement_text(table, statement, options);
    text += text.empty() || one.empty() ? one : " " + one;
  }
  if (!rule.comment.empty()) {
    text += fmt::format(" comment \"{}\"", rule.comment);
  }
  return text;
}

}  // namespace ringroad::nft
