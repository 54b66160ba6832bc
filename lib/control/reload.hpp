// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Applies a changed configuration to the running router: reads it in the background, compares it
// with what runs, and applies the difference, all of it or nothing. With a confirmation asked for,
// the router goes back by itself if none comes. Control thread only, except for the reading.
#include <atomic>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/difference.hpp"
#include "config/load.hpp"
#include "control/reload_plan.hpp"
#include "fib/prefix_file.hpp"
#include "routing/route_difference.hpp"
#include "routing/wanted_routes.hpp"

namespace ringroad::control {

class Reload {
 public:
  Reload(ReloadParts parts, const Clock& clock);
  ~Reload();
  Reload(const Reload&) = delete;
  Reload& operator=(const Reload&) = delete;

  struct Request {
    std::string file;                      // if empty, the file that the router started with
    bool check = false;                    // only compares
    std::optional<Nanoseconds> confirm{};  // goes back after this time unless confirm() is called
  };
  // What became of a reload, complete once `over` is set.
  struct Outcome {
    bool over = false;
    bool applied = false;
    std::string file;
    std::vector<std::string> problems;  // in the file; nothing was compared
    std::vector<std::string> refused;   // what the running router cannot take over
    std::vector<config::Change> changes;
    // Null if nothing was compared.
    std::shared_ptr<const routing::RouteDifference4> routes;
    std::shared_ptr<const routing::RouteDifference6> routes6;
    std::map<InterfaceId, std::string> names;  // of the ports that routes name
    std::optional<Nanoseconds> confirm{};

    // Why nothing was or would be applied; empty if that is not so.
    [[nodiscard]] std::string error() const;
    // Of both families.
    [[nodiscard]] routing::RouteCounts route_counts() const;
  };

  // The file that the router started with, as an absolute path.
  void set_file(std::string file) { file_ = std::move(file); }
  // Refused while another reload is carried out or waits for its confirmation.
  Result<std::shared_ptr<const Outcome>> begin(const Request& request);
  // Keeps what was applied last.
  Status confirm();
  // Does the next slice. Returns false if there is nothing to do now.
  bool advance();
  // Why nothing else may change the router now; empty if it may.
  [[nodiscard]] std::string why_locked() const;

  // Called before each slice of the changes, for tests: an error refuses the slice.
  std::function<Status(std::size_t step)> on_step{};
  // Called when a file was applied, with its name and its text, and when what it changed was undone
  // because no confirmation came.
  std::function<void(const std::string& file, const std::string& text)> on_applied{};
  std::function<void()> on_reverted{};

 private:
  enum class State : std::uint8_t { kIdle, kReading, kComparing, kApplying, kUndoing, kWaiting };

  // What runs, as the reading thread needs it.
  struct Running {
    config::Config config;  // without routes
    routing::PortIds ids;
    std::vector<config::Change> ups;  // of the ports that are down
    std::uint32_t neighbors_max = 0;
    std::uint32_t neighbors6_max = 0;
    // Sub-interfaces that were taken away; one that comes again has its id again.
    struct Gone {
      InterfaceId id;
      InterfaceId link;
      config::Port port;
    };
    std::vector<Gone> gone;
    std::size_t next_port = 0;  // the ids that none had yet
    std::size_t next_sub_interface = kPortsMax;
  };
  // What the reading thread returns.
  struct Read {
    std::string text;
    config::Config config;  // without the routes
    std::vector<InterfaceId> ids;
    std::shared_ptr<routing::WantedRoutes> routes;
    std::vector<std::string> problems;
    std::vector<std::string> refused;
    std::vector<config::Change> changes;
  };

  [[nodiscard]] Running running() const;
  // The ids of the file's ports.
  [[nodiscard]] routing::PortIds ids_of(const Running& running);
  void read(const Running& running);
  void compare(const Running& running);
  void refuse_used_devices(const Running& running);
  void take_up();
  void plan();
  void apply();
  void undo();
  void keep();
  void finish();
  [[nodiscard]] std::string placed(const std::string& key, const std::string& what) const;

  ReloadParts parts_;
  const Clock& clock_;
  std::string file_;
  State state_ = State::kIdle;
  Request request_;
  std::shared_ptr<Outcome> outcome_;

  // The reading thread owns these until it ends, then the control thread does.
  Read read_;
  fib::Reading reading_;
  std::atomic<bool> read_over_{false};
  std::thread reader_;

  std::map<InterfaceId, config::Port> interfaces_;  // all that were there since the start
  std::shared_ptr<routing::RouteDifference4> difference_;
  std::shared_ptr<routing::RouteDifference6> difference6_;
  std::vector<std::unique_ptr<ReloadStep>> steps_;
  std::size_t step_ = 0;  // index of the current one
  Nanoseconds until_{};   // the end of the wait for a confirmation
  bool expired_ = false;  // undoes because no confirmation came
};

}  // namespace ringroad::control
