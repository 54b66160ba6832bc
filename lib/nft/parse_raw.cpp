// SPDX-License-Identifier: BSD-3-Clause
// Raw payload: @BASE,OFFSET,LENGTH in bits.
#include <fmt/format.h>

#include <algorithm>

#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

constexpr unsigned kWidthMost = 128;

struct Base {
  std::string_view name;
  Source source;
};
constexpr std::array kBases{Base{"ll", Source::kLink}, Base{"nh", Source::kNetwork},
                            Base{"th", Source::kTransport}, Base{"ih", Source::kInner}};

bool is_whole(const Field& field) { return field.offset % 8 == 0 && field.width % 8 == 0; }

}  // namespace

// Behind the base or the kind: ,OFFSET,LENGTH
std::array<std::uint16_t, 2> Parser::raw_place(unsigned offset_most) {
  cursor_.expect_symbol(",", "before the offset");
  const Token& at = cursor_.peek();
  const std::uint64_t offset = cursor_.expect_number("an offset in bits");
  cursor_.expect_symbol(",", "before the length");
  const Token& length = cursor_.peek();
  const std::uint64_t width = cursor_.expect_number("a length in bits");
  if (width == 0 || width > kWidthMost) {
    refuse(length, fmt::format("raw payload has 1 to {} bits", kWidthMost));
  }
  if (offset + width > offset_most) {
    refuse(at, fmt::format("raw payload ends within {} bits", offset_most));
  }
  return {static_cast<std::uint16_t>(offset), static_cast<std::uint16_t>(width)};
}

// Behind the '@'.
const Field* Parser::raw_field(const Token& first) {
  constexpr unsigned kMost = 32768;
  const Token& name = cursor_.next();
  const auto* const base = std::ranges::find(kBases, name.text, &Base::name);
  if (base == kBases.end()) {
    refuse(cursor_.peek().is_symbol(",") ? name : first,
           fmt::format("raw payload begins at ll, nh, th or ih, not {}", shown(name.text)));
  }
  const auto [offset, width] = raw_place(kMost);
  return raw_of(base->source, offset, width);
}

const Field* Parser::raw_of(Source source, unsigned offset, unsigned width) {
  const auto* const base = std::ranges::find(kBases, source, &Base::source);
  // nft's payload_init_raw knows ports.
  if (source == Source::kTransport && width == 16 && (offset == 0 || offset == 16)) {
    const std::string_view port = offset == 0 ? "sport" : "dport";
    constexpr std::array<std::uint8_t, 5> kNumbers{6, 17, 33, 132, 136};
    constexpr std::array<std::string_view, 5> kNames{"tcp", "udp", "dccp", "sctp", "udplite"};
    const auto* const known = std::ranges::find(kNumbers, context_.protocol.value_or(0));
    return find_field(known == kNumbers.end()
                          ? "th"
                          : kNames.at(static_cast<std::size_t>(known - kNumbers.begin())),
                      port);
  }
  return own_field(fmt::format("@{},{},{}", base->name, offset, width),
                   {{},
                    Type::kRaw,
                    source,
                    static_cast<std::uint16_t>(offset),
                    static_cast<std::uint16_t>(width)});
}

// Behind `tcp option @`.
const Field* Parser::raw_tcp_option() {
  constexpr unsigned kMost = 2040;  // the length of an option is an octet
  const auto kind = static_cast<std::uint8_t>(single({Type::kInteger, 8}).low);
  const Token& at = cursor_.peek();
  const auto [offset, width] = raw_place(kMost);
  for (const Field& field : all_fields()) {
    if (field.source == Source::kTcpOption && !field.presence && field.header == kind &&
        field.offset == offset && field.width == width) {
      return &field;
    }
  }
  if (offset % 8 != 0 || width % 8 != 0) {
    refuse(at, "raw options are whole octets");
  }
  Field field{{}, Type::kInteger, Source::kTcpOption, offset, width};
  field.header = kind;
  return own_field(fmt::format("tcp option @{},{},{}", kind, offset, width), field);
}

// Bits that are no whole octets have a place only in a comparison with one value.
void Parser::refuse_bits(const std::vector<Expression>& expressions, const Token& token) {
  for (const Expression& expression : expressions) {
    if (expression.field->type == Type::kRaw && !is_whole(*expression.field)) {
      refuse(token, fmt::format("'{}' is no whole octets, and compared only with one value",
                                expression.field->name));
    }
  }
}

// As nft does: bits are compared as bits of whole octets. What has a name gets it.
void Parser::whole_octets(Match& match, const Token& token) {
  Expression& left = match.left.front();
  const Field& field = *left.field;
  if (field.type != Type::kRaw) {
    return;
  }
  if (!is_whole(field)) {
    Interval& value = std::get<Key>(match.right).front();
    const unsigned first = field.offset / 8 * 8;
    const unsigned end = (unsigned{field.offset} + field.width + 7) / 8 * 8;
    const unsigned below = end - field.offset - field.width;
    if (!value.is_single() || end - first > kWidthMost ||
        (match.comparison != Comparison::kEqual && match.comparison != Comparison::kNotEqual)) {
      refuse_bits(match.left, token);
    }
    const Value bits = Value::ones(field.width);
    left.mask = (left.mask & bits).shifted_left(below);
    left.flips = (left.flips & bits).shifted_left(below);
    value = {value.first.shifted_left(below), value.first.shifted_left(below)};
    left.field = raw_of(field.source, first, end - first);
    return;
  }
  for (const Field& known : all_fields()) {
    const bool is_network = field.source == Source::kNetwork && known.family != FamilyNeed::kNone &&
                            known.family == family_need();
    const bool is_transport = field.source == Source::kTransport && context_.protocol &&
                              known.protocol == context_.protocol;
    if (known.source == field.source && known.offset == field.offset &&
        known.width == field.width && (is_network || is_transport)) {
      left.field = &known;
      return;
    }
  }
}

}  // namespace ringroad::nft
