// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/options.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "packet/read.hpp"

namespace ringroad::ip6 {
namespace {

using Result = CheckedOptions::Result;
using Octets = std::span<const std::uint8_t>;

constexpr std::uint8_t kPad1 = 0;
constexpr std::uint8_t kPadN = 1;
constexpr std::uint8_t kRouterAlert = 0x05;
constexpr std::uint8_t kJumbo = 0xc2;  // RFC 2675 2
// More padding is not needed for any alignment (RFC 4942 2.1.9.5).
constexpr std::uint32_t kPaddingMax = 7;
constexpr std::size_t kHeaderMax = 256UL * 8;

// The result of one option, without what all have in common.
struct Verdict {
  Result result = Result::kGood;
  std::uint8_t code = 0;
  std::uint32_t pointer = 0;
};

// RFC 8200 4.2: the two highest bits say what to do with an option that is not known.
Verdict unknown_option(Packet& packet, std::uint8_t type, std::uint32_t pointer) {
  constexpr unsigned kActionBit = 6;
  switch (type >> kActionBit) {
    case 0:
      return {};
    case 1:
      return {.result = Result::kDrop};
    case 3:
      if (destination6_of(packet).is_multicast()) {
        return {.result = Result::kDrop};
      }
      break;
    default:
      break;
  }
  return {.result = Result::kProblem, .code = kUnknownOption, .pointer = pointer};
}

// Packets that need the option, above 65535 octets, do not exist here: it is an error in all others
// (RFC 2675 3, Linux's ipv6_hop_jumbo).
Verdict jumbo_payload(Packet& packet, Octets option, std::uint32_t pointer) {
  constexpr std::size_t kBytes = 6;
  constexpr std::uint32_t kAlignment = 4;
  if (option.size() != kBytes || pointer % kAlignment != 2) {
    return {.result = Result::kDrop};
  }
  if (option[2] == 0 && option[3] == 0) {
    return {.result = Result::kProblem, .code = kErroneousField, .pointer = pointer + 2};
  }
  if (ipv6(packet).payload_len != 0) {
    return {.result = Result::kProblem, .code = kErroneousField, .pointer = pointer};
  }
  return {.result = Result::kDrop};
}

Verdict check_option(Packet& packet, OptionsKind kind, Octets option, std::uint32_t pointer) {
  if (kind == OptionsKind::kHopByHop && option[0] == kJumbo) {
    return jumbo_payload(packet, option, pointer);
  }
  if (kind == OptionsKind::kHopByHop && option[0] == kRouterAlert) {
    constexpr std::size_t kBytes = 4;
    return {.result = option.size() == kBytes ? Result::kGood : Result::kDrop};
  }
  return unknown_option(packet, option[0], pointer);
}

// Returns the first option of `rest`; nothing if it is not complete.
Octets first_option(Octets rest) {
  if (rest[0] == kPad1) {
    return rest.first(1);
  }
  return rest.size() < 2 || rest[1] + 2UL > rest.size() ? Octets{} : rest.first(rest[1] + 2UL);
}

// Other octets than zeros would be a covert channel (RFC 4942 2.1.9.5).
bool is_blank(Octets padding) {
  return padding.size() <= 2 ||
         std::ranges::all_of(padding.subspan(2), [](std::uint8_t octet) { return octet == 0; });
}

// `pointer`: of the header.
void check_all(Packet& packet, OptionsKind kind, Octets header, std::uint32_t pointer,
               CheckedOptions& checked) {
  std::size_t padding = 0;
  unsigned count = 0;
  for (std::size_t at = 2; at < header.size();) {
    const Octets option = first_option(header.subspan(at));
    if (option.empty()) {
      checked.result = Result::kDrop;
      return;
    }
    if (option[0] == kPad1 || option[0] == kPadN) {
      padding += option.size();
      checked.result = padding > kPaddingMax || !is_blank(option) ? Result::kDrop : Result::kGood;
    } else {
      padding = 0;
      const auto place = static_cast<std::uint32_t>(pointer + at);
      const Verdict verdict = ++count > kOptionsMax ? Verdict{.result = Result::kDrop}
                                                    : check_option(packet, kind, option, place);
      checked.result = verdict.result;
      checked.code = verdict.code;
      checked.pointer = verdict.pointer;
      if (kind == OptionsKind::kHopByHop && option[0] == kRouterAlert) {
        checked.router_alert =
            option.size() < 4 ? 0 : static_cast<std::uint16_t>(option[2] << 8U | option[3]);
      }
    }
    if (checked.result != Result::kGood) {
      return;
    }
    at += option.size();
  }
}

}  // namespace

CheckedOptions check_options(Packet& packet, std::uint32_t offset, OptionsKind kind) {
  CheckedOptions checked;
  std::array<std::uint8_t, kHeaderMax> octets;  // NOLINT(*-member-init): only what is read is used
  if (!read_bytes(packet, offset, std::span{octets}.first(2))) {
    return {.result = Result::kDrop};
  }
  checked.next_header = octets[0];
  checked.length = static_cast<std::uint16_t>((octets[1] + 1) * 8);
  const std::span header = std::span{octets}.first(checked.length);
  if (!read_bytes(packet, offset, header)) {
    checked.result = Result::kDrop;
    return checked;
  }
  check_all(packet, kind, header, offset - kL2Bytes, checked);
  return checked;
}

CheckedOptions check_hop_by_hop(Packet& packet) {
  return ipv6(packet).proto == IPPROTO_HOPOPTS
             ? check_options(packet, kFixedHeaderEnd, OptionsKind::kHopByHop)
             : CheckedOptions{};
}

}  // namespace ringroad::ip6
