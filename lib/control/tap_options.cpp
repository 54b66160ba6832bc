// SPDX-License-Identifier: BSD-3-Clause
#include "control/tap_options.hpp"

#include <absl/strings/escaping.h>

namespace ringroad::control {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::size_t kFilterTextMax = 4096;
// A worker that sleeps takes up the tap as it wakes; one that is not scheduled must not delay the
// answer for ever.
constexpr Nanoseconds kTakeUp = 2s;

// Waits until all workers record.
class Beginning final : public Later {
 public:
  Beginning(Router& router, std::uint32_t serial, const char* key)
      : router_{router}, serial_{serial}, key_{key}, began_{router.clock().now()} {}

  bool advance(std::string& line) override {
    if (!router_.taps().in_force() && router_.clock().now() - began_ < kTakeUp) {
      return false;
    }
    const tap::Taps::Session* const session = router_.taps().find(serial_);
    if (session == nullptr) {
      line += error_line("the tap is gone");
      return true;
    }
    json answer{{key_, serial_}};
    if (!session->header.empty()) {
      answer["header"] = absl::Base64Escape(session->header);
    }
    line += ok_line(std::move(answer));
    return true;
  }

 private:
  Router& router_;
  std::uint32_t serial_;
  const char* key_;
  Nanoseconds began_;
};

}  // namespace

std::optional<std::uint32_t> continued_tap(Options& options, const char* key) {
  return options.has(key) ? std::optional{options.number(key, ~std::uint32_t{0})} : std::nullopt;
}

Result<tap::Taps::Session*> session_of(Router& router, const Options& options, Tap::Kind kind,
                                       const char* key, std::uint32_t serial) {
  if (const auto& error = options.error()) {
    return std::unexpected{*error};
  }
  tap::Taps::Session* const session = router.taps().find(serial);
  if (session == nullptr || session->request.kind != kind) {
    return fail(fmt::format("there is no {} {}", key, serial));
  }
  return session;
}

tap::Request read_tap(Router& router, Options& options, Tap::Kind kind) {
  tap::Request request{.kind = kind};
  request.port = optional_device(router, options);
  if (options.has("packets")) {
    request.packets = options.number("packets", ~std::uint32_t{0});
  }
  if (options.has("filter")) {
    request.filter = options.text("filter");
    if (request.filter.size() > kFilterTextMax) {
      options.complain("the filter's text is longer than 4096 characters");
    }
    // The text alone would filter nothing.
    request.program = options.text("program");
  }
  return request;
}

Reply begin_tap(Router& router, tap::Request request, const char* key) {
  const auto serial = router.taps().open(std::move(request));
  if (!serial) {
    return refused(serial.error());
  }
  return std::make_unique<Beginning>(router, *serial, key);
}

}  // namespace ringroad::control
