// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What is served where: the page, /metrics, /api/v1/.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "control/api_protocol.hpp"
#include "http/desk.hpp"
#include "http/message.hpp"
#include "http/metrics.hpp"

namespace ringroad::http {

class Site {
 public:
  // How long a client waits while the control thread is busy.
  static constexpr std::chrono::seconds kPatience{5};

  struct Parts {
    Desk& desk;
    control::Router& router;
    // Carries out a request in the control thread.
    control::Handler handler;
    // Whether the router has that verb. Any thread.
    std::function<bool(std::string_view words)> has_verb;
  };

  Site(Parts parts, About about) : parts_{std::move(parts)}, about_{std::move(about)} {}

  // Any thread.
  [[nodiscard]] Answer answer(const Question& question);
  void set_config_hash(std::uint64_t hash) { config_hash_.store(hash, std::memory_order_relaxed); }

 private:
  [[nodiscard]] Answer metrics(const Question& question);
  [[nodiscard]] Answer api(const Question& question);
  [[nodiscard]] Answer about() const;

  Parts parts_;
  About about_;
  std::atomic<std::uint64_t> config_hash_{0};
};

// Replaces the values of `secret=` in devices' arguments: whoever may see a router's state need not
// be one who may join its memif.
void hide_secrets(std::string& text);

}  // namespace ringroad::http
