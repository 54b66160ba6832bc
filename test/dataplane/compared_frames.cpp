// SPDX-License-Identifier: BSD-3-Clause
#include "compared_frames.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ringroad::test {
namespace {

constexpr std::size_t kMacs = 12;

std::size_t ip_place(const Frame& frame) {
  std::size_t at = kMacs;
  while (at + 4 < frame.size() && (word(frame, at) == 0x8100 || word(frame, at) == 0x88a8)) {
    at += 4;
  }
  return at + 2;
}

}  // namespace

std::string hex(const Frame& frame) { return fmt::format("{:02x}", fmt::join(frame, "")); }

Frame from_hex(const std::string& text) {
  Frame frame;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    frame.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return frame;
}

std::string comparable(Frame frame) {
  const std::size_t bytes = frame.size();
  const std::size_t ip = ip_place(frame);
  if (ip + 20 <= bytes && word(frame, ip - 2) == 0x0800) {
    frame[ip + 4] = frame[ip + 5] = frame[ip + 10] = frame[ip + 11] = 0;
    const std::size_t message = ip + (frame[ip] & 0xfU) * 4U;
    const bool is_icmp = frame[ip + 9] == 1 && message + 8 <= bytes;
    const bool is_error = is_icmp && (frame[message] == 3 || frame[message] == 5 ||
                                      frame[message] == 11 || frame[message] == 12);
    const bool quotes_options = is_error && message + 28 <= bytes && frame[message + 8] != 0x45;
    if (message > ip + 20 || quotes_options || (is_icmp && frame[message] == 14)) {
      frame.resize(ip + 20);
      if (is_icmp) {
        frame.push_back(1);
      }
    } else if (is_error && message + 4 <= bytes) {
      // The quoted packet's identification is the sender's, but the checksum of a reply is not.
      frame[message + 2] = frame[message + 3] = 0;
    }
  }
  // The identification of the router's own fragments is random.
  if (ip + 48 <= bytes && word(frame, ip - 2) == 0x86dd && frame[ip + 6] == 44) {
    std::fill_n(frame.begin() + static_cast<std::ptrdiff_t>(ip) + 44, 4, std::uint8_t{0});
  }
  return fmt::format("{} bytes {}", bytes, hex(frame));
}

Kind kind_of(const Frame& frame) {
  const std::size_t ip = ip_place(frame);
  if (ip > frame.size()) {
    return Kind::kOther;
  }
  if (word(frame, ip - 2) == 0x0806) {
    const bool is_request = ip + 8 <= frame.size() && word(frame, ip + 6) == 1;
    return is_request ? Kind::kRequest : Kind::kAnswer;
  }
  constexpr std::size_t kHeader = 40;
  if (word(frame, ip - 2) != 0x86dd || ip + kHeader >= frame.size()) {
    return Kind::kOther;
  }
  // Listener reports have hop-by-hop options.
  const bool is_report = frame[ip + 6] == 0 && frame[ip + kHeader] == 58 &&
                         ip + kHeader + 8 < frame.size() && frame[ip + kHeader + 8] == 143;
  if (is_report) {
    return Kind::kRequest;
  }
  const std::uint8_t type = frame[ip + kHeader];
  // With a lower hop limit it is a packet of another link, which is forwarded like any.
  if (frame[ip + 6] != 58 || type < 133 || type > 136 || frame[ip + 7] != 255) {
    return Kind::kOther;
  }
  return type == 136 ? Kind::kAnswer : Kind::kRequest;
}

}  // namespace ringroad::test
