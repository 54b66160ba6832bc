// SPDX-License-Identifier: BSD-3-Clause
#include "http/http.hpp"

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/cores.hpp"
#include "base/ipv4.hpp"
#include "config/load.hpp"
#include "control/verb.hpp"
#include "control/verbs.hpp"

namespace ringroad::http {
namespace {

// FNV-1a: the same in every version of the router, unlike std::hash.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

// Cores that are no worker's, and if there is another, not the control thread's.
std::vector<unsigned> spare_cores(const config::Engine& engine) {
  const auto no_workers = cores_without(cores_at_start(), engine.workers);
  auto spare = cores_without(no_workers, std::array{engine.control});
  return spare.empty() ? std::vector{engine.control} : spare;
}

}  // namespace

Result<Listener> listen(const config::Http& at, const config::Engine& engine) {
  auto socket = listen_at(at);
  if (!socket) {
    return std::unexpected{socket.error()};
  }
  return Listener{.at = at, .socket = std::move(*socket), .cores = spare_cores(engine)};
}

Http::Http(std::unique_ptr<Desk> desk, control::Router& router, About about)
    : desk_{std::move(desk)},
      site_{
          {.desk = *desk_,
           .router = router,
           .handler =
               [&router](const nlohmann::json& request) { return control::begin(router, request); },
           .has_verb =
               [](std::string_view words) { return control::Verb::find(words) != nullptr; }},
          std::move(about)},
      protocol_{[this](const Question& question) { return site_.answer(question); }} {}

Result<std::unique_ptr<Http>> Http::serve(Listener listener, control::Router& router, About about) {
  auto desk = Desk::open(router.clock());
  if (!desk) {
    return std::unexpected{desk.error()};
  }
  std::unique_ptr<Http> http{new Http{std::move(*desk), router, std::move(about)}};
  auto server = Server::start(
      std::move(listener.socket),
      {.cores = listener.cores, .only_local = is_local_host(config::to_string(listener.at))},
      [one = http.get()](const RequestHead& head) { return one->protocol_.respond(head); });
  if (!server) {
    return std::unexpected{server.error()};
  }
  http->server_ = std::move(*server);
  return http;
}

Http::~Http() {
  desk_->close();
  server_.reset();
}

void Http::attach(control::EventLoop& loop) {
  loop.watch(desk_->poll_fd(), [desk = desk_.get()] { desk->run_once(); });
}

void Http::set_config(const config::Config& config) {
  site_.set_config_hash(hash_of(config::to_yaml(config)));
}

}  // namespace ringroad::http
