// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A file of IPv4 prefixes on its way into the RIB. A thread of its own, and TBB's, read and sort
// it; the control thread adds the routes a slice at a time, so that nothing else waits long: all of
// them, or none in the end.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "config/model.hpp"
#include "fib/prefix_file.hpp"
#include "routing/background.hpp"
#include "routing/routing.hpp"

namespace ringroad::routing {

class RouteLoad {
 public:
  // Whether a route must lead to each gateway now, as a verb wants it, or may come later.
  enum class Gateways : std::uint8_t { kReachable, kMayWait };
  // Fails where the routes could not be added whatever the file holds.
  [[nodiscard]] static Result<std::unique_ptr<RouteLoad>> start(
      const config::RouteFile& file, Routing4& routing, Background& background,
      Gateways gateways = Gateways::kReachable);
  // Waits for the reader, which it stops.
  ~RouteLoad();
  RouteLoad(const RouteLoad&) = delete;
  RouteLoad& operator=(const RouteLoad&) = delete;

  // Control thread: the next slice, ~1 ms. False where there is nothing to do now.
  bool advance();

  enum class State : std::uint8_t { kReading, kAdding, kUndoing, kDone, kFailed };
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool finished() const { return state_ >= State::kDone; }
  // How far the state it is in has come, 0 to 100.
  [[nodiscard]] unsigned percent() const;

  // What became of it, complete when it is finished.
  struct Outcome {
    std::size_t added = 0;
    std::size_t skipped_ipv6 = 0;
    std::size_t bad_lines = 0;
    std::vector<std::string> complaints;  // about the first of them
    std::string error;                    // where it failed
  };
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  [[nodiscard]] const config::RouteFile& file() const { return file_; }

 private:
  RouteLoad(config::RouteFile file, std::vector<fib::Path4> paths, Routing4& routing)
      : file_{std::move(file)}, paths_{std::move(paths)}, routing_{routing} {}

  void read();
  void take_up();
  void add_slice();
  void undo_slice();
  [[nodiscard]] fib::Rib4::Batch batch(std::size_t first, std::size_t count) const;

  config::RouteFile file_;
  std::vector<fib::Path4> paths_;
  Routing4& routing_;
  State state_ = State::kReading;
  std::size_t done_ = 0;  // entries that are in the RIB

  // The reader's until it is over, then the control thread's.
  Outcome outcome_;
  std::vector<fib::Rib4::Batch::Entry> entries_;
  fib::Reading reading_;
  std::atomic<bool> over_{false};
  std::thread reader_;
};

[[nodiscard]] std::string_view to_string(RouteLoad::State state);

}  // namespace ringroad::routing
