// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The kernels for processors with AVX-512: sixteen packets at a time.
#include "filter/kernels.hpp"

namespace ringroad::filter::avx512 {

std::uint64_t test(const std::uint32_t* column, std::size_t count, const Test& test);
std::uint64_t any(const std::uint32_t* column, std::size_t count, std::span<const Test> tests);
std::uint64_t sum(const std::uint32_t* column, std::uint64_t which);
void rank(const Boundaries& boundaries, const std::uint32_t* column, std::size_t count,
          std::uint32_t* ranks);
std::uint32_t intersect(std::span<const std::uint64_t* const> rows, std::uint64_t* words);

}  // namespace ringroad::filter::avx512
