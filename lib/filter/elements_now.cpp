// SPDX-License-Identifier: BSD-3-Clause
// What is in the sets that change, for the listing.
#include <algorithm>

#include "filter/program.hpp"

namespace ringroad::filter {
namespace {

std::uint64_t read(const std::uint64_t& word) {
  return std::atomic_ref{const_cast<std::uint64_t&>(word)}.load(std::memory_order_relaxed);
}

nft::ElementStatements statements_now(const ElementForm& form, const ElementState& state) {
  nft::ElementStatements statements = *form.source;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const std::uint64_t first = read(state.words.at(2 * i));
    if (auto* const counter = std::get_if<nft::Counter>(&statements[i])) {
      counter->packets = first;
      counter->bytes = read(state.words.at(2 * i + 1));
    } else if (auto* const quota = std::get_if<nft::Quota>(&statements[i])) {
      quota->used = first;
    }
  }
  return statements;
}

class Reader {
 public:
  Reader(const Code& code, const SetCode& set, const InterfaceNames& names, Nanoseconds now)
      : code_{code}, set_{set}, names_{names}, now_{now} {}

  // Nothing if it has expired.
  std::optional<nft::Element> element(ElementState& state) const {
    const std::uint64_t deadline = read(state.deadline);
    if (state.has_expired(now_)) {
      return std::nullopt;
    }
    const ElementForm& form = code_.forms.all[state.form_number()];
    nft::Element element;
    if (form.element != nullptr) {
      element = *form.element;
    }
    element.expires.reset();
    if (deadline != ElementState::kNever) {
      element.expires = Nanoseconds{static_cast<Nanoseconds::rep>(deadline)} - now_;
    }
    element.timeout.reset();
    if (form.timeout != Nanoseconds{0} && form.timeout != set_.set->timeout) {
      element.timeout = form.timeout;
    }
    element.statements = statements_now(form, state);
    return element;
  }
  [[nodiscard]] nft::Key key(DynamicSet::Words words) const {
    nft::Key key;
    for (const nft::KeyPart& part : set_.set->key) {
      const auto [is_interface, count] = words_of_part(part);
      const nft::Value value = is_interface ? name_of(words.front()) : value_of(words.first(count));
      key.push_back({value, value});
      words = words.subspan(count);
    }
    return key;
  }
  void read_data(nft::Element& element, DynamicSet::Words words) const {
    const auto& parts = set_.set->data;
    nft::Key key;
    for (const nft::KeyPart& part : parts) {
      const unsigned count = words_of_part(part).words;
      const nft::Value value = value_of(words.first(count));
      key.push_back({value, value});
      words = words.subspan(count);
    }
    if (key.size() == 1) {
      element.data = key[0].first;
    } else if (!key.empty()) {
      element.data = std::move(key);
    }
  }

 private:
  [[nodiscard]] nft::Value name_of(std::uint32_t number) const {
    for (const auto& [name, id] : names_) {
      if (std::uint32_t{id.value()} + 1 == number) {
        return nft::name_value(name);
      }
    }
    return {};
  }

  const Code& code_;
  const SetCode& set_;
  const InterfaceNames& names_;
  Nanoseconds now_;
};

}  // namespace

std::optional<std::vector<nft::Element>> Program::elements(const nft::Set& set,
                                                           Nanoseconds now) const {
  const auto found =
      std::ranges::find(code_->sets, &set, [](const auto& code) { return code->set; });
  if (found == code_->sets.end()) {
    return std::nullopt;
  }
  const SetCode& code = **found;
  const Reader reader{*code_, code, names_, now};
  std::vector<nft::Element> elements;
  const auto add = [&](ElementState& state) {
    auto element = reader.element(state);
    if (element) {
      elements.push_back(std::move(*element));
    }
    return element.has_value();
  };
  if (code.dynamic == nullptr) {
    for (ElementState& state : *code.states) {
      add(state);
    }
    return elements;
  }
  code.dynamic->visit(now,
                      [&](std::uint32_t number, DynamicSet::Words key, DynamicSet::Words data) {
                        if (add(code.dynamic->state(number))) {
                          elements.back().key = reader.key(key);
                          reader.read_data(elements.back(), data);
                        }
                      });
  for (const nft::Element* const element : code.absent) {
    elements.push_back(*element);
  }
  if (code.catch_all != kNoAnswer) {
    add(code.dynamic->state(code.catch_all));
  }
  std::ranges::stable_sort(elements, nft::comes_before);
  return elements;
}

}  // namespace ringroad::filter
