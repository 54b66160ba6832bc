// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// An array that grows in place: address space for the largest size is reserved once, and memory is
// allocated as the array grows. Elements never move, so readers may index the array while the
// writer grows it.
#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace ringroad::fib {

// New elements are zero. No element is constructed or destroyed, so zeros must be a value of the
// type.
template <class T>
class ReservedArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  // Throws std::bad_alloc, as grow() does.
  explicit ReservedArray(std::size_t max_elements)
      : bytes_{round_up(max_elements * sizeof(T)) + kStep},
        mapping_{::mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                        0)} {
    if (mapping_ == MAP_FAILED) {
      throw std::bad_alloc{};
    }
    void* aligned = mapping_;
    std::size_t space = bytes_;
    first_ = static_cast<T*>(std::align(kStep, bytes_ - kStep, aligned, space));
  }
  ~ReservedArray() { ::munmap(mapping_, bytes_); }
  ReservedArray(const ReservedArray&) = delete;
  ReservedArray& operator=(const ReservedArray&) = delete;

  // Makes the first `elements` elements usable; the maximum is that of the constructor.
  void grow(std::size_t elements) {
    const std::size_t wanted = round_up(elements * sizeof(T));
    if (wanted <= usable_) {
      return;
    }
    auto* const begin = reinterpret_cast<std::byte*>(first_) + usable_;
    if (::mprotect(begin, wanted - usable_, PROT_READ | PROT_WRITE) != 0) {
      throw std::bad_alloc{};
    }
    // Lookups hit random places of the array, and 4 KiB pages would cause TLB misses. This is only
    // a hint.
    ::madvise(begin, wanted - usable_, MADV_HUGEPAGE);
    usable_ = wanted;
  }

  [[nodiscard]] T* data() const { return first_; }
  [[nodiscard]] T& operator[](std::size_t index) const { return first_[index]; }

 private:
  static constexpr std::size_t kStep = std::size_t{2} << 20;  // a huge page of x86-64
  static constexpr std::size_t round_up(std::size_t bytes) {
    return (bytes + kStep - 1) / kStep * kStep;
  }

  std::size_t bytes_;
  void* mapping_;
  T* first_ = nullptr;
  std::size_t usable_ = 0;
};

}  // namespace ringroad::fib
