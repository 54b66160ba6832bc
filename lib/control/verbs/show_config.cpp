// SPDX-License-Identifier: BSD-3-Clause
// Answers {"yaml": ...}: the running configuration, as a file that the router accepts.
#include <string>
#include <utility>
#include <vector>

#include "config/load.hpp"
#include "control/json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

// The rows of a slice. Making the YAML takes 0.5 us a row.
constexpr std::size_t kRows = 1000;

// Makes the short parts first, then the routes and the static neighbors from the tables.
class ConfigText final : public Later {
 public:
  explicit ConfigText(const Router& router) : router_{router} {}

  bool advance(std::string& line) override {
    switch (part_) {
      case Part::kHead:
        line += R"({"ok":{"yaml":")";
        append(line, config::to_yaml(router_.configuration().brief_config()));
        tables_ = router_.routing().rib().tables();
        part_ = Part::kRoutes;
        break;
      case Part::kRoutes:
        append_routes(line);
        break;
      case Part::kNeighbors:
        append_neighbors(line);
        break;
      case Part::kOver:
        line += "\"}}\n";
        return true;
    }
    return false;
  }

 private:
  enum class Part : std::uint8_t { kHead, kRoutes, kNeighbors, kOver };

  // Appends the text as a part of a JSON string.
  static void append(std::string& line, const std::string& text) {
    const std::string quoted = text_of(json(text));
    line.append(quoted, 1, quoted.size() - 2);
  }
  void append_items(std::string& line, const char* heading, const std::string& items) {
    if (!items.empty()) {
      append(line, (std::exchange(headed_, true) ? "" : heading) + items);
    }
  }
  void go_on(Part part) {
    part_ = part;
    headed_ = false;
  }

  void append_routes(std::string& line) {
    if (tables_.empty()) {
      go_on(Part::kNeighbors);
      return;
    }
    std::vector<config::Route> routes;
    std::size_t seen = 0;
    const auto list = [&](const fib::Rib4::View& route) {
      after_ = {.prefix = route.prefix, .metric = route.metric, .rank = route.rank};
      if (route.path.protocol == fib::Protocol::kStatic) {
        routes.push_back(router_.configuration().listed(route));
      }
      return ++seen < kRows;
    };
    router_.routing().rib().for_each(tables_.front(), list, after_);
    if (seen < kRows) {
      tables_.erase(tables_.begin());
      after_.reset();
    }
    append_items(line, "\nroutes:\n", config::to_yaml(routes, router_.configuration().fixed()));
  }

  void append_neighbors(std::string& line) {
    const neigh::Table4& table = router_.neighbors().table();
    const auto page = table.page(neighbor_, kRows);
    std::vector<config::StaticNeighbor> neighbors;
    for (const NeighborId id : page) {
      const neigh::Entry4& entry = table.entry(id);
      neighbor_ = entry.key;
      if (entry.state == neigh::State::kPermanent) {
        neighbors.push_back({.address = entry.key.address,
                             .port = router_.world().port(entry.key.port).name,
                             .mac = entry.mac});
      }
    }
    append_items(line, "\nneighbors:\n", config::to_yaml(neighbors));
    if (page.size() < kRows) {
      go_on(Part::kOver);
    }
  }

  const Router& router_;
  Part part_ = Part::kHead;
  bool headed_ = false;
  std::vector<fib::Table> tables_;  // not listed yet
  std::optional<fib::Rib4::Position> after_;
  std::optional<neigh::Key4> neighbor_;
};

Reply show_config(Router& router, Options& /*options*/) {
  if (!router.configuration().config_is_short()) {
    return std::make_unique<ConfigText>(router);
  }
  return at_once({{"yaml", config::to_yaml(router.configuration().running_config())}});
}

const Verb kShowConfig{"show config", show_config};

}  // namespace

}  // namespace ringroad::control
