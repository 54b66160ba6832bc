// SPDX-License-Identifier: BSD-3-Clause
#include "http/ask.hpp"

namespace ringroad::http {

bool Ask::advance() {
  bool over = false;
  if (!began_) {
    began_ = true;
    control::Answer answer = control::answer(handler_, line_);
    answer_ = std::move(answer.line);
    rest_ = std::move(answer.rest);
    over = rest_ == nullptr;
  } else {
    over = rest_->advance(answer_);
  }
  if (answer_.size() > kAnswerMax) {
    answer_ = control::error_line("the answer is longer than 16 MiB: ask for less at a time");
    return true;
  }
  return over;
}

}  // namespace ringroad::http
