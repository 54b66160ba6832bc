// SPDX-License-Identifier: BSD-3-Clause
#include "control/long_answers.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/load.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

// Rows of a slice: JSON takes 2 to 4 us a row, YAML 0.5.
constexpr std::size_t kRows = 250;
constexpr std::size_t kYamlRows = 1000;

template <class AnyJson>
std::string text_of(const AnyJson& value) {
  return value.dump(-1, ' ', false, AnyJson::error_handler_t::replace);
}

// {"ok": [row, row, ...]}, some rows a slice.
class Rows : public Later {
 public:
  bool advance(std::string& line) final {
    if (!began_) {
      line += R"({"ok":[)";
    }
    bool over = false;
    const Json rows = next(over);
    for (const Json& row : rows) {
      line += std::exchange(began_, true) && line.back() != '[' ? "," : "";
      line += text_of(row);
    }
    began_ = true;
    if (over) {
      line += "]}\n";
    }
    return over;
  }

 private:
  virtual Json next(bool& over) = 0;

  bool began_ = false;
};

class RouteRows final : public Rows {
 public:
  RouteRows(const Router& router, const RouteFilter& filter) : router_{router}, filter_{filter} {}

 private:
  Json next(bool& over) override {
    RouteFilter slice = filter_;
    slice.most = std::min(filter_.most, kRows);
    slice.next_hops = kRows;
    json rows = report_routes(router_, slice);
    filter_.most -= rows.size();
    std::size_t next_hops = 0;
    for (const json& row : rows) {
      next_hops += row.at("nexthops").size();
    }
    over = filter_.most == 0 || (rows.size() < slice.most && next_hops < slice.next_hops);
    if (!rows.empty()) {
      const json& last = rows.back();
      filter_.after = {
          .table = router_.configuration()
                       .table_names()
                       .parse(last.at("table").get<std::string>())
                       .value(),
          .position = {.prefix = Prefix4::parse(last.at("prefix").get<std::string>()).value(),
                       .metric = last.at("metric").get<std::uint32_t>(),
                       .rank = last.at("rank").get<fib::Rank>()}};
    }
    return Json(std::move(rows));
  }

  const Router& router_;
  RouteFilter filter_;
};

class NeighborRows final : public Rows {
 public:
  NeighborRows(const Router& router, std::optional<neigh::Key4> after)
      : router_{router}, after_{after} {}

 private:
  Json next(bool& over) override {
    const neigh::Table4& table = router_.neighbors().table();
    const auto page = table.page(after_, kRows);
    Json rows = report_neighbors(router_, after_, kRows);
    over = page.size() < kRows;
    if (!page.empty()) {
      after_ = table.entry(page.back()).key;
    }
    return rows;
  }

  const Router& router_;
  std::optional<neigh::Key4> after_;
};

// What is short first, then the routes and the static neighbors, from the tables.
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

  // As a part of a string in JSON.
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
      return ++seen < kYamlRows;
    };
    router_.routing().rib().for_each(tables_.front(), list, after_);
    if (seen < kYamlRows) {
      tables_.erase(tables_.begin());
      after_.reset();
    }
    append_items(line, "\nroutes:\n", config::to_yaml(routes, router_.configuration().fixed()));
  }

  void append_neighbors(std::string& line) {
    const neigh::Table4& table = router_.neighbors().table();
    const auto page = table.page(neighbor_, kYamlRows);
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
    if (page.size() < kYamlRows) {
      go_on(Part::kOver);
    }
  }

  const Router& router_;
  Part part_ = Part::kHead;
  bool headed_ = false;
  std::vector<fib::Table> tables_;  // that are still to come
  std::optional<fib::Rib4::Position> after_;
  std::optional<neigh::Key4> neighbor_;
};

class FlushEnd final : public Later {
 public:
  explicit FlushEnd(std::shared_ptr<const host::Neighbors::Flushed> flushed)
      : flushed_{std::move(flushed)} {}

  bool advance(std::string& line) override {
    if (flushed_->over) {
      line += ok_line({{"removed", flushed_->removed}});
    }
    return flushed_->over;
  }

 private:
  std::shared_ptr<const host::Neighbors::Flushed> flushed_;
};

}  // namespace

std::unique_ptr<Later> list_routes(const Router& router, const RouteFilter& filter) {
  return std::make_unique<RouteRows>(router, filter);
}

std::unique_ptr<Later> list_neighbors(const Router& router, std::optional<neigh::Key4> after) {
  return std::make_unique<NeighborRows>(router, after);
}

std::unique_ptr<Later> write_config(const Router& router) {
  return std::make_unique<ConfigText>(router);
}

std::unique_ptr<Later> await_flush(std::shared_ptr<const host::Neighbors::Flushed> flushed) {
  return std::make_unique<FlushEnd>(std::move(flushed));
}

}  // namespace ringroad::control
