// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the ways of bulk lookup share. No templates and nothing inline: one file of them is compiled
// for processors that others are not.
#include <cstddef>
#include <cstdint>

#include "fib/bulk_lookup.hpp"

namespace ringroad::fib::bulk {

// As many misses as a core keeps in flight, and more.
inline constexpr unsigned kBlock = 32;

// What two levels of a block of kBlock lookups could not answer as narrow blocks without an escape.
// Nothing of what they read is used: blocks may have changed since. An answer that looks like the
// escape may be the default route's, which is no harm. `wide`: some lane's block is wide.
void finish(const std::byte* arena, std::uint32_t default_route, const std::uint32_t* keys,
            bool wide, std::uint32_t* answers);
// The lanes whose answer is the word of a block yet, from the blocks of that depth down.
void finish(const std::byte* arena, std::uint32_t default_route, const Ipv6* keys, unsigned depth,
            std::uint32_t* answers);
// Fewer than kBlock lookups.
void scalar_rest(const std::byte* arena, const DefaultRoute& default_route,
                 const std::uint32_t* keys, std::size_t count, std::uint32_t* answers);
void scalar_rest(const std::byte* arena, const DefaultRoute& default_route, const Ipv6* keys,
                 std::size_t count, std::uint32_t* answers);

// The processor must have AVX-512 F, BW, VL, DQ and VPOPCNTDQ.
BulkLookup<Ipv4> avx512_ipv4;
BulkLookup<Ipv6> avx512_ipv6;

}  // namespace ringroad::fib::bulk
