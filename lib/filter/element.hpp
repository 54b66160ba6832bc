// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// An element of a set that changes: until when it is there, and what its statements have counted.
// Threads share both, because they belong to the element.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "base/units.hpp"
#include "filter/boxes.hpp"
#include "filter/connection_counts.hpp"
#include "filter/limit.hpp"
#include "nft/model.hpp"

namespace ringroad::filter {

inline constexpr unsigned kDataWordsMax = 5;  // of a map: an address of IPv6 and a port

// 48 octets. In the memory of a DynamicSet it is never constructed: zeros are a value.
struct ElementState {
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  std::uint32_t next = 0;  // of a DynamicSet: in the chain
  std::uint32_t form = 0;
  std::uint64_t deadline = kNever;                                    // ns
  std::array<std::uint64_t, 2 * nft::kElementStatementsMax> words{};  // two for each statement

  [[nodiscard]] std::uint32_t form_number() {
    return std::atomic_ref{form}.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool has_expired(Nanoseconds now) {
    return std::atomic_ref{deadline}.load(std::memory_order_relaxed) <=
           static_cast<std::uint64_t>(now.count());
  }
  [[nodiscard]] bool expires() {
    return std::atomic_ref{deadline}.load(std::memory_order_relaxed) != kNever;
  }
  void expire_at(Nanoseconds when) {
    std::atomic_ref{deadline}.store(static_cast<std::uint64_t>(when.count()),
                                    std::memory_order_relaxed);
  }
};
static_assert(sizeof(ElementState) == 48);

// What elements are made of: of a rule that adds them, or of one that a set was declared with.
struct ElementForm {
  Nanoseconds timeout{};  // 0: it stays
  std::vector<std::variant<nft::Counter, LimitRate, nft::Quota, nft::ConnectionCount>> statements;
  const nft::ElementStatements* source = nullptr;  // for the listing
  const nft::Element* element = nullptr;           // that the ruleset has
};

// All forms of a program.
struct ElementForms {
  std::vector<ElementForm> all;
  std::unique_ptr<ConnectionCounts> counts;  // null: no rule counts connections

  // The words of an element that was not found before.
  void begin(std::uint32_t form, std::span<std::uint64_t> words, Nanoseconds now) const;
  // The element is gone.
  void end(std::uint32_t form, std::span<std::uint64_t> words) const;
};

// When something is done; and the worker's connections, of a set that counts some.
struct Moment {
  Nanoseconds now;
  Connections* connections = nullptr;
};

struct NewElement {
  std::uint32_t form = 0;
  Nanoseconds lifetime{};  // 0: it stays
};

}  // namespace ringroad::filter
