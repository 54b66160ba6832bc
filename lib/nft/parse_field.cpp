// SPDX-License-Identifier: BSD-3-Clause
// The fields of packets and connections.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

// Keys of meta that need not have 'meta' in front.
constexpr std::array<std::string_view, 7> kBareMeta{"iif",  "iifname", "oif",    "oifname",
                                                    "mark", "pkttype", "nftrace"};
// Numbers that are made for a packet.
constexpr std::array<std::string_view, 3> kGenerated{"numgen", "jhash", "symhash"};
// Keys of meta that have no place here.
constexpr std::array<std::string_view, 23> kMetaNotThere{
    "skuid",    "skgid",     "cgroup",    "random",  "time",    "day",      "hour",    "iifgroup",
    "oifgroup", "iiftype",   "oiftype",   "iifkind", "oifkind", "cpu",      "ibrname", "obrname",
    "ibrpvid",  "ibrvproto", "rtclassid", "ipsec",   "sdif",    "sdifname", "secmark"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

bool Parser::begins_field(const Token& token) {
  return token.is_symbol("@") ||
         (token.kind == Token::Kind::kWord &&
          (token.text == "meta" || token.text == "fib" || is_one_of(kGenerated, token.text) ||
           is_protocol(token.text) || is_one_of(kBareMeta, token.text)));
}

const Field* Parser::field() {
  const Token& first = cursor_.next();
  if (!begins_field(first)) {
    std::vector<std::string_view> known{kBareMeta.begin(), kBareMeta.end()};
    for (const std::string_view word :
         {"meta", "ct",  "ether", "ip",      "ip6",        "icmp",     "icmpv6",
          "tcp",  "udp", "th",    "counter", "accept",     "drop",     "reject",
          "jump", "log", "snat",  "dnat",    "masquerade", "redirect", "notrack",
          "flow", "fib", "vlan",  "add",     "update",     "delete",   "meter"}) {
      known.push_back(word);
    }
    if (is_one_of(kMetaNotThere, first.text)) {
      refuse(first, fmt::format("'meta {}' is not there", first.text));
    }
    refuse(first, fmt::format("no statement begins with {}{}", shown(first.text),
                              hint(first.text, known)));
  }
  if (is_one_of(kGenerated, first.text)) {
    return generated_field(first);
  }
  const Field* const found = first.is_symbol("@")   ? raw_field(first)
                             : first.is_word("fib") ? fib_field(first)
                             : first.is_word("tcp") && cursor_.peek().is_word("option")
                                 ? tcp_option(first)
                                 : named_field(first);
  require(*found, first);
  return found;
}

const Field* Parser::named_field(const Token& first) {
  const bool bare = is_one_of(kBareMeta, first.text);
  const std::string_view protocol = bare ? "meta" : std::string_view{first.text};
  const Token& name = bare ? first : cursor_.peek();
  std::string text = protocol == "ct" ? ct_name() : bare ? name.text : cursor_.next().text;
  if (protocol == "ip" && text == "option") {
    text += fmt::format(" {}", cursor_.next().text);
  } else if (protocol == "vlan" && text == "cfi") {
    text = "dei";
  } else if (protocol == "srh" && text == "sid" && cursor_.accept_symbol("[")) {
    text += fmt::format("[{}]", cursor_.expect_number("the number of an address"));
    cursor_.expect_symbol("]", "behind the number");
  }
  const Field* const found = find_field(protocol, text);
  if (found != nullptr) {
    // As nft does: the ports of a protocol that the rule has asked for are its own.
    return protocol == "th" ? raw_of(found->source, found->offset, found->width) : found;
  }
  if (protocol == "meta" && is_one_of(kMetaNotThere, text)) {
    refuse(name, fmt::format("'meta {}' is not there", text));
  }
  const bool is_route = protocol == "rt" && (text == "classid" || text == "nexthop" ||
                                             text == "ip" || text == "ip6" || text == "ipsec");
  if (is_route) {
    refuse(name, fmt::format("'rt {}' is not there", text));
  }
  std::vector<std::string_view> known;
  for (const Field& field : all_fields()) {
    if (field.name.starts_with(protocol) && field.name[protocol.size()] == ' ') {
      known.push_back(field.name.substr(protocol.size() + 1));
    }
  }
  refuse(name, fmt::format("'{}' has no {}{}", protocol, shown(text), hint(text, known)));
}

// Refuses fields of two protocols in one rule, and of a family that the table never sees.
void Parser::require(const Field& field, const Token& token) {
  if (table_ != nullptr && !sees(table_->family, field.family)) {
    refuse(token, fmt::format("a table of the family {} never sees '{}'", to_string(table_->family),
                              field.name));
  }
  const bool family = field.family != FamilyNeed::kNone && context_.family != FamilyNeed::kNone &&
                      field.family != context_.family;
  const bool protocol = field.protocol && context_.protocol && field.protocol != context_.protocol;
  if (family || protocol) {
    refuse(token,
           fmt::format("'{}' is of another protocol than what this rule has matched", field.name));
  }
  const bool is_netdev = table_ != nullptr && table_->family == Family::kNetdev;
  if (is_netdev && (field.source == Source::kCt || field.name == "meta nfproto")) {
    refuse(token, fmt::format("'{}' is not of tables of the family netdev", field.name));
  }
  if (field.source == Source::kCt) {
    if (field.type == Type::kPort && !context_.has_protocol()) {
      refuse(token, fmt::format("'{}' needs its protocol before it in the rule, such as "
                                "'meta l4proto tcp'",
                                field.name));
    }
    return;  // What a flow has says nothing of the packet.
  }
  if (field.family != FamilyNeed::kNone) {
    context_.family = field.family;
  }
  if (field.protocol) {
    context_.protocol = field.protocol;
  }
}

// A field with a name that no table has. `name` and whether it asks for presence tell which.
const Field* Parser::own_field(std::string name, Field field) {
  std::string key = fmt::format("{}{}", field.presence ? "?" : "", name);
  const auto known = own_fields_.find(key);
  if (known != own_fields_.end()) {
    return known->second;
  }
  auto own = std::make_shared<OwnField>();
  own->name = std::move(name);
  own->field = field;
  own->field.name = own->name;
  const Field* const made = &own->field;
  ruleset_.own_fields.emplace_back(std::move(own));
  own_fields_.emplace(std::move(key), made);
  return made;
}

// fib saddr|daddr [. mark] [. iif|oif] type|oif|oifname, as Linux's nft_fib_init has it.
const Field* Parser::fib_field(const Token& first) {
  static constexpr std::array<std::string_view, 5> kParts{"saddr", "daddr", "mark", "iif", "oif"};
  std::uint16_t parts = 0;
  do {
    const Token& part = cursor_.next();
    const auto* const found = std::ranges::find(kParts, part.text);
    if (found == kParts.end()) {
      refuse(part, fmt::format("'fib' looks up saddr or daddr, for mark, iif or oif, not {}",
                               shown(part.text)));
    }
    parts |= static_cast<std::uint16_t>(1U << static_cast<unsigned>(found - kParts.begin()));
  } while (cursor_.accept_symbol("."));
  const auto both = [&](std::uint16_t one, std::uint16_t other) {
    return (parts & (one | other)) == (one | other);
  };
  if ((parts & (FibKey::kSource | FibKey::kDestination)) == 0 ||
      both(FibKey::kSource, FibKey::kDestination)) {
    refuse(first, "'fib' looks up one address: saddr or daddr");
  }
  if (both(FibKey::kIngress, FibKey::kEgress)) {
    refuse(first, "'fib' looks up for one interface: iif or oif");
  }
  const Token& result = cursor_.next();
  const bool is_type = result.is_word("type");
  if (!is_type && !result.is_word("oif") && !result.is_word("oifname")) {
    refuse(result, fmt::format("'fib' finds type, oif or oifname, not {}", shown(result.text)));
  }
  if (!is_type && (parts & FibKey::kEgress) != 0) {
    refuse(result, "only the type is found for an oif");
  }
  std::string name = "fib";
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    if ((parts >> i & 1U) != 0) {
      name += fmt::format("{}{}", i < 2 ? " " : " . ", kParts.at(i));
    }
  }
  const Type type = is_type                 ? Type::kFibType
                    : result.is_word("oif") ? Type::kInterface
                                            : Type::kName;
  name += fmt::format(" {}", result.text);
  return own_field(std::move(name),
                   {{}, type, Source::kFib, parts, static_cast<std::uint16_t>(is_type ? 32 : 128)});
}

