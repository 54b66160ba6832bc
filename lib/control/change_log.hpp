// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Logs who changed what over the control socket.
#include <sys/socket.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.hpp"
#include "control/api_protocol.hpp"

namespace ringroad::control {

// Whether a request changes something, rather than ask.
[[nodiscard]] bool is_change(const nlohmann::json& verb);
// The request in words: "route add prefix 10.0.0.0/8 via 192.168.1.2".
[[nodiscard]] std::string words_of(const nlohmann::json& request);

class ChangeLog {
 public:
  explicit ChangeLog(const Clock& clock) : clock_{clock} {}

  // Logs the request and its result if it is a change. A program that changes very much is logged
  // in part; how much was left out is logged.
  void note(const nlohmann::json& request, const ucred& asker, const Reply& reply);
  // Logs how many changes were left out, once they have become rare.
  void settle();

 private:
  static constexpr std::uint32_t kASecond = 20;

  const Clock& clock_;
  Nanoseconds second_{};  // its beginning
  std::uint32_t in_second_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace ringroad::control
