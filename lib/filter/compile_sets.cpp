// SPDX-License-Identifier: BSD-3-Clause
// Sets and maps.
#include "filter/compiler.hpp"

namespace ringroad::filter {

Boxes Compiler::boxes_of(const nft::Set& set) const {
  Boxes boxes{.words = 0};
  for (const nft::KeyPart& part : set.key) {
    boxes.words += words_of_part(part).words;
  }
  if (boxes.words > kKeyWordsMax) {
    throw Unsupported{where() + "a key of more than 64 octets"};
  }
  for (std::uint32_t i = 0; i < set.elements.size() && !set.elements[i].catch_all; ++i) {
    add_key(boxes, set.elements[i].key, set.key, i, names_);
  }
  return boxes;
}

VerdictCode Compiler::code_of(const nft::Verdict& verdict) const {
  return {verdict.kind, first_chain_ + verdict.chain};
}

std::uint32_t Compiler::add_key_code(const std::vector<nft::Expression>& key, nft::SetIndex set) {
  const nft::Set& source = table().sets[set];
  KeyCode code{.columns = columns_of_all(key), .lookup = nullptr, .set = set_code(set)};
  if (code.set == nullptr || code.set->dynamic == nullptr) {
    auto& lookup = lookups_[{table_, set}];
    if (!lookup) {
      lookup = std::make_shared<const Lookup>(boxes_of(source));
    }
    code.lookup = lookup;
  } else {
    check_key(code.columns.size(), source);
  }
  for (const nft::Element& element : source.elements) {
    if (const auto* const verdict = std::get_if<nft::Verdict>(&element.data)) {
      code.verdicts.push_back(code_of(*verdict));
    } else if (const auto* const value = std::get_if<nft::Value>(&element.data)) {
      code.values.push_back(*value);
    } else if (const auto* const ranges = std::get_if<nft::Key>(&element.data)) {
      code.ranges.push_back(*ranges);
    }
  }
  code_.keys.push_back(std::move(code));
  return static_cast<std::uint32_t>(code_.keys.size() - 1);
}

}  // namespace ringroad::filter
