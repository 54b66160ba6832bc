// SPDX-License-Identifier: BSD-3-Clause
// Sets that change: rules write them, or their elements expire or have statements.
#include <algorithm>

#include "base/random_seed.hpp"
#include "filter/compiler.hpp"

namespace ringroad::filter {
namespace {

using Words = std::vector<std::uint32_t>;

void append(Words& words, const nft::Value& value, unsigned count) {
  for (unsigned i = count; i-- > 0;) {
    words.push_back(static_cast<std::uint32_t>(value.shifted_right(i * 32).low));
  }
}

// What a map says for an element.
Words data_of(const nft::Set& set, const nft::Element& element) {
  Words words;
  if (const auto* const value = std::get_if<nft::Value>(&element.data)) {
    append(words, *value, words_of_part(set.data[0]).words);
  } else if (const auto* const key = std::get_if<nft::Key>(&element.data)) {
    for (std::size_t i = 0; i < key->size(); ++i) {
      append(words, (*key)[i].first, words_of_part(set.data[i]).words);
    }
  }
  return words;
}

bool is_counter(const nft::ElementStatement& statement) {
  return std::holds_alternative<nft::Counter>(statement);
}

}  // namespace

void Compiler::find_written() {
  written_.clear();
  for (const nft::Chain& chain : table().chains) {
    for (const nft::Rule& rule : chain.rules) {
      for (const nft::Statement& statement : rule.statements) {
        if (const auto* const update = std::get_if<nft::SetUpdate>(&statement)) {
          written_[update->set].push_back(update);
        }
      }
    }
  }
}

std::string Compiler::where(const nft::Set& set) const {
  const nft::Place& place = set.place;
  const std::string file = place.file ? *place.file + ":" + std::to_string(place.line) + ": " : "";
  return file + "table " + table().name + ", set " + set.name + ": ";
}

// Elements expire in sets that no rule uses, too.
void Compiler::add_unused_sets() {
  for (nft::SetIndex i = 0; i < table().sets.size(); ++i) {
    if (!table().sets[i].is_anonymous()) {
      static_cast<void>(set_code(i));
    }
  }
}

bool Compiler::changes(nft::SetIndex index) const {
  const nft::Set& set = table().sets[index];
  const auto changes = [&](const nft::Element& element) {
    return set.timeout || element.timeout || element.expires || !element.statements.empty() ||
           element.catch_all;
  };
  return written_.contains(index) || std::ranges::any_of(set.elements, changes);
}

const SetCode* Compiler::set_code(nft::SetIndex index) {
  if (!changes(index)) {
    return nullptr;
  }
  const SetCode*& known = set_codes_[{table_, index}];
  if (known == nullptr) {
    known = code_.sets.emplace_back(new_set_code(index)).get();
  }
  return known;
}

std::unique_ptr<SetCode> Compiler::new_set_code(nft::SetIndex index) {
  auto code = std::make_unique<SetCode>();
  const nft::Set& set = table().sets[index];
  code->set = &set;
  const auto written = written_.find(index);
  const auto has = [&](const nft::ElementStatements& statements) {
    code->has_statements = code->has_statements || !statements.empty();
    code->is_ordered = code->is_ordered || !std::ranges::all_of(statements, is_counter);
    code->counts_connections =
        code->counts_connections || std::ranges::any_of(statements, [](const auto& statement) {
          return std::holds_alternative<nft::ConnectionCount>(statement);
        });
  };
  has(set.statements);
  for (const nft::Element& element : set.elements) {
    has(element.statements);
  }
  for (std::size_t i = 0; i < set.data.size(); ++i) {
    code->data_words.at(i) = static_cast<std::uint8_t>(words_of_part(set.data[i]).words);
  }
  if (written == written_.end()) {
    add_states(*code);
    return code;
  }
  for (const nft::SetUpdate* const update : written->second) {
    has(update->statements);
  }
  code->is_ordered = true;
  add_dynamic(*code);
  return code;
}

// Of a set that no rule writes, each element has a state.
void Compiler::add_states(SetCode& code) {
  const nft::Set& set = *code.set;
  const Nanoseconds now = clock_.now();
  code.states = std::make_unique<OwnLinesVector<ElementState>>(set.elements.size());
  for (std::uint32_t i = 0; i < set.elements.size(); ++i) {
    const NewElement fresh = fresh_element(set, set.elements[i]);
    ElementState& state = (*code.states)[i];
    state.form = fresh.form;
    if (fresh.lifetime != Nanoseconds{0}) {
      state.expire_at(now + fresh.lifetime);
    }
    code_.forms.begin(fresh.form, state.words, now);
    if (set.elements[i].catch_all) {
      code.catch_all = i;
    }
  }
}

void Compiler::add_dynamic(SetCode& code) {
  const nft::Set& set = *code.set;
  const std::uint32_t most = set.size;
  if (most == 0 || most > DynamicSet::kSizeMax) {
    throw Unsupported{where(set) + "a size above 16777216"};
  }
  DynamicSet::Shape shape{
      .key_words = 0, .most = most, .ends = set.timeouts || code.counts_connections};
  for (const nft::KeyPart& part : set.key) {
    shape.key_words += words_of_part(part).words;
  }
  if (shape.key_words > kKeyWordsMax) {
    throw Unsupported{where(set) + "a key of more than 64 octets"};
  }
  for (const nft::KeyPart& part : set.data) {
    if (is_interface(part.type)) {
      throw Unsupported{where(set) + "a map of interfaces that rules write is not supported"};
    }
    shape.data_words += words_of_part(part).words;
  }
  code.dynamic = std::make_unique<DynamicSet>(shape, code_.forms, random_seed());
  const Nanoseconds now = clock_.now();
  for (const nft::Element& element : set.elements) {
    const NewElement fresh = fresh_element(set, element);
    const Words data = data_of(set, element);
    if (element.catch_all) {
      code.dynamic->set_catch_all(now, fresh, data);
      code.catch_all = DynamicSet::kCatchAll;
      continue;
    }
    Boxes boxes{.words = shape.key_words};
    add_key(boxes, element.key, set.key, 0, names_);
    if (boxes.size() == 0) {
      code.absent.push_back(&element);
    }
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      Words key;
      std::ranges::transform(boxes[i], std::back_inserter(key), &WordRange::first);
      static_cast<void>(code.dynamic->add(key, code.dynamic->hash(key), {now}, fresh, data));
    }
  }
}

