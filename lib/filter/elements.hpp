// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Evaluates sets that change: what is in them now, the statements of their elements, and what rules
// write to them. For one burst at one hook point.
#include <array>
#include <cstdint>
#include <optional>

#include "filter/evaluate.hpp"

namespace ringroad::filter {

class Elements {
 public:
  // `is_dry`: nothing changes.
  Elements(const Code& code, ThreadState& state, const Run& run, bool is_dry)
      : code_{code}, facts_{state.facts}, run_{run}, is_dry_{is_dry} {}

  // Read once, if a rule asks.
  [[nodiscard]] Nanoseconds now() {
    if (!now_) {
      now_ = run_.clock.now();
    }
    return *now_;
  }

  // Linux's nft_lookup_eval for the set of this key: the packets whose key there is, or for which
  // there is an element for everything else. `evaluates`: the statements of elements too.
  std::uint64_t find(const KeyCode& key, const Keys& keys, std::uint32_t* answers, bool evaluates);
  // What a map that find() has asked says of a packet.
  [[nodiscard]] nft::Interval data(const KeyCode& key, std::size_t index, unsigned part) const;

  // Linux's nft_dynset_eval and nft_connlimit_eval. They return the packets for which the rule goes
  // on.
  std::uint64_t update(const UpdateCode& update, std::uint64_t m);
  std::uint64_t count(ConnectionCountCode& code, std::uint64_t m);

 private:
  std::uint64_t find_dynamic(const DynamicSet& set, const Keys& keys, std::uint32_t* answers);
  // Whether the statements of an element let the packet go on.
  bool passes(ElementState& element, std::size_t index);
  template <class Statement>
  bool passes(const Statement& statement, std::span<std::uint64_t, 2> words, std::size_t index);
  bool passes_count(const nft::ConnectionCount& count, std::span<std::uint64_t, 2> list,
                    std::size_t index);
  bool update_one(const UpdateCode& update, DynamicSet::Words key, std::uint32_t hash,
                  std::size_t index);
  bool passes_new(const NewElement& fresh, std::size_t index);
  [[nodiscard]] Moment moment() {
    return {now(), run_.tracker != nullptr && code_.forms.counts != nullptr
                       ? &run_.tracker->connections()
                       : nullptr};
  }

  const Code& code_;
  Facts& facts_;
  const Run& run_;
  bool is_dry_;
  std::optional<Nanoseconds> now_{};
  std::array<std::array<std::uint32_t, kDataWordsMax>, kLanes> data_;  // of the last find()
};

}  // namespace ringroad::filter
