// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What is known about the packets of one burst at one hook point: the columns that rules have asked
// for so far. Each thread has its own for each program.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/own_lines.hpp"
#include "filter/column.hpp"
#include "filter/kernels.hpp"
#include "filter/tracker.hpp"
#include "filter/transport.hpp"
#include "packet/burst.hpp"
#include "packet/hooks.hpp"

namespace ringroad {
struct Tables;
}

namespace ringroad::filter {

class Facts {
 public:
  explicit Facts(std::span<const Column> columns)
      : columns_{columns},
        values_(columns.size()),
        valid_(columns.size()),
        filled_(columns.size()) {}

  // Begins with another burst. It must stay as it is until the last call. `tracker`: null if
  // connections are not tracked. `tables`: those of the routes; null if there are none.
  void begin(HookPoint point, const Burst& burst, Tracker* tracker = nullptr,
             const Tables* tables = nullptr);
  [[nodiscard]] const Burst& burst() const { return *burst_; }
  // The number of the interface by which the packets arrived plus 1; 0: none.
  [[nodiscard]] std::uint32_t ingress() const {
    return is_own() ? 0 : std::uint32_t{burst_->ingress.value()} + 1;
  }

  // 64 numbers, of which the first burst().count are the packets'. ~2 cycles a packet when a rule
  // asks for the first time.
  [[nodiscard]] const std::uint32_t* values(ColumnIndex column) {
    if (filled_[column] != run_) {
      fill(column);
    }
    return values_[column].data();
  }
  // A bit for each packet that has the field: a rule that reads it does not match the others,
  // whatever it compares (Linux's NFT_BREAK). After values().
  [[nodiscard]] std::uint64_t valid(ColumnIndex column) const { return valid_[column]; }

  // The lengths of the IP packets.
  [[nodiscard]] const std::uint32_t* lengths() {
    if (!has_lengths_) {
      fill_lengths();
    }
    return lengths_.data();
  }
  // A number that a rule has made for a packet. It stays until the next one.
  void store(ColumnIndex column, std::size_t index, std::uint32_t number) {
    values_[column][index] = columns_[column].number(number);
  }
  // Where a packet's transport header is.
  [[nodiscard]] Transport transport(std::size_t index) {
    locate();
    return {.has_protocol = (has_protocol_ >> index & 1U) != 0,
            .has_header = (has_transport_ >> index & 1U) != 0,
            .protocol = static_cast<std::uint8_t>(protocols_[index]),
            .offset = transport_[index]};
  }

  // A packet was changed: the columns are read again. Where its headers are is not (Linux's
  // nft_pktinfo), until relocate().
  void forget();
  void relocate() { is_located_ = false; }
  // The priority that a rule gave to a packet.
  void set_priority(std::size_t index, std::uint8_t priority) {
    priorities_[index] = priority;
    prioritized_ |= std::uint64_t{1} << index;
    forget();
  }

 private:
  using Values = std::array<std::uint32_t, kLanes>;

  [[nodiscard]] bool is_own() const {
    return point_ == HookPoint::kOutput || (point_ == HookPoint::kPostRouting && burst_->is_own);
  }
  void fill(ColumnIndex index);
  void fill_lengths();
  void locate();
  template <class Load>
  void load_all(ColumnIndex index, Load&& load) {
    const Column column = columns_[index];
    Values& values = values_[index];
    for (std::size_t i = 0; i < burst_->count; ++i) {
      values[i] = column.number(load(i));
    }
  }
  // Likewise, with nothing for packets that do not have the field.
  template <class Load>
  void load_some(ColumnIndex index, Load&& load) {
    std::uint64_t valid = 0;
    load_all(index, [&](std::size_t i) {
      const std::optional<std::uint32_t> number = load(i);
      valid |= std::uint64_t{number.has_value()} << i;
      return number.value_or(0);
    });
    valid_[index] = valid;
  }
  void load_transport(ColumnIndex index);
  void load_connection(ColumnIndex index);
  // far_facts.cpp: what lies behind the fixed headers, and in options
  [[nodiscard]] std::optional<std::uint32_t> load_link(std::size_t index,
                                                       std::uint32_t start) const;
  void load_far(ColumnIndex index);
  [[nodiscard]] std::optional<std::uint32_t> load_option(const Column& column, std::size_t index);
  // route_facts.cpp
  void load_fib(ColumnIndex index);
  void load_route_mtu(ColumnIndex index);

  std::span<const Column> columns_;
  HookPoint point_{};
  const Burst* burst_ = nullptr;
  Tracker* tracker_ = nullptr;
  const Tables* tables_ = nullptr;
  std::uint32_t run_ = 0;  // a column is filled if its number is this one
  bool has_lengths_ = false;
  bool is_located_ = false;
  std::uint64_t has_transport_ = 0;
  std::uint64_t has_protocol_ = 0;
  std::uint64_t prioritized_ = 0;
  alignas(64) Values lengths_{};
  alignas(64) Values transport_{};
  alignas(64) Values protocols_{};
  std::array<std::uint8_t, kLanes> priorities_{};
  OwnLinesVector<Values> values_;
  std::vector<std::uint64_t> valid_;
  std::vector<std::uint32_t> filled_;
};

}  // namespace ringroad::filter
