// SPDX-License-Identifier: BSD-3-Clause
#include "filter/elements.hpp"

#include <bit>
#include <type_traits>

namespace ringroad::filter {
namespace {

std::size_t lowest(std::uint64_t m) { return static_cast<std::size_t>(std::countr_zero(m)); }

// The keys of packets, which lie in columns.
class KeyReader {
 public:
  explicit KeyReader(std::span<const std::uint32_t* const> columns) : columns_{columns} {}

  // Valid until the next one is read.
  DynamicSet::Words at(std::size_t index) {
    for (std::size_t word = 0; word < columns_.size(); ++word) {
      key_[word] = columns_[word][index];
    }
    return std::span{key_}.first(columns_.size());
  }
  // Of the packets of `m`. What they are looked for in the set comes into the cache.
  void hash(const DynamicSet& set, std::uint64_t m, std::uint32_t* hashes) {
    for (; m != 0; m &= m - 1) {
      const std::size_t i = lowest(m);
      hashes[i] = set.hash(at(i));
      set.prefetch(hashes[i]);
    }
  }

 private:
  std::span<const std::uint32_t* const> columns_;
  std::array<std::uint32_t, kKeyWordsMax> key_;
};

}  // namespace

std::uint64_t Elements::find(const KeyCode& key, const Keys& keys, std::uint32_t* answers,
                             bool evaluates) {
  const SetCode& set = *key.set;
  std::uint64_t found = 0;
  if (set.dynamic != nullptr) {
    found = find_dynamic(*set.dynamic, keys, answers);
  } else {
    found = key.lookup->find(keys, answers);
    for (std::uint64_t left = found; left != 0; left &= left - 1) {
      ElementState& element = set.state(answers[lowest(left)]);
      if (element.expires() && element.has_expired(now())) {
        found &= ~(left & (~left + 1));
      }
    }
  }
  if (set.catch_all != kNoAnswer) {
    ElementState& rest = set.state(set.catch_all);
    if (!rest.expires() || !rest.has_expired(now())) {
      for (std::uint64_t left = keys.which & ~found; left != 0; left &= left - 1) {
        answers[lowest(left)] = set.catch_all;
        if (set.dynamic != nullptr) {
          set.dynamic->read_catch_all(data_[lowest(left)].data());
        }
      }
      found = keys.which;
    }
  }
  if (!evaluates || !set.has_statements) {
    return found;
  }
  std::uint64_t passed = 0;
  for (std::uint64_t left = found; left != 0; left &= left - 1) {
    const std::size_t i = lowest(left);
    passed |= std::uint64_t{passes(set.state(answers[i]), i)} << i;
  }
  return passed;
}

std::uint64_t Elements::find_dynamic(const DynamicSet& set, const Keys& keys,
                                     std::uint32_t* answers) {
  std::array<std::uint32_t, kLanes> hashes;
  KeyReader key{keys.words};
  key.hash(set, keys.which, hashes.data());
  std::uint64_t found = 0;
  for (std::uint64_t left = keys.which; left != 0; left &= left - 1) {
    const std::size_t i = lowest(left);
    answers[i] = set.find(key.at(i), hashes[i], now(), data_[i].data());
    found |= std::uint64_t{answers[i] != DynamicSet::kNone} << i;
  }
  return found;
}

nft::Interval Elements::data(const KeyCode& key, std::size_t index, unsigned part) const {
  const auto& widths = key.set->data_words;
  const std::size_t first = part == 0 ? 0U : widths[0];
  const nft::Value value = value_of(std::span{data_[index]}.subspan(first, widths.at(part)));
  return {value, value};
}

std::uint64_t Elements::update(const UpdateCode& update, std::uint64_t m) {
  std::array<const std::uint32_t*, kKeyWordsMax> columns;
  for (std::size_t i = 0; i < update.key.size(); ++i) {
    columns[i] = facts_.values(update.key[i]);
    m &= facts_.valid(update.key[i]);
  }
  for (const auto& word : update.data) {
    if (const auto* const column = std::get_if<ColumnIndex>(&word)) {
      static_cast<void>(facts_.values(*column));
      m &= facts_.valid(*column);
    }
  }
  std::array<std::uint32_t, kLanes> hashes;
  KeyReader key{std::span{columns}.first(update.key.size())};
  key.hash(*update.set->dynamic, m, hashes.data());
  std::uint64_t passed = 0;
  for (std::uint64_t left = m; left != 0; left &= left - 1) {
    const std::size_t i = lowest(left);
    passed |= std::uint64_t{update_one(update, key.at(i), hashes[i], i)} << i;
  }
  return passed;
}

bool Elements::update_one(const UpdateCode& update, DynamicSet::Words key, std::uint32_t hash,
                          std::size_t index) {
  DynamicSet& set = *update.set->dynamic;
  if (update.kind == nft::SetUpdate::Kind::kDelete) {
    if (!is_dry_) {
      set.remove(key, hash, now());
    }
    return true;
  }
  std::array<std::uint32_t, kDataWordsMax> data;
  std::uint32_t number = set.find(key, hash, now(), data.data());
  if (number == DynamicSet::kNone) {
    if (is_dry_) {
      return set.has_room() && passes_new(update.fresh, index);
    }
    for (std::size_t word = 0; word < update.data.size(); ++word) {
      const auto* const column = std::get_if<ColumnIndex>(&update.data[word]);
      data[word] = column != nullptr ? facts_.values(*column)[index]
                                     : std::get<std::uint32_t>(update.data[word]);
    }
    number = set.add(key, hash, moment(), update.fresh,
                     DynamicSet::Words{data.data(), update.data.size()});
    if (number == DynamicSet::kNone) {
      return false;
    }
  } else if (update.kind == nft::SetUpdate::Kind::kUpdate && !is_dry_) {
    // As in Linux, without a timeout an element that has one expires at once.
    if (ElementState& element = set.state(number); element.expires()) {
      element.expire_at(now() + update.fresh.lifetime);
    }
  }
  return !update.set->has_statements || passes(set.state(number), index);
}

// For explain(): an element that would be new.
bool Elements::passes_new(const NewElement& fresh, std::size_t index) {
  ElementState element;
  element.form = fresh.form;
  code_.forms.begin(fresh.form, element.words, now());
  return passes(element, index);
}

// Linux's nft_set_elem_update_expr.
bool Elements::passes(ElementState& element, std::size_t index) {
  const auto& statements = code_.forms.all[element.form_number()].statements;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const auto words = std::span{element.words}.subspan(2 * i).first<2>();
    if (!std::visit([&](const auto& each) { return passes(each, words, index); }, statements[i])) {
      return false;
    }
  }
  return true;
}