// tcp option KIND [FIELD], or tcp option @KIND,OFFSET,LENGTH.
const Field* Parser::tcp_option(const Token& first) {
  cursor_.next();  // option
  const Token& kind = cursor_.next();
  if (kind.is_symbol("@")) {
    return raw_tcp_option();
  }
  struct Alias {
    std::string_view word;
    std::string_view name;
  };
  static constexpr std::array kAliases{Alias{"noop", "nop"}, Alias{"sack-permitted", "sack-perm"},
                                       Alias{"sack0", "sack"}};
  std::string name = kind.text;
  for (const Alias& alias : kAliases) {
    if (kind.is_word(alias.word)) {
      name = alias.name;
    }
  }
  const auto number = parse_value(Type::kInteger, kind.text);
  if (number && *number > Value{255}) {
    refuse(kind, "the kind of an option has 8 bits");
  }
  for (const Field& field : all_fields()) {
    if (number && field.presence && field.source == Source::kTcpOption &&
        Value{field.header} == *number) {
      name = field.name.substr(sizeof "tcp option");
    }
  }
  const Token& what = cursor_.peek();
  // What else follows is compared with whether it is there.
  static constexpr std::array<std::string_view, 8> kFieldNames{
      "length", "size", "count", "left", "right", "tsval", "tsecr", "subtype"};
  const bool has_field = what.kind == Token::Kind::kWord && is_one_of(kFieldNames, what.text);
  const std::string option = fmt::format("option {}", name);
  const std::string text = has_field ? fmt::format("{} {}", option, cursor_.next().text) : option;
  const Field* const found = find_field(first.text, text);
  if (found != nullptr) {
    return found;
  }
  if (number && name == kind.text && (!has_field || what.text == "length")) {
    const auto header = static_cast<std::uint8_t>(number->low);
    const std::uint16_t offset = has_field ? 8 : 0;
    Field field{{}, has_field ? Type::kInteger : Type::kBoolean, Source::kTcpOption, offset, 8};
    field.header = header;
    field.presence = !has_field;
    return own_field(fmt::format("tcp option {}{}", header, has_field ? " length" : ""), field);
  }
  std::vector<std::string_view> known;
  for (const Field& field : all_fields()) {
    if (field.source == Source::kTcpOption) {
      known.push_back(field.name.substr(sizeof "tcp option" - sizeof "option"));
    }
  }
  refuse(kind, fmt::format("'tcp' has no {}{}", shown(text), hint(text, known)));
}

}  // namespace ringroad::nft
