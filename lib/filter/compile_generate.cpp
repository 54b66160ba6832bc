// SPDX-License-Identifier: BSD-3-Clause
// Numbers that rules make for packets.
#include <algorithm>

#include "base/random_seed.hpp"
#include "filter/compiler.hpp"

namespace ringroad::filter {
namespace {

// As Linux has it in a register: what is read from a header is as it was there.
bool is_host_order(const nft::Field& field) {
  return field.source == nft::Source::kMeta || field.source == nft::Source::kCt ||
         field.source == nft::Source::kFib || field.source == nft::Source::kRouteMtu ||
         field.source == nft::Source::kGenerated;
}

}  // namespace

// Both families share the numbers of one rule.
bool Compiler::generate(const nft::Expression& expression) {
  const nft::Field& field = *expression.field;
  const nft::Generator& generator = *field.generator;
  if (!require_all(generator.key)) {
    return false;
  }
  auto code = std::make_unique<GeneratorCode>();
  code->generator = &generator;
  // What the rule's expression makes of the number is another column.
  code->column = columns_of_all({expression}).front();
  auto& [sequence, seed] = generators_[&generator];
  if (sequence == nullptr) {
    sequence = std::make_shared<Sequence>();
    seed = generator.seed.value_or(static_cast<std::uint32_t>(random_seed()));
  }
  code->sequence = sequence;
  code->seed = seed;
  for (const nft::Expression& part : generator.key) {
    code->key.push_back({.columns = columns_of_all({part}),
                         .octets = static_cast<std::uint8_t>((part.field->width + 7) / 8),
                         .is_host_order = is_host_order(*part.field)});
    // The number of an interface, for its name.
    if (is_interface(part.field->type)) {
      code->key.back().octets = 4;
    }
  }
  if (generator.kind == nft::Generator::Kind::kSymmetricHash) {
    const std::string_view family = family_ == PacketFamily::kIpv6 ? "ip6" : "ip";
    code->flow = columns_of_all({{.field = nft::find_field(family, "saddr")},
                                 {.field = nft::find_field(family, "daddr")},
                                 {.field = nft::find_field("meta", "l4proto")},
                                 {.field = nft::find_field("th", "sport")},
                                 {.field = nft::find_field("th", "dport")}});
  }
  push({.kind = OpKind::kGenerate, .at = static_cast<std::uint32_t>(code_.generators.size())});
  code_.generators.push_back(std::move(code));
  return true;
}

}  // namespace ringroad::filter
