// SPDX-License-Identifier: BSD-3-Clause
#include "base/ipv6.hpp"

#include <arpa/inet.h>

#include <array>
#include <bit>
#include <cstring>

namespace ringroad {
namespace {

constexpr std::uint64_t big_endian(std::uint64_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

}  // namespace

std::optional<Ipv6> Ipv6::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.contains('\0')) {
    return std::nullopt;
  }
  text.copy(terminated.data(), text.size());
  std::array<std::uint64_t, 2> wire{};
  if (::inet_pton(AF_INET6, terminated.data(), wire.data()) != 1) {
    return std::nullopt;
  }
  return Ipv6{big_endian(wire[0]), big_endian(wire[1])};
}

std::string Ipv6::to_string() const {
  const std::array wire{big_endian(high_), big_endian(low_)};
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(AF_INET6, wire.data(), text.data(), text.size());
}

}  // namespace ringroad
