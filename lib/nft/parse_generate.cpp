// SPDX-License-Identifier: BSD-3-Clause
// Numbers that a rule makes for a packet: numgen, jhash and symhash.
#include <fmt/format.h>

#include <limits>

#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

constexpr std::size_t kGeneratorsMax = 30'000;  // their numbers are offsets of fields

}  // namespace

// numgen inc|random mod N [offset N], jhash KEY mod N [seed N] [offset N], symhash mod N [offset N]
const Field* Parser::generated_field(const Token& first) {
  auto generator = std::make_shared<Generator>();
  std::string name = first.text;
  if (first.is_word("numgen")) {
    const Token& kind = cursor_.next();
    if (!kind.is_word("inc") && !kind.is_word("random")) {
      refuse(kind, "'numgen' is 'inc' or 'random'");
    }
    name += fmt::format(" {}", kind.text);
    generator->kind = kind.text == "inc" ? Generator::Kind::kIncrement : Generator::Kind::kRandom;
  } else if (first.is_word("jhash")) {
    generator->kind = Generator::Kind::kHash;
    generator->key = concatenation();
  } else {
    generator->kind = Generator::Kind::kSymmetricHash;
  }
  if (!cursor_.accept_word("mod")) {
    refuse(cursor_.peek(), "expected 'mod' and a number");
  }
  const Token modulus = cursor_.peek();
  generator->modulus = any_number32();
  if (generator->modulus == 0) {
    refuse(modulus, "a modulus is at least 1");
  }
  if (first.is_word("jhash") && cursor_.accept_word("seed")) {
    generator->seed = any_number32();
  }
  const Token offset = cursor_.peek();
  generator->offset = cursor_.accept_word("offset") ? any_number32() : 0;
  // Linux's nft_ng_inc_init.
  if (generator->offset + (generator->modulus - 1) < generator->offset) {
    refuse(offset, "the numbers are above 4294967295");
  }
  if (generators_ == kGeneratorsMax) {
    refuse(first,
           fmt::format("a ruleset has at most {} of numgen, jhash and symhash", kGeneratorsMax));
  }
  Field field{{}, Type::kInteger, Source::kGenerated, generators_++, 32};
  field.generator = generator.get();
  auto own = std::make_shared<OwnField>();
  own->name = std::move(name);
  own->field = field;
  own->field.name = own->name;
  own->generator = std::move(generator);
  const Field* const made = &own->field;
  ruleset_.own_fields.emplace_back(std::move(own));
  return made;
}

// In decimal or hexadecimal.
std::uint32_t Parser::any_number32() {
  const Token& token = cursor_.peek();
  const auto value =
      token.kind == Token::Kind::kWord ? parse_value(Type::kInteger, token.text) : std::nullopt;
  if (!value || *value > Value{std::numeric_limits<std::uint32_t>::max()}) {
    refuse(token, fmt::format("expected a number up to 4294967295, not {}", shown(token.text)));
  }
  cursor_.next();
  return static_cast<std::uint32_t>(value->low);
}

}  // namespace ringroad::nft
