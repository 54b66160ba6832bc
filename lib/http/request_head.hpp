// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Checks the head of a request before the HTTP library sees it. What the router needs no part of is
// left out: no body, no ranges, no conditions but If-None-Match.
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace ringroad::http {

// A request line of one API question with many options has 1 KiB at most; browsers add 1 KiB of
// headers.
inline constexpr std::size_t kHeadMax = std::size_t{8} << 10;
inline constexpr std::size_t kTargetMax = std::size_t{4} << 10;
inline constexpr std::size_t kHeadersMax = 64;

struct RequestHead {
  std::string text;   // the request line and the headers that the router uses, with the empty line
  bool stays = true;  // the client sends more requests (RFC 9112 9.3)
};
struct Refusal {
  int status = 400;
  std::string_view what;
};

// `head` ends with its empty line. With `only_local`, the Host must name this machine itself: a
// page of a stranger whose name resolves to this machine ("DNS rebinding") must not read the router
// through its visitor's browser.
[[nodiscard]] std::expected<RequestHead, Refusal> check_head(std::string_view head,
                                                             bool only_local);
// Whether a client at this Host, with or without a port, speaks to this machine.
[[nodiscard]] bool is_local_host(std::string_view host);

}  // namespace ringroad::http
