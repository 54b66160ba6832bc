// SPDX-License-Identifier: BSD-3-Clause
#include "filter/element.hpp"

namespace ringroad::filter {

void ElementForms::begin(std::uint32_t form, std::span<std::uint64_t> words,
                         Nanoseconds now) const {
  const auto& statements = all[form].statements;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    if (const auto* const counter = std::get_if<nft::Counter>(&statements[i])) {
      first = counter->packets;
      second = counter->bytes;
    } else if (const auto* const rate = std::get_if<LimitRate>(&statements[i])) {
      first = rate->full_at(now);
    } else if (const auto* const quota = std::get_if<nft::Quota>(&statements[i])) {
      first = quota->used;
    }
    std::atomic_ref{words[2 * i]}.store(first, std::memory_order_relaxed);
    std::atomic_ref{words[2 * i + 1]}.store(second, std::memory_order_relaxed);
  }
}

void ElementForms::end(std::uint32_t form, std::span<std::uint64_t> words) const {
  const auto& statements = all[form].statements;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (std::holds_alternative<nft::ConnectionCount>(statements[i])) {
      counts->clear(words.subspan(2 * i).first<2>());
    }
  }
}

}  // namespace ringroad::filter
