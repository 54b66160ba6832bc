// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A verb of the control socket. Each verb has a file in verbs/, and a file of the same name in
// app/roadctl/verbs. A constant in each file registers the verb before main() runs.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "control/api_protocol.hpp"
#include "control/options.hpp"
#include "control/router.hpp"

namespace ringroad::control {

class Verb {
 public:
  // The function reads all options before it changes anything, so a refused request changes
  // nothing.
  using Begin = Reply (*)(Router& router, Options& options);

  // Whether the verb changes the configuration that runs. No such verb is carried out while a
  // reload is, or while one waits for its confirmation.
  enum class Does : bool { kReads, kChanges };
  // `words` are, for example, "show ports".
  Verb(std::string_view words, Begin function, Does does = Does::kReads) noexcept
      : words_{words}, begin_{function}, does_{does}, next_{std::exchange(newest, this)} {}
  Verb(const Verb&) = delete;
  Verb& operator=(const Verb&) = delete;
  ~Verb() = default;

  // Returns null if there is no such verb.
  [[nodiscard]] static const Verb* find(std::string_view words);
  [[nodiscard]] Reply begin(Router& router, Options& options) const {
    if (std::string why = does_ == Does::kChanges ? router.reload().why_locked() : "";
        !why.empty()) {
      return fail(std::move(why));
    }
    return begin_(router, options);
  }

 private:
  static inline const Verb* newest = nullptr;

  std::string_view words_;
  Begin begin_;
  Does does_;
  const Verb* next_;
};

// Returns a complete answer.
[[nodiscard]] inline Reply at_once(nlohmann::json answer) {
  return Result<nlohmann::json>{std::move(answer)};
}
[[nodiscard]] inline Reply refused(const Error& error) {
  return Result<nlohmann::json>{std::unexpected{error}};
}
// Returns the answer of a verb without data: the first error of the request, or the result of the
// change.
[[nodiscard]] inline Reply outcome(const Options& options, const Status& status) {
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  return status ? at_once(nlohmann::json::object()) : refused(status.error());
}

}  // namespace ringroad::control
