// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A request of the control socket's protocol, carried out for an HTTP client.
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "control/api_protocol.hpp"
#include "http/desk.hpp"

namespace ringroad::http {

// The longest answer. Longer lists are asked for page by page.
inline constexpr std::size_t kAnswerMax = std::size_t{16} << 20;

class Ask final : public Errand {
 public:
  // `line` is a request as the control socket reads it.
  Ask(const control::Handler& handler, std::string line)
      : handler_{handler}, line_{std::move(line)} {}

  bool advance() override;
  void abandon() override { rest_.reset(); }
  // {"ok": ...} or {"error": ...}, after advance() returned true.
  [[nodiscard]] std::string take_answer() { return std::move(answer_); }

 private:
  const control::Handler& handler_;
  std::string line_;
  std::string answer_;
  std::unique_ptr<control::Later> rest_;
  bool began_ = false;
};

}  // namespace ringroad::http
