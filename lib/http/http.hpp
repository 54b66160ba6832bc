// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// HTTP for a running router: put together here.
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "config/model.hpp"
#include "control/event_loop.hpp"
#include "control/router.hpp"
#include "http/desk.hpp"
#include "http/protocol.hpp"
#include "http/server.hpp"
#include "http/site.hpp"

namespace ringroad::http {

// A socket that listens, and the cores of the threads that will serve it. Opened before DPDK
// starts, as the control socket is.
struct Listener {
  config::Http at;
  FileDescriptor socket;
  std::vector<unsigned> cores;
};
[[nodiscard]] Result<Listener> listen(const config::Http& at, const config::Engine& engine);

// Must be destroyed before the router.
class Http {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Http>> serve(Listener listener,
                                                           control::Router& router, About about);
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;
  // Answers what is being asked with 503, and ends the threads.
  ~Http();

  // The control thread's loop answers from here on.
  void attach(control::EventLoop& loop);
  // The configuration that the router started with: its hash is a metric.
  void set_config(const config::Config& config);

 private:
  Http(std::unique_ptr<Desk> desk, control::Router& router, About about);

  std::unique_ptr<Desk> desk_;
  Site site_;
  Protocol protocol_;
  std::unique_ptr<Server> server_;
};

}  // namespace ringroad::http
