// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Loads a file of prefixes into the RIBs of both families. A thread reads and sorts the file with
// the help of TBB's threads. The control thread adds the routes in slices, so that other work is
// not delayed for long. In the end all routes are added, or none.
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
      const config::RouteFile& file, Routing4& routing, Routing6& routing6, Background& background,
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
    std::size_t added = 0;         // of both families
    std::size_t skipped_ipv4 = 0;  // prefixes of a family without a gateway
    std::size_t skipped_ipv6 = 0;
    std::size_t bad_lines = 0;
    std::vector<std::string> complaints;  // about the first bad lines
    std::string error;                    // set if the load failed
  };
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  [[nodiscard]] const config::RouteFile& file() const { return file_; }

 private:
  // The routes of one family.
  template <class Address>
  struct Part {
    Routing<Address>& routing;
    std::vector<fib::Path<Address>> paths{};  // one for each gateway
    // The reading thread owns these until it ends, then the control thread does.
    std::vector<typename fib::RouteBatch<Address>::Entry> entries{};
    std::size_t done = 0;  // entries that are in the RIB
  };

  RouteLoad(config::RouteFile file, Part<Ipv4> ipv4, Part<Ipv6> ipv6)
      : file_{std::move(file)}, ipv4_{std::move(ipv4)}, ipv6_{std::move(ipv6)} {}

  template <class Address>
  [[nodiscard]] static Result<Part<Address>> part_of(const config::RouteFile& file,
                                                     Routing<Address>& routing, Gateways gateways);
  void read();
  void take_up();
  void add_slice();
  void undo_slice();
  template <class Address>
  [[nodiscard]] Status add_slice(Part<Address>& part);
  template <class Address>
  void undo_slice(Part<Address>& part);
  template <class Address>
  [[nodiscard]] fib::RouteBatch<Address> batch(const Part<Address>& part, std::size_t first,
                                               std::size_t count) const;
  void end(State state);
  [[nodiscard]] std::size_t done() const { return ipv4_.done + ipv6_.done; }
  [[nodiscard]] std::size_t total() const { return ipv4_.entries.size() + ipv6_.entries.size(); }

  config::RouteFile file_;
  // The routes of IPv4 are added first.
  Part<Ipv4> ipv4_;
  Part<Ipv6> ipv6_;
  State state_ = State::kReading;

  // The reading thread owns these until it ends, then the control thread does.
  Outcome outcome_;
  fib::Reading reading_;
  std::atomic<bool> over_{false};
  std::thread reader_;
};

[[nodiscard]] std::string_view to_string(RouteLoad::State state);

}  // namespace ringroad::routing
