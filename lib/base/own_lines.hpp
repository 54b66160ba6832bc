// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Arrays that share no cache line with anything else, so that one worker's writes cost the others
// nothing (false sharing).
#include <cstddef>
#include <new>
#include <vector>

namespace ringroad {

inline constexpr std::size_t kCacheLine = 64;

template <class T>
struct OwnLines {
  using value_type = T;

  OwnLines() = default;
  template <class U>
  OwnLines(const OwnLines<U>& /*other*/) {}  // NOLINT(google-explicit-constructor): an allocator's

  [[nodiscard]] T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(whole_lines(count), kAlignment));
  }
  void deallocate(T* array, std::size_t count) {
    ::operator delete(static_cast<void*>(array), whole_lines(count), kAlignment);
  }
  friend bool operator==(const OwnLines& /*one*/, const OwnLines& /*other*/) { return true; }

 private:
  static_assert(alignof(T) <= kCacheLine);
  static constexpr std::align_val_t kAlignment{kCacheLine};
  static constexpr std::size_t whole_lines(std::size_t count) {
    // Of pointers too: NOLINTNEXTLINE(bugprone-sizeof-expression)
    return (count * sizeof(T) + kCacheLine - 1) / kCacheLine * kCacheLine;
  }
};

template <class T>
using OwnLinesVector = std::vector<T, OwnLines<T>>;

}  // namespace ringroad
