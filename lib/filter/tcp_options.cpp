// SPDX-License-Identifier: BSD-3-Clause
#include "filter/tcp_options.hpp"

#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "filter/tcp_sequence.hpp"

namespace ringroad::filter {
namespace {

constexpr std::size_t kOptionHeader = 2;  // octets: kind and length
constexpr std::size_t kSackBlock = 8;     // octets: left edge and right edge

struct Option {
  std::uint8_t kind = TCPOPT_EOL;
  std::span<const std::uint8_t> value;
};

// Removes the next option from the octets. Returns the kind TCPOPT_EOL at the end, and at an option
// whose length is wrong.
Option take_option(std::span<const std::uint8_t>& octets) {
  while (!octets.empty() && octets[0] == TCPOPT_NOP) {
    octets = octets.subspan(1);
  }
  if (octets.size() < kOptionHeader || octets[0] == TCPOPT_EOL || octets[1] < kOptionHeader ||
      octets[1] > octets.size()) {
    return {};
  }
  const Option option{octets[0], octets.first(octets[1]).subspan(kOptionHeader)};
  octets = octets.subspan(octets[1]);
  return option;
}

std::uint32_t read_be32(std::span<const std::uint8_t> octets) {
  return std::uint32_t{octets[0]} << 24U | std::uint32_t{octets[1]} << 16U |
         std::uint32_t{octets[2]} << 8U | std::uint32_t{octets[3]};
}

}  // namespace

void read_syn_options(std::span<const std::uint8_t> options, TcpOptions& end) {
  if (options.empty()) {
    return;
  }
  end = {.scale = 0, .flags = static_cast<std::uint8_t>(end.flags & TcpOptions::kLiberal)};
  for (Option option = take_option(options); option.kind != TCPOPT_EOL;
       option = take_option(options)) {
    if (option.kind == TCPOPT_SACK_PERMITTED && option.value.empty()) {
      end.set(TcpOptions::kSackPermitted);
    } else if (option.kind == TCPOPT_WINDOW && option.value.size() == 1) {
      end.set(TcpOptions::kWindowScale);
      end.scale = std::min<std::uint8_t>(option.value[0], TCP_MAX_WINSHIFT);
    }
  }
}

std::uint32_t highest_sack(std::span<const std::uint8_t> options, std::uint32_t ack) {
  // Most segments have nothing but timestamps (RFC 7323, appendix A).
  constexpr std::array<std::uint8_t, 4> kTimestamps{TCPOPT_NOP, TCPOPT_NOP, TCPOPT_TIMESTAMP,
                                                    TCPOLEN_TIMESTAMP};
  constexpr std::size_t kTimestampBytes = 12;
  if (options.empty() || (options.size() == kTimestampBytes &&
                          std::memcmp(options.data(), kTimestamps.data(), 4) == 0)) {
    return ack;
  }
  std::uint32_t highest = ack;
  for (Option option = take_option(options); option.kind != TCPOPT_EOL;
       option = take_option(options)) {
    if (option.kind == TCPOPT_SACK && !option.value.empty() &&
        option.value.size() % kSackBlock == 0) {
      for (std::size_t block = 0; block < option.value.size(); block += kSackBlock) {
        const std::uint32_t right = read_be32(option.value.subspan(block + kSackBlock / 2));
        highest = is_after(right, highest) ? right : highest;
      }
      break;
    }
  }
  return highest;
}

}  // namespace ringroad::filter
