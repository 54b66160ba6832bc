// SPDX-License-Identifier: BSD-3-Clause
// Statements that translate flows.
#include <fmt/format.h>

#include "nft/print_rule.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {
namespace {

std::string map_text(const Table& table, const MapLookup& lookup) {
  return fmt::format("{} map {}", print_left(lookup.key), print_set(table, lookup.map));
}

std::string address_text(const Nat& nat, const Interval& address, bool port_follows) {
  const bool is6 = nat.family == FamilyNeed::kIp6;
  const KeyPart part{is6 ? Type::kIpv6 : Type::kIpv4, static_cast<std::uint16_t>(is6 ? 128 : 32)};
  std::string text = print_key({address}, {&part, 1});
  if (nat.is_prefix && address.is_single()) {
    text += fmt::format("/{}", part.width);
  }
  if (!is6 || !port_follows || text.find('/') != std::string::npos) {
    return text;
  }
  const std::string first = fmt::format("[{}]", print_value(part.type, address.first));
  return address.is_single() ? first
                             : fmt::format("{}-[{}]", first, print_value(part.type, address.last));
}

std::string target_text(const Table& table, const Nat& nat) {
  std::string text;
  const bool has_port = nat.ports || nat.map_gives_port;
  if (nat.address) {
    text = address_text(nat, *nat.address, has_port);
  } else if (nat.map && !nat.map_gives_port) {
    text = map_text(table, *nat.map);
  }
  if (nat.ports) {
    constexpr KeyPart kPort{Type::kPort, 16};
    text += fmt::format(":{}", print_key({*nat.ports}, {&kPort, 1}));
  } else if (nat.map && nat.map_gives_port) {
    text += fmt::format(":{}", map_text(table, *nat.map));
  }
  return text;
}

// nft names the family in tables of both, and where a map's data are more than an address.
bool names_family(const Table& table, const Nat& nat) {
  const bool has_address = nat.address || (nat.map && !nat.map_gives_port);
  if (!has_address || table.family == Family::kInet || !nat.map || nat.map_gives_port) {
    return has_address && table.family == Family::kInet;
  }
  return nat.map_has_port || nat.is_prefix || table.sets[nat.map->map].data_interval;
}

}  // namespace

std::string print_nat(const Table& table, const Nat& nat) {
  std::string text{kNats.at(static_cast<std::size_t>(nat.kind))};
  if (const std::string target = target_text(table, nat); !target.empty()) {
    if (names_family(table, nat)) {
      text += nat.family == FamilyNeed::kIp6 ? " ip6" : " ip";
    }
    text += fmt::format("{} to {}", nat.is_prefix ? " prefix" : "", target);
  }
  std::string flags;
  const auto flag = [&](bool is_set, std::string_view name) {
    if (is_set) {
      flags += fmt::format("{}{}", flags.empty() ? " " : ",", name);
    }
  };
  flag(nat.random, "random");
  flag(nat.fully_random, "fully-random");
  flag(nat.persistent, "persistent");
  return text + flags;
}

}  // namespace ringroad::nft
