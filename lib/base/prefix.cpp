// SPDX-License-Identifier: BSD-3-Clause
#include "base/prefix.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"

namespace ringroad {

template <class Address>
std::optional<AddressAndLength<Address>> AddressAndLength<Address>::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto address = Address::parse(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), length);
  if (!address || error != std::errc{} || end != digits.end() || length > Address::kBits ||
      (digits.size() > 1 && digits.front() == '0')) {
    return std::nullopt;
  }
  return AddressAndLength{*address, static_cast<std::uint8_t>(length)};
}

template <class Address>
std::optional<Prefix<Address>> Prefix<Address>::parse(std::string_view text) {
  if (text == "default") {
    return Prefix{};
  }
  if (const auto host = Address::parse(text)) {
    return Prefix{*host, Address::kBits};
  }
  const auto parsed = AddressAndLength<Address>::parse(text);
  if (!parsed) {
    return std::nullopt;
  }
  const Prefix prefix{parsed->address, parsed->length};
  return prefix.address() == parsed->address ? std::optional{prefix} : std::nullopt;
}

template <class Address>
std::string Prefix<Address>::to_string() const {
  if (length_ == 0) {
    return "default";
  }
  return length_ == Address::kBits ? address_.to_string()
                                   : fmt::format("{}/{}", address_.to_string(), length_);
}

template <class Address>
std::optional<InterfaceAddress<Address>> InterfaceAddress<Address>::parse(std::string_view text) {
  constexpr std::string_view kPeer = " peer ";
  const auto peer = text.find(kPeer);
  if (peer == std::string_view::npos) {
    const auto parsed = AddressAndLength<Address>::parse(text);
    return parsed ? std::optional{InterfaceAddress{parsed->address, parsed->length}} : std::nullopt;
  }
  const auto own = Address::parse(text.substr(0, peer));
  const std::string_view other = text.substr(peer + kPeer.size());
  auto parsed = AddressAndLength<Address>::parse(other);
  if (const auto host = Address::parse(other)) {
    parsed = {.address = *host, .length = Address::kBits};
  }
  if (!own || !parsed) {
    return std::nullopt;
  }
  InterfaceAddress address{*own, parsed->length};
  if (parsed->address != *own) {
    address.peer = parsed->address;
  }
  return address;
}

template <class Address>
std::string InterfaceAddress<Address>::to_string() const {
  return peer ? fmt::format("{} peer {}/{}", address.to_string(), peer->to_string(), length)
              : fmt::format("{}/{}", address.to_string(), length);
}

template class Prefix<Ipv4>;
template class Prefix<Ipv6>;
template struct AddressAndLength<Ipv4>;
template struct AddressAndLength<Ipv6>;
template struct InterfaceAddress<Ipv4>;
template struct InterfaceAddress<Ipv6>;

}  // namespace ringroad
