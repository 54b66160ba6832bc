// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Loads a file of IPv4 prefixes into the RIB. A thread reads and sorts the file with the help of
// TBB's threads. The control thread adds the routes in slices, so that other work is not delayed
// for long. In the end all routes are added, or none.
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
  // Whether a route must lead to each gateway now, as for a request, or may be added later.
  enum class Gateways : std::uint8_t { kReachable, kMayWait };
  // Fails if the routes could not be added, whatever the file contains.
  [[nodiscard]] static Result<std::unique_ptr<RouteLoad>> start(
      const config::RouteFile& file, Routing4& routing, Background& background,
      Gateways gateways = Gateways::kReachable);
  // Stops the reading thread and waits for it.
  ~RouteLoad();
  RouteLoad(const RouteLoad&) = delete;
  RouteLoad& operator=(const RouteLoad&) = delete;

  // Control thread only. Runs the next slice, ~1 ms. Returns false if there is nothing to do now.
  bool advance();

  enum class State : std::uint8_t { kReading, kAdding, kUndoing, kDone, kFailed };
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool finished() const { return state_ >= State::kDone; }
  // The progress of the current state, 0 to 100.
  [[nodiscard]] unsigned percent() const;

  // The outcome, complete once finished() returns true.
  struct Outcome {
    std::size_t added = 0;
    std::size_t skipped_ipv6 = 0;
    std::size_t bad_lines = 0;
    std::vector<std::string> complaints;  // about the first bad lines
    std::string error;                    // set if the load failed
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

  // The reading thread owns these until it ends, then the control thread does.
  Outcome outcome_;
  std::vector<fib::Rib4::Batch::Entry> entries_;
  fib::Reading reading_;
  std::atomic<bool> over_{false};
  std::thread reader_;
};

[[nodiscard]] std::string_view to_string(RouteLoad::State state);

}  // namespace ringroad::routing
