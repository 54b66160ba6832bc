// SPDX-License-Identifier: BSD-3-Clause
#include "run.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "config/load.hpp"
#include "control/api_server.hpp"
#include "control/api_socket.hpp"
#include "control/eal.hpp"
#include "control/router.hpp"
#include "control/verbs.hpp"
#include "progress_bar.hpp"
#include "service.hpp"

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

void serve(control::Router& router, control::ApiServer& api, Service& service) {
  prctl(PR_SET_TIMERSLACK, 1000UL);  // timers expire on time, not up to 50 us later
  control::EventLoop loop = router.event_loop();
  loop.watch(api.poll_fd(), [&api] { api.run_once(); });
  while (stop_requested == 0) {
    loop.turn();
    service.keep_alive(std::chrono::steady_clock::now());
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

int run_router(const std::string& path, const config::Config& config, control::ApiSocket socket,
               std::chrono::steady_clock::time_point started) {
  const Clock clock;
  ProgressBar progress;
  auto router = control::Router::open(
      config, clock, {.on_load = [&](const routing::RouteLoad& load) {
        const std::string name = std::filesystem::path{load.file().path}.filename();
        progress.show(fmt::format("{}: {}", name, to_string(load.state())), load.percent());
        if (load.finished()) {
          progress.clear();
        }
      }});
  if (!router) {
    // The line in the file, as `check` shows it. A missing device may appear later, but an error in
    // the file does not go away.
    const config::Fault& fault = router.error();
    log::error("{}", config::place(path, fault).to_string());
    return fault.field == "device" || fault.at == config::Fault::At::kNowhere ? 1 : 2;
  }
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(path, error);
  (*router)->reload().set_file((error ? std::filesystem::path{path} : whole).lexically_normal());
  auto api = control::ApiServer::open(std::move(socket), [&](const nlohmann::json& request) {
    return control::begin(**router, request);
  });
  if (!api) {
    return refuse(api.error(), 1);
  }
  if (const Status status = (*router)->start_workers(); !status) {
    return refuse(status.error(), 1);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  log::info("ready ports={} workers={} routes={} in {:.2f}s", config.ports.size(),
            config.engine.workers.size(), (*router)->main_routes(), took.count());
  Service service;
  service.ready();

  serve(**router, **api, service);

  service.stopping();
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
  const auto eal = control::Eal::start(*config, verbose);
  return eal ? run_router(path, *config, std::move(*socket), started) : refuse(eal.error(), 1);
}

}  // namespace ringroad::app