template <class Statement>
bool Elements::passes(const Statement& statement, std::span<std::uint64_t, 2> words,
                      std::size_t index) {
  const std::uint32_t length = facts_.lengths()[index];
  const std::atomic_ref first{words[0]};
  if constexpr (std::is_same_v<Statement, nft::Counter>) {
    if (!is_dry_) {
      first.fetch_add(1, std::memory_order_relaxed);
      std::atomic_ref{words[1]}.fetch_add(length, std::memory_order_relaxed);
    }
    return true;
  } else if constexpr (std::is_same_v<Statement, LimitRate>) {
    return is_dry_ ? statement.would_pass(first.load(std::memory_order_relaxed), length, now())
                   : statement.passes(first, length, now());
  } else if constexpr (std::is_same_v<Statement, nft::Quota>) {
    const std::uint64_t used = (is_dry_ ? first.load(std::memory_order_relaxed)
                                        : first.fetch_add(length, std::memory_order_relaxed)) +
                               length;
    return quota_passes(used, statement.bytes, statement.over);
  } else {
    return passes_count(statement, words, index);
  }
}

// Linux's nft_connlimit_do_eval. If there is no room for another connection, it is as if there were
// too many.
bool Elements::passes_count(const nft::ConnectionCount& count, std::span<std::uint64_t, 2> list,
                            std::size_t index) {
  std::uint32_t there = 0;
  if (is_dry_ || run_.tracker == nullptr) {
    there = ConnectionCounts::size_of(list) + 1;
  } else {
    const Connection* const connection = run_.tracker->connection_of(*run_.burst.packets[index]);
    there = code_.forms.counts->add(list, run_.tracker->connections(), connection, count.most);
  }
  return (there > count.most) == count.over;
}

std::uint64_t Elements::count(ConnectionCountCode& code, std::uint64_t m) {
  std::uint64_t passed = 0;
  for (; m != 0; m &= m - 1) {
    const std::size_t i = lowest(m);
    passed |= std::uint64_t{passes_count(code.count, code.list, i)} << i;
  }
  return passed;
}

}  // namespace ringroad::filter