NewElement Compiler::fresh_element(const nft::Set& set, const nft::Element& element) {
  const Nanoseconds timeout = element.timeout.value_or(set.timeout.value_or(Nanoseconds{0}));
  return {.form = form_of(timeout, element.statements, &element),
          .lifetime = element.expires.value_or(timeout)};
}

std::uint32_t Compiler::form_of(Nanoseconds timeout, const nft::ElementStatements& statements,
                                const nft::Element* element) {
  ElementForm form{.timeout = timeout, .statements = {}, .element = element};
  for (const nft::ElementStatement& statement : statements) {
    if (const auto* const counter = std::get_if<nft::Counter>(&statement)) {
      form.statements.emplace_back(*counter);
    } else if (const auto* const limit = std::get_if<nft::Limit>(&statement)) {
      form.statements.emplace_back(LimitRate{*limit});
    } else if (const auto* const quota = std::get_if<nft::Quota>(&statement)) {
      form.statements.emplace_back(*quota);
    } else {
      form.statements.emplace_back(std::get<nft::ConnectionCount>(statement));
      count_connections();
    }
  }
  form.source = &statements;
  code_.forms.all.push_back(std::move(form));
  return static_cast<std::uint32_t>(code_.forms.all.size() - 1);
}

// Elements may be written by packets of either family: the worker that owns the connections
// evaluates both.
void Compiler::count_connections() {
  if (code_.forms.counts == nullptr) {
    code_.forms.counts = std::make_unique<ConnectionCounts>(random_seed());
  }
  tracks_[0] = tracks_[0] || table().family != nft::Family::kIp6;
  tracks_[1] = tracks_[1] || table().family != nft::Family::kIp;
}

void Compiler::check_key(std::size_t words, const nft::Set& set) const {
  std::size_t its = 0;
  for (const nft::KeyPart& part : set.key) {
    its += words_of_part(part).words;
  }
  if (words != its) {
    throw Unsupported{where() + "the key is not as wide as the keys of set " + set.name};
  }
}

bool Compiler::add(const nft::ConnectionCount& count) {
  count_connections();
  const StatementPlace place{table_, chain_, rule_, statement_};
  const auto [number, is_new] = places_.connection_counts.allot(place);
  if (is_new) {
    code_.connection_counts.push_back(std::make_unique<ConnectionCountCode>());
    code_.connection_counts.back()->count = count;
  }
  push({.kind = OpKind::kConnectionCount, .at = number});
  return true;
}

bool Compiler::add(const nft::SetUpdate& update) {
  const nft::Set& set = table().sets[update.set];
  if (!require_all(update.key)) {
    return false;
  }
  UpdateCode code{
      .kind = update.kind, .set = set_code(update.set), .key = columns_of_all(update.key)};
  check_key(code.key.size(), set);
  for (std::size_t i = 0; i < update.data.size(); ++i) {
    const unsigned count = words_of_part(set.data[i]).words;
    if (const auto* const value = std::get_if<nft::Value>(&update.data[i])) {
      Words words;
      append(words, *value, count);
      code.data.insert(code.data.end(), words.begin(), words.end());
      continue;
    }
    const auto& from = std::get<nft::Expression>(update.data[i]);
    if (!require(from)) {
      return false;
    }
    const auto columns = columns_of_all({from});
    if (columns.size() > count) {
      throw Unsupported{where() + "the data are wider than those of map " + set.name};
    }
    code.data.insert(code.data.end(), count - columns.size(), std::uint32_t{0});
    for (const ColumnIndex column : columns) {
      code.data.emplace_back(column);
    }
  }
  const Nanoseconds timeout = update.timeout.value_or(set.timeout.value_or(Nanoseconds{0}));
  const auto& statements = update.statements.empty() ? set.statements : update.statements;
  code.fresh = {.form = form_of(timeout, statements, nullptr), .lifetime = timeout};
  push({.kind = OpKind::kUpdateSet, .at = static_cast<std::uint32_t>(code_.updates.size())});
  code_.updates.push_back(std::move(code));
  return true;
}

}  // namespace ringroad::filter
