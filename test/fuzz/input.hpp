// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A fuzzer's bytes, read from the front; zeros follow the last.
#include <cstdint>
#include <span>

namespace ringroad::test {

class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : left_{bytes} {}

  [[nodiscard]] bool empty() const { return left_.empty(); }
  std::uint8_t byte() {
    if (left_.empty()) {
      return 0;
    }
    const std::uint8_t first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }
  std::uint16_t half_word() {
    const std::uint16_t high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }
  std::uint32_t word() {
    const std::uint32_t high = half_word();
    return high << 16 | half_word();
  }
  // As many as there are, at most.
  std::span<const std::uint8_t> bytes(std::size_t count) {
    const auto taken = left_.first(count < left_.size() ? count : left_.size());
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const std::uint8_t> left_;
};

}  // namespace ringroad::test
