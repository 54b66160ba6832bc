// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The results of setup and control code that may fail.
#include <expected>
#include <string>
#include <utility>

namespace ringroad {

// One sentence: what is wrong, with what, and what to do about it.
struct Error {
  std::string what;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(std::string what) {
  return std::unexpected{Error{std::move(what)}};
}

}  // namespace ringroad
