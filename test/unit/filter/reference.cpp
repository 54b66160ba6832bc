// SPDX-License-Identifier: BSD-3-Clause
#include "reference.hpp"

#include <algorithm>

namespace ringroad::filter {

bool Reference::run(ReferencePacket& packet, Nanoseconds now) {
  packet_ = &packet;
  now_ = now;
  struct Base {
    int priority;
    std::uint32_t table;
    std::uint32_t chain;
    bool accepts;
  };
  std::vector<Base> bases;
  for (std::uint32_t t = 0; t < ruleset_.tables.size(); ++t) {
    const nft::Table& table = ruleset_.tables[t];
    const auto other = packet.is_ipv6 ? nft::Family::kIp : nft::Family::kIp6;
    for (std::uint32_t c = 0; c < table.chains.size(); ++c) {
      const auto& base = table.chains[c].base;
      if (!table.dormant && table.family != other && base &&
          static_cast<int>(base->hook) == static_cast<int>(packet.point)) {
        // In front of those with the same priority.
        const auto place = std::ranges::lower_bound(bases, base->priority, {}, &Base::priority);
        bases.insert(place, {base->priority, t, c, base->accepts});
      }
    }
  }
  return std::ranges::all_of(bases, [this](const Base& base) {
    parse_headers();
    const Result result = run_chain(base.table, base.chain);
    if (result == Result::kDrop || result == Result::kAccept) {
      return result == Result::kAccept;
    }
    ++hits_[{base.table, base.chain, StatementPlace::kPolicy, 0}];
    return base.accepts;
  });
}

void Reference::parse_headers() {
  const Octets& octets = packet_->octets;
  protocol_.reset();
  transport_.reset();
  if (!packet_->is_ipv6) {
    protocol_ = octets[23];
    if (((octets[20] & 0x1fU) << 8U | octets[21]) == 0) {
      transport_ = 14 + std::size_t{octets[14] & 0xfU} * 4;
    }
    return;
  }
  std::uint8_t next = octets[20];
  std::size_t at = 54;
  while (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
         next == IPPROTO_DSTOPTS) {
    if (at + 8 > octets.size()) {
      return;
    }
    if (next == IPPROTO_FRAGMENT) {
      if (((std::uint32_t{octets[at + 2]} << 8U | octets[at + 3]) & 0xfff8U) != 0) {
        protocol_ = octets[at];
        return;
      }
      next = octets[at];
      at += 8;
    } else {
      next = octets[at];
      at += (std::size_t{octets[at + 1]} + 1) * 8;
    }
  }
  protocol_ = next;
  transport_ = at;
}

bool Reference::has(const nft::Field& field) const {
  if (field.family != nft::FamilyNeed::kNone &&
      (field.family == nft::FamilyNeed::kIp6) != packet_->is_ipv6) {
    return false;
  }
  return !field.protocol || protocol_ == field.protocol;
}

std::optional<nft::Value> Reference::load_meta(nft::Meta meta) const {
  const bool is_own = packet_->iif.empty();
  switch (meta) {
    case nft::Meta::kLength:
      return length();
    case nft::Meta::kProtocol:
      return packet_->is_ipv6 ? 0x86dd : 0x0800;
    case nft::Meta::kNfProto:
      return packet_->is_ipv6 ? 10 : 2;
    case nft::Meta::kL4Proto:
      return protocol_ ? std::optional{nft::Value{*protocol_}} : std::nullopt;
    case nft::Meta::kMark:
      return packet_->mark;
    case nft::Meta::kPriority:
      return packet_->priority;
    case nft::Meta::kIif:
    case nft::Meta::kIifName:
      return nft::name_value(packet_->iif);
    case nft::Meta::kOif:
    case nft::Meta::kOifName:
      return nft::name_value(packet_->oif);
    case nft::Meta::kPacketType:
      return is_own ? 0 : packet_->packet_type;
    case nft::Meta::kNfTrace:
      break;
  }
  return std::nullopt;
}

// The octet where the field's header begins, if the packet has the whole field.
std::optional<std::size_t> Reference::header_of(const nft::Field& field) const {
  std::optional<std::size_t> start;
  if (field.source == nft::Source::kLink && !packet_->iif.empty()) {
    start = 0;
  } else if (field.source == nft::Source::kNetwork) {
    start = 14;
  } else if (field.source == nft::Source::kTransport) {
    start = transport_;
  }
  const std::size_t end = (field.offset + field.width + 7U) / 8;
  return start && *start + end <= packet_->octets.size() ? start : std::nullopt;
}

std::optional<nft::Value> Reference::load(const nft::Expression& expression) const {
  const nft::Field& field = *expression.field;
  if (field.source == nft::Source::kMeta) {
    const auto value = load_meta(static_cast<nft::Meta>(field.offset));
    return value ? std::optional{(*value & expression.mask) ^ expression.flips} : std::nullopt;
  }
  const auto start = header_of(field);
  if (!start) {
    return std::nullopt;
  }
  nft::Value value;
  for (std::size_t bit = *start * 8 + field.offset; bit < *start * 8 + field.offset + field.width;
       ++bit) {
    value = value.shifted_left(1) | nft::Value{packet_->octets[bit / 8] >> (7 - bit % 8) & 1U};
  }
  return (value & expression.mask) ^ expression.flips;
}

std::optional<std::vector<nft::Value>> Reference::load_all(
    const std::vector<nft::Expression>& expressions) const {
  std::vector<nft::Value> values;
  for (const nft::Expression& expression : expressions) {
    const auto value = has(*expression.field) ? load(expression) : std::nullopt;
    if (!value) {
      return std::nullopt;
    }
    values.push_back(*value);
  }
  return values;
}

const nft::Element* Reference::find(const Where& where, nft::SetIndex set,
                                    const std::vector<nft::Value>& key) const {
  for (const nft::Element& element : table(where).sets[set].elements) {
    bool is_it = true;
    for (std::size_t i = 0; i < key.size(); ++i) {
      is_it = is_it && element.key[i].contains(key[i]);
    }
    if (is_it) {
      return &element;
    }
  }
  return nullptr;
}

Reference::Result Reference::run_chain(std::uint32_t t, std::uint32_t c) {
  const nft::Chain& chain = ruleset_.tables[t].chains[c];
  for (std::uint32_t r = 0; r < chain.rules.size(); ++r) {
    Result result = Result::kContinue;
    Where where{t, c, r, 0};
    for (const nft::Statement& statement : chain.rules[r].statements) {
      result = std::visit([&](const auto& each) { return evaluate(where, each); }, statement);
      if (result != Result::kContinue) {
        break;
      }
      ++where.statement;
    }
    if (result != Result::kContinue && result != Result::kBreak) {
      return result;
    }
  }
  return Result::kReturn;
}

Reference::Result Reference::decide(const Where& where, const nft::Verdict& verdict) {
  if (verdict.kind == nft::Verdict::Kind::kContinue) {
    return Result::kContinue;
  }
  ++hits_[{where.table, where.chain, where.rule, 0}];
  switch (verdict.kind) {
    case nft::Verdict::Kind::kAccept:
      return Result::kAccept;
    case nft::Verdict::Kind::kDrop:
      return Result::kDrop;
    case nft::Verdict::Kind::kReturn:
      return Result::kReturn;
    case nft::Verdict::Kind::kGoto:
      return run_chain(where.table, verdict.chain);
    default: {
      // Back from a jump, the next rule comes.
      const Result result = run_chain(where.table, verdict.chain);
      return result == Result::kReturn ? Result::kBreak : result;
    }
  }
}

Reference::Result Reference::evaluate(const Where& where, const nft::Match& match) {
  const auto values = load_all(match.left);
  if (!values) {
    return Result::kBreak;
  }
  const auto result = [](bool matches) { return matches ? Result::kContinue : Result::kBreak; };
  const bool is_not = match.comparison == nft::Comparison::kNotEqual;
  if (const auto* const set = std::get_if<nft::SetIndex>(&match.right)) {
    return result((find(where, *set, *values) != nullptr) != is_not);
  }
  const auto& key = std::get<nft::Key>(match.right);
  const nft::Value& value = (*values)[0];
  switch (match.comparison) {
    case nft::Comparison::kLess:
      return result(value < key[0].first);
    case nft::Comparison::kLessOrEqual:
      return result(value <= key[0].first);
    case nft::Comparison::kGreater:
      return result(value > key[0].first);
    case nft::Comparison::kGreaterOrEqual:
      return result(value >= key[0].first);
    case nft::Comparison::kAnyOf:
      return result(!(value & key[0].first).is_zero());
    case nft::Comparison::kNoneOf:
      return result((value & key[0].first).is_zero());
    default:
      break;
  }
  bool is_equal = true;
  for (std::size_t i = 0; i < key.size(); ++i) {
    is_equal = is_equal && key[i].contains((*values)[i]);
  }
  return result(is_equal != is_not);
}

Reference::Result Reference::evaluate(const Where& where, const nft::VerdictMap& map) {
  const auto key = load_all(map.key);
  const nft::Element* const element = key ? find(where, map.map, *key) : nullptr;
  return element == nullptr ? Result::kBreak : decide(where, std::get<nft::Verdict>(element->data));
}

Reference::Result Reference::evaluate(const Where& where, const nft::Counter& counter) {
  Total& total =
      counters_[counter.object
                    ? StatementPlace{where.table, StatementPlace::kNamed, *counter.object}
                    : StatementPlace{where.table, where.chain, where.rule, where.statement}];
  ++total.packets;
  total.bytes += length();
  return Result::kContinue;
}

// Linux's nft_limit_init and nft_limit_eval.
Reference::Result Reference::evaluate(const Where& where, const nft::Limit& one) {
  const nft::Limit& limit = one.object ? table(where).limits[*one.object].object : one;
  const StatementPlace place =
      one.object ? StatementPlace{where.table, StatementPlace::kNamed, *one.object}
                 : StatementPlace{where.table, where.chain, where.rule, where.statement};
  const auto nsecs = static_cast<std::uint64_t>(limit.period.count());
  const std::uint64_t burst = limit.burst == 0 && !limit.bytes ? 5 : limit.burst;
  const std::uint64_t most =
      limit.bytes ? nsecs * (limit.rate + burst) / limit.rate : nsecs / limit.rate * burst;
  const std::uint64_t cost = limit.bytes ? nsecs * length() / limit.rate : nsecs / limit.rate;
  const auto [found, is_new] = buckets_.try_emplace(place, Bucket{most, now_});
  Bucket& bucket = found->second;
  const std::uint64_t tokens =
      std::min(bucket.tokens + static_cast<std::uint64_t>((now_ - bucket.last).count()), most);
  bucket.last = now_;
  const bool conforms = tokens >= cost;
  bucket.tokens = conforms ? tokens - cost : tokens;
  return conforms != limit.over ? Result::kContinue : Result::kBreak;
}

Reference::Result Reference::evaluate(const Where& where, const nft::Quota& one) {
  const nft::Quota& quota = one.object ? table(where).quotas[*one.object].object : one;
  const StatementPlace place =
      one.object ? StatementPlace{where.table, StatementPlace::kNamed, *one.object}
                 : StatementPlace{where.table, where.chain, where.rule, where.statement};
  std::uint64_t& used = used_.try_emplace(place, quota.used).first->second;
  used += length();
  return (used > quota.bytes) == quota.over ? Result::kContinue : Result::kBreak;
}

Reference::Result Reference::evaluate(const Where& where, const nft::Assignment& assignment) {
  const nft::Field& target = *assignment.target;
  std::optional<nft::Value> value;
  if (const auto* const map = std::get_if<nft::MapLookup>(&assignment.value)) {
    const auto key = load_all(map->key);
    const nft::Element* const element = key ? find(where, map->map, *key) : nullptr;
    value = element == nullptr ? std::nullopt : std::optional{std::get<nft::Value>(element->data)};
  } else if (const auto* const other = std::get_if<nft::Expression>(&assignment.value)) {
    value = has(*other->field) ? load(*other) : std::nullopt;
  } else {
    value = std::get<nft::Value>(assignment.value);
  }
  if (!value || !has(target)) {
    return Result::kBreak;
  }
  if (target.source == nft::Source::kMeta) {
    (static_cast<nft::Meta>(target.offset) == nft::Meta::kMark ? packet_->mark
                                                               : packet_->priority) =
        static_cast<std::uint32_t>(value->low);
    return Result::kContinue;
  }
  const auto start = header_of(target);
  if (!start) {
    return Result::kBreak;
  }
  for (unsigned i = 0; i < target.width; ++i) {
    const std::size_t bit = *start * 8 + target.offset + i;
    const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
    const bool is_set = (value->shifted_right(target.width - 1U - i).low & 1U) != 0;
    std::uint8_t& octet = packet_->octets[bit / 8];
    octet = static_cast<std::uint8_t>(is_set ? octet | mask : octet & ~mask);
  }
  return Result::kContinue;
}

}  // namespace ringroad::filter
