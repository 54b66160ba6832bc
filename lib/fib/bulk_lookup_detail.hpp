// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Declarations shared by the versions of bulk lookup. There are no templates and no inline
// functions: one source file is compiled for processors with other instructions than the rest.
#include <cstddef>
#include <cstdint>

#include "fib/bulk_lookup.hpp"

namespace ringroad::fib::bulk {

// More than the number of cache misses that a core keeps in flight.
inline constexpr unsigned kBlock = 32;

// Completes the lookups of kBlock keys that the first two levels could not answer as narrow blocks
// without escapes. Nothing that was read before is used, because blocks may have changed since. An
// answer that equals the escape may also be the default route's; it is looked up again without
// harm. `wide`: the block of some lane is wide.
void finish(const std::byte* arena, std::uint32_t default_route, const std::uint32_t* keys,
            bool wide, std::uint32_t* answers);
// Continues those of `lanes` lanes, at most kBlock, whose answer is still the word of a block, from
// blocks of that depth downward.
void finish(const std::byte* arena, std::uint32_t default_route, const Ipv6* keys, unsigned lanes,
            unsigned depth, std::uint32_t* answers);
// Looks up fewer than kBlock keys.
void scalar_rest(const std::byte* arena, const DefaultRoute& default_route,
                 const std::uint32_t* keys, std::size_t count, std::uint32_t* answers);
void scalar_rest(const std::byte* arena, const DefaultRoute& default_route, const Ipv6* keys,
                 std::size_t count, std::uint32_t* answers);

// The processor must have AVX-512 F, BW, VL, DQ and VPOPCNTDQ.
BulkLookup4 avx512_ipv4;
BulkLookup6 avx512_ipv6;

}  // namespace ringroad::fib::bulk
