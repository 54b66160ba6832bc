// SPDX-License-Identifier: BSD-3-Clause
#include "run.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_version.h>
#include <sys/prctl.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/sha256.hpp"
#include "config/load.hpp"
#include "control/api_server.hpp"
#include "control/api_socket.hpp"
#include "control/change_log.hpp"
#include "control/eal.hpp"
#include "control/router.hpp"
#include "control/verbs.hpp"
#include "http/http.hpp"
#include "progress_bar.hpp"
#include "service.hpp"
#include "version.hpp"

namespace ringroad::app {
namespace {

volatile std::sig_atomic_t stop_requested = 0;
volatile std::sig_atomic_t reload_requested = 0;

void on_signal(int signal) {
  if (signal == SIGHUP) {
    reload_requested = 1;
  } else {
    stop_requested = 1;
  }
}

void catch_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaction(signal, &action, nullptr);
  }
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

void serve(control::Router& router, control::ApiServer& api, http::Http* http, Service& service,
           control::ChangeLog& changes) {
  prctl(PR_SET_TIMERSLACK, 1000UL);  // timers expire on time, not up to 50 us later
  control::EventLoop loop = router.event_loop();
  loop.watch(api.poll_fd(), [&api] { api.run_once(); });
  if (http != nullptr) {
    http->attach(loop);
  }
  while (stop_requested == 0) {
    loop.turn();
    service.keep_alive(std::chrono::steady_clock::now());
    changes.settle();
    if (reload_requested != 0) {
      reload_requested = 0;
      if (const auto begun = router.reload().begin({}); !begun) {
        log::error("reload: {}", begun.error().what);
      }
    }
  }
}

int refuse(const Error& error, int status) {
  log::error("{}", error.what);
  return status;
}

std::filesystem::path whole_path(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::absolute(path, error);
  return error ? path : whole;
}

// What the file is now; that it is read again after it was parsed only concerns what is shown.
control::Identity identity_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return {.version = kRelease,
          .commit = kCommit,
          .config_path = whole_path(path).string(),
          .config_hash = sha256(text)};
}

http::About about_this() {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return {.version = kRelease,
          .commit = kCommit,
          .dpdk = rte_version(),
          .started = now.count(),
          .cycles_a_second = static_cast<double>(rte_get_tsc_hz())};
}

// The sockets that listened before DPDK started.
struct Sockets {
  control::ApiSocket api;
  std::optional<http::Listener> http;
};

int run_router(const std::string& path, const config::Config& config, Sockets sockets,
               std::chrono::steady_clock::time_point started) {
  const Clock clock;
  ProgressBar progress;
  auto router = control::Router::open(
      config, clock,
      {.on_load =
           [&](const routing::RouteLoad& load) {
             const std::string name = std::filesystem::path{load.file().path}.filename();
             progress.show(fmt::format("{}: {}", name, to_string(load.state())), load.percent());
             if (load.finished()) {
               progress.clear();
             }
           },
       .identity = identity_of(path)});
  if (!router) {
    // The line in the file, as `check` shows it. A missing device may appear later, but an error in
    // the file does not go away.
    const config::Fault& fault = router.error();
    log::error("{}", config::place(path, fault).to_string());
    return fault.field == "device" || fault.at == config::Fault::At::kNowhere ? 1 : 2;
  }
  (*router)->reload().set_file(whole_path(path).lexically_normal());
  const control::ApiServer* server = nullptr;
  control::ChangeLog changes{clock};
  auto api = control::ApiServer::open(std::move(sockets.api), [&](const nlohmann::json& request) {
    control::Reply reply = control::begin(**router, request);
    changes.note(request, server->asker(), reply);
    return reply;
  });
  if (!api) {
    return refuse(api.error(), 1);
  }
  server = api->get();
  if (const Status status = (*router)->start_workers(); !status) {
    return refuse(status.error(), 1);
  }
  std::unique_ptr<http::Http> http;
  if (sockets.http) {
    auto served = http::Http::serve(std::move(*sockets.http), **router, about_this());
    if (!served) {
      return refuse(served.error(), 1);
    }
    http = std::move(*served);
    http->set_config(config);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  log::info("ready ports={} workers={} routes={} in {:.2f}s", config.ports.size(),
            config.engine.workers.size(), (*router)->main_routes(), took.count());
  Service service;
  service.ready();

  serve(**router, **api, http.get(), service, changes);

  service.stopping();
  http.reset();
  log::settle_all();
  api->reset();
  if (const Status status = (*router)->shut_down(); !status) {
    return refuse(status.error(), 1);
  }
  return 0;
}

}  // namespace

int run(const std::string& path, bool verbose) {
  const auto started = std::chrono::steady_clock::now();
  const auto config = config::load(path);
  if (!config) {
    for (const config::Problem& problem : config.error()) {
      fmt::print(stderr, "{}\n", problem.to_string());
    }
    return 2;
  }
  if (const Status status = control::check_machine(*config); !status) {
    return refuse(status.error(), 2);
  }
  catch_signals();
  // The socket is opened before DPDK starts: a second router with the same socket must not touch
  // the devices.
  auto socket = control::ApiSocket::open(config->engine.socket);
  if (!socket) {
    return refuse(socket.error(), 1);
  }
  Sockets sockets{.api = std::move(*socket), .http = {}};
  if (config->engine.http) {
    auto listener = http::listen(*config->engine.http, config->engine);
    if (!listener) {
      return refuse(listener.error(), 1);
    }
    sockets.http = std::move(*listener);
  }
  const auto eal = control::Eal::start(*config, verbose);
  return eal ? run_router(path, *config, std::move(sockets), started) : refuse(eal.error(), 1);
}

}  // namespace ringroad::app
