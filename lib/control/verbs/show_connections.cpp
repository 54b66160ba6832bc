// SPDX-License-Identifier: BSD-3-Clause
// Lists connections, all at once or page by page, or answers how many there are:
// {"count": N, "max": N}.
#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "control/connection_words.hpp"
#include "control/rows.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

// The most steps of a walk in one slice, if nothing is found: some 100 us.
constexpr int kStepsASlice = 8;

// Lists the connections of each worker in the order of their numbers.
class ConnectionRows final : public Rows<Json> {
 public:
  ConnectionRows(const ConnectionWalk& walk, const ConnectionFilter& filter, std::size_t most)
      : walk_{walk}, filter_{filter}, most_{most} {
    found_.reserve(kEnough + ConnectionWalk::kPlacesAStep);
  }

 private:
  static constexpr std::size_t kEnough = 64;

  Json next(bool& over) override {
    found_.clear();
    for (int i = 0; i < kStepsASlice && found_.size() < kEnough && !walk_.is_over(); ++i) {
      const std::size_t worker = walk_.worker();
      walk_.step([&](filter::Connections& connections, const filter::Connection& connection) {
        if (filter_.matches(connection)) {
          found_.push_back({.connection = connection,
                            .remaining = connections.remaining(connection),
                            .number = connections.id(connection).number,
                            .worker = worker});
        }
      });
    }
    found_.resize(std::min(found_.size(), most_));
    most_ -= found_.size();
    over = most_ == 0 || walk_.is_over();
    Json rows = Json::array();
    for (const ListedConnection& connection : found_) {
      rows.push_back(describe(connection));
    }
    return rows;
  }

  ConnectionWalk walk_;
  ConnectionFilter filter_;
  std::size_t most_;
  std::vector<ListedConnection> found_;  // in this slice
};

class ConnectionCount final : public Later {
 public:
  ConnectionCount(const ConnectionWalk& walk, const ConnectionFilter& filter, std::uint64_t max)
      : walk_{walk}, filter_{filter}, max_{max} {}

  bool advance(std::string& line) override {
    for (int i = 0; i < kStepsASlice && !walk_.is_over(); ++i) {
      walk_.step([&](filter::Connections& /*connections*/, const filter::Connection& connection) {
        count_ += filter_.matches(connection) ? 1U : 0U;
      });
    }
    if (!walk_.is_over()) {
      return false;
    }
    line += ok_line({{"count", count_}, {"max", max_}});
    return true;
  }

 private:
  ConnectionWalk walk_;
  ConnectionFilter filter_;
  std::uint64_t max_;
  std::uint64_t count_ = 0;
};

// The place after the connection at which the page before ended.
ConnectionPlace read_place(Options& options) {
  if (!options.has("after")) {
    return {};
  }
  if (!options.at("after").is_object()) {
    options.complain("'after' is not a connection");
    return {};
  }
  constexpr std::uint32_t kMost = std::numeric_limits<std::int32_t>::max();
  Options row{options.at("after")};
  const std::uint32_t worker = row.number("worker", kMost);
  const std::uint32_t number = row.number("id", kMost);
  if (const auto& error = row.error()) {
    options.complain(error->what);
  }
  return {.worker = worker, .number = number + 1};
}

Reply show_connections(Router& router, Options& options) {
  options.only({"family", "proto", "src", "dst", "sport", "dport", "state", "mark", "limit",
                "after", "count"});
  const ConnectionFilter filter = read_connection_filter(options);
  const std::size_t most =
      options.has("limit") ? options.number("limit", kRowsAPage) : ~std::size_t{0};
  const ConnectionPlace place = read_place(options);
  const bool count = options.flag("count");
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  Firewall& firewall = router.firewall();
  if (count) {
    const Firewall::Tracking tracking = firewall.tracking();
    if (filter == ConnectionFilter{}) {
      return at_once({{"count", tracking.count}, {"max", tracking.max}});
    }
    return std::make_unique<ConnectionCount>(firewall.connections(), filter, tracking.max);
  }
  if (most == 0) {
    return at_once(Json::array());
  }
  return std::make_unique<ConnectionRows>(firewall.connections(place), filter, most);
}

const Verb kShowConnections{"show connections", show_connections};

}  // namespace

}  // namespace ringroad::control
