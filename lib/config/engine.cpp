// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <system_error>
#include <unordered_set>

#include "base/ipv6.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

constexpr Range<unsigned> kCores{0, 1023};

void read_workers(const Value& list, std::vector<unsigned>& workers) {
  workers.clear();
  std::unordered_set<unsigned> seen;
  const std::vector<Value> items = list.items();
  for (const Value& item : items) {
    const auto core = read(&item, kCores);
    if (core && !seen.insert(*core).second) {
      item.problem(fmt::format("core {} is here twice; a core runs one worker", *core));
    } else if (core) {
      workers.push_back(*core);
    }
  }
  if (items.empty() && list.is_list()) {
    list.problem("is empty; at least one core must forward");
  }
}

void read_memory(const Value& section, Memory& memory, std::optional<Value>& buffers) {
  static constexpr std::array<std::string_view, 3> kKeys{"hugepages", "size", "buffers"};
  const Fields fields{section, kKeys};
  assign(memory.hugepages, read(fields.find("hugepages"), kHugePagesWords));
  assign(memory.size, read(fields.find("size"), Range<Bytes>{{64ULL << 20U}, {16ULL << 40U}}));
  const Value* const count = fields.find("buffers");
  if (const auto read_count = read(count, Range<std::uint32_t>{1024, 16U << 20U})) {
    memory.buffers = *read_count;
    buffers = *count;
  }
}

void read_socket(const Value* value, std::string& socket) {
  constexpr std::size_t kPathMax = 107;  // sun_path of unix(7) without its terminator
  auto path = read_text(value);
  if (!path) {
    return;
  }
  if (!path->starts_with('/')) {
    value->problem(shown(*path) + " is not an absolute path");
  } else if (path->ends_with('/')) {
    value->problem(shown(*path) + " is a folder; the socket is a file");
  } else if (path->size() > kPathMax) {
    value->problem(
        fmt::format("is {} bytes long; a socket's path has at most {}", path->size(), kPathMax));
  } else {
    socket = *std::move(path);
  }
}

std::optional<std::uint16_t> tcp_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && port != 0 ? std::optional{port} : std::nullopt;
}

// Names are refused: the router does not wait for a resolver when it starts.
std::optional<std::string> listening_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    const auto address = Ipv6::parse(text.substr(1, text.size() - 2));
    return address && !address->is_multicast() ? std::optional{address->to_string()} : std::nullopt;
  }
  const auto address = Ipv4::parse(text);
  const bool fits = address && !address->is_multicast() && !address->is_reserved();
  return fits ? std::optional{address->to_string()} : std::nullopt;
}

std::optional<Http> read_http(const Value& section) {
  static constexpr std::array<std::string_view, 1> kKeys{"listen"};
  const Fields fields{section, kKeys};
  if (!fields.is_map()) {
    return std::nullopt;
  }
  const Value* const value = fields.require("listen", "an address and a TCP port");
  const auto listen = read_text(value);
  if (!listen) {
    return std::nullopt;
  }
  const std::size_t colon = listen->rfind(':');
  if (colon == std::string::npos) {
    value->problem(shown(*listen) + " is no address with a TCP port, such as 127.0.0.1:9411");
    return std::nullopt;
  }
  const auto address = listening_address(std::string_view{*listen}.substr(0, colon));
  const auto port = tcp_port(std::string_view{*listen}.substr(colon + 1));
  if (!address) {
    value->problem(shown(listen->substr(0, colon)) +
                   " is no address to listen on: an IPv4 address, or an IPv6 address in brackets");
  } else if (!port) {
    value->problem(shown(listen->substr(colon + 1)) + " is no TCP port of 1..65535");
  }
  return address && port ? std::optional{Http{*address, *port}} : std::nullopt;
}

}  // namespace

std::string to_string(const Http& http) {
  const bool is_ipv6 = http.address.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(is_ipv6 ? "[{}]:{}" : "{}:{}"), http.address, http.port);
}

Engine read_engine(const Value& section, std::optional<Value>& buffers) {
  static constexpr std::array<std::string_view, 6> kKeys{"workers", "control", "memory",
                                                         "idle",    "socket",  "http"};
  Engine engine;
  const Fields fields{section, kKeys};
  if (const Value* workers = fields.find("workers")) {
    read_workers(*workers, engine.workers);
  }
  assign(engine.control, read(fields.find("control"), kCores));
  if (const Value* memory = fields.find("memory")) {
    read_memory(*memory, engine.memory, buffers);
  }
  assign(engine.idle, read(fields.find("idle"), kIdleWords));
  read_socket(fields.find("socket"), engine.socket);
  if (const Value* http = fields.find("http")) {
    engine.http = read_http(*http);
  }
  return engine;
}

}  // namespace ringroad::config
