// SPDX-License-Identifier: BSD-3-Clause
#include "http/protocol.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace ringroad::http {
namespace {

// Sent with every response. A browser takes nothing from elsewhere for the page, and shows it in no
// other page.
constexpr std::array<std::pair<const char*, const char*>, 7> kHeaders{{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
     "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Vary", "Accept, Accept-Encoding"},
}};

constexpr const char* reason_of(int status) {
  switch (status) {
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 421:
      return "Misdirected Request";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Bad Request";
  }
}

// The request is there as a whole, and the response is kept as a whole.
class MemoryStream final : public httplib::Stream {
 public:
  using httplib::Stream::write;

  explicit MemoryStream(std::string_view input) : input_{input} {}

  [[nodiscard]] bool is_readable() const override { return !input_.empty(); }
  [[nodiscard]] bool is_writable() const override { return true; }
  ssize_t read(char* ptr, size_t size) override {
    const std::size_t count = std::min(size, input_.size());
    std::memcpy(ptr, input_.data(), count);
    input_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* ptr, size_t size) override {
    output.append(ptr, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  [[nodiscard]] socket_t socket() const override { return INVALID_SOCKET; }
  // Later versions of the library ask these.
  [[nodiscard]] bool wait_readable() const { return !input_.empty(); }
  [[nodiscard]] bool wait_writable() const { return true; }
  [[nodiscard]] time_t duration() const { return 0; }

  std::string output;

 private:
  std::string_view input_;
};

Question question_of(const httplib::Request& request) {
  Question question{.path = request.path,
                    .accept = request.get_header_value("Accept"),
                    .if_none_match = request.get_header_value("If-None-Match")};
  question.options.assign(request.params.begin(), request.params.end());
  return question;
}

}  // namespace

class Protocol::Library final : public httplib::Server {
 public:
  explicit Library(Protocol::Handler handler) : handler_{std::move(handler)} {
    httplib::Headers headers;
    for (const auto& [name, value] : kHeaders) {
      headers.emplace(name, value);
    }
    set_default_headers(std::move(headers));
    set_keep_alive_timeout(15);
    set_keep_alive_max_count(1000);
    // Before any pattern is compared: std::regex may overflow the stack with a long path.
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      Answer answer = handler_(question_of(request));
      response.status = answer.status;
      for (const auto& [name, value] : answer.headers) {
        response.set_header(name, value);
      }
      if (answer.status != 304) {
        response.set_content(std::move(answer.body), answer.type);
      }
      return HandlerResponse::Handled;
    });
  }

  void run(MemoryStream& stream, bool close) {
    bool closed = false;
    process(*this, stream, close, closed);
  }

 private:
  // A template, because the library's later versions ask for the addresses of both ends too.
  template <class Self>
  static void process(Self& self, MemoryStream& stream, bool close, bool& closed) {
    if constexpr (requires { self.process_request(stream, close, closed, nullptr); }) {
      self.process_request(stream, close, closed, nullptr);
    } else {
      self.process_request(stream, "", 0, "", 0, close, closed, nullptr);
    }
  }

  Protocol::Handler handler_;
};

Protocol::Protocol(Handler handler) : library_{std::make_unique<Library>(std::move(handler))} {}
Protocol::~Protocol() = default;

std::string Protocol::respond(const RequestHead& head) {
  MemoryStream stream{head.text};
  library_->run(stream, !head.stays);
  return std::move(stream.output);
}

std::string Protocol::refuse(const Refusal& refusal) {
  const std::string body = fmt::format("{{\"error\":\"{}\"}}\n", refusal.what);
  std::string response =
      fmt::format("HTTP/1.1 {} {}\r\n", refusal.status, reason_of(refusal.status));
  for (const auto& [name, value] : kHeaders) {
    response += fmt::format("{}: {}\r\n", name, value);
  }
  response += refusal.status == 405 ? "Allow: GET, HEAD\r\n" : "";
  response += refusal.status == 503 ? "Retry-After: 1\r\n" : "";
  response += fmt::format(
      "Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
  return response;
}

}  // namespace ringroad::http
