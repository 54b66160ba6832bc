// SPDX-License-Identifier: BSD-3-Clause
#include "http/request_head.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "http/words.hpp"

namespace ringroad::http {
namespace {

std::unexpected<Refusal> refuse(int status, std::string_view what) {
  return std::unexpected{Refusal{status, what}};
}

// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view{"!#$%&'*+-.^_`|~"}.contains(static_cast<char>(c));
  });
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

// A header's value: no control characters but tabs. Bytes above 0x7f are allowed (obs-text).
bool is_value(std::string_view text) {
  return std::ranges::none_of(text,
                              [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool lists(std::string_view value, std::string_view wanted) {
  while (!value.empty()) {
    if (lower(trimmed(take_until(value, ","))) == wanted) {
      return true;
    }
  }
  return false;
}

// "gzip;q=0" refuses it.
bool accepts_gzip(std::string_view value) {
  while (!value.empty()) {
    std::string_view coding = take_until(value, ",");
    const std::string name = lower(trimmed(take_until(coding, ";")));
    if (name == "gzip") {
      return weight_of(coding) > 0;
    }
  }
  return false;
}

class Headers {
 public:
  // Returns why the header is refused.
  std::optional<Refusal> take(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return Refusal{400, "a header has no name"};
    }
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_value(value)) {
      return Refusal{400, "a header has a control character"};
    }
    if (++count_ > kHeadersMax) {
      return Refusal{431, "the request has too many headers"};
    }
    // Which host is meant must not depend on who reads it: RFC 9112 3.2.
    if (name == "host" && std::exchange(has_host, true)) {
      return Refusal{400, "the request has two Hosts"};
    }
    if (name == "transfer-encoding" || (name == "content-length" && value != "0")) {
      return Refusal{413, "a request has no body here"};
    }
    if (name == "host") {
      host = value;
    } else if (name == "connection") {
      close = close || lists(value, "close");
      keep_alive = keep_alive || lists(value, "keep-alive");
    } else if (name == "accept-encoding") {
      gzip = accepts_gzip(value);
    } else if (name == "accept" || name == "if-none-match") {
      used += std::string{name == "accept" ? "Accept" : "If-None-Match"} + ": ";
      used += std::string{value} + "\r\n";
    }
    return std::nullopt;
  }

  std::string used;
  std::string_view host;
  bool has_host = false;
  bool close = false;
  bool keep_alive = false;
  bool gzip = false;

 private:
  std::size_t count_ = 0;
};

}  // namespace

bool is_local_host(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    const auto address =
        end == std::string_view::npos ? std::nullopt : Ipv6::parse(host.substr(1, end - 1));
    return address && address->is_loopback();
  }
  const std::string name = lower(host.substr(0, host.find(':')));
  const auto address = Ipv4::parse(name);
  return address ? address->is_loopback() : name == "localhost" || name.ends_with(".localhost");
}

std::expected<RequestHead, Refusal> check_head(std::string_view head, bool only_local) {
  constexpr std::string_view kEnd = "\r\n";
  std::string_view line = take_until(head, kEnd);
  const std::string_view method = take_until(line, " ");
  const std::string_view target = take_until(line, " ");
  if (!is_token(method) || (line != "HTTP/1.1" && line != "HTTP/1.0")) {
    return refuse(400, "this is no request of HTTP/1.1");
  }
  if (target.size() > kTargetMax) {
    return refuse(414, "the request's target is too long");
  }
  if (!target.starts_with('/') || !is_visible(target)) {
    return refuse(400, "the request's target is no path");
  }
  Headers headers;
  while (head != kEnd) {
    if (head.empty()) {
      return refuse(400, "the request's head has no end");
    }
    if (const auto refusal = headers.take(take_until(head, kEnd))) {
      return std::unexpected{*refusal};
    }
  }
  const bool is_new = line == "HTTP/1.1";
  if (is_new && !headers.has_host) {
    return refuse(400, "the request has no Host");
  }
  if (only_local && headers.has_host && !is_local_host(headers.host)) {
    return refuse(421, "this address answers only to localhost, 127.0.0.1 and [::1] as Host");
  }
  if (method != "GET" && method != "HEAD") {
    return refuse(405, "this is read only: GET and HEAD");
  }
  RequestHead result;
  result.stays = !headers.close && (is_new || headers.keep_alive);
  result.text = std::string{method} + " " + std::string{target} + " HTTP/1.1\r\n" + headers.used;
  result.text += headers.gzip ? "Accept-Encoding: gzip\r\n\r\n" : "\r\n";
  return result;
}

}  // namespace ringroad::http
