// SPDX-License-Identifier: BSD-3-Clause
// Lists neighbors, all at once or page by page.
#include "control/json.hpp"
#include "control/rows.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

Json report_neighbors(const Router& router, const std::vector<NeighborId>& page) {
  Json neighbors = Json::array();
  const Nanoseconds now = router.clock().now();
  for (const NeighborId id : page) {
    const neigh::Entry4& entry = router.neighbors().table().entry(id);
    const double age = std::chrono::duration<double>(now - entry.updated).count();
    neighbors.push_back(
        {{"address", entry.key.address.to_string()},
         {"port", router.world().port(entry.key.port).name},
         {"mac", neigh::has_mac(entry.state) ? Json(entry.mac.to_string()) : Json()},
         {"state", neigh::to_string(entry.state)},
         {"age_seconds", round_to_tenth(age)},
         {"queued", router.neighbors().queued(id)}});
  }
  return neighbors;
}

class NeighborRows final : public Rows<Json> {
 public:
  NeighborRows(const Router& router, std::optional<neigh::Key4> after)
      : router_{router}, after_{after} {}

 private:
  Json next(bool& over) override {
    const neigh::Table4& table = router_.neighbors().table();
    const auto page = table.page(after_, kRowsASlice);
    over = page.size() < kRowsASlice;
    if (!page.empty()) {
      after_ = table.entry(page.back()).key;
    }
    return report_neighbors(router_, page);
  }

  const Router& router_;
  std::optional<neigh::Key4> after_;
};

Reply show_neighbors(Router& router, Options& options) {
  std::optional<std::size_t> most;
  std::optional<neigh::Key4> after;
  if (options.has("limit")) {
    most = options.number("limit", kRowsAPage);
  }
  if (options.has("after") && !options.at("after").is_object()) {
    options.complain("'after' is not a neighbor");
  } else if (options.has("after")) {
    Options row{options.at("after")};
    after = neigh::Key4{.port = {}, .address = row.parsed<Ipv4>("address", Ipv4::parse, kAddress)};
    if (const interface::InterfaceView* const port = port_of(router, row); port != nullptr) {
      after->port = port->id;
    }
    if (const auto& error = row.error()) {
      options.complain(error->what);
    }
  }
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  if (!most) {
    return std::make_unique<NeighborRows>(router, after);
  }
  return at_once(report_neighbors(router, router.neighbors().table().page(after, *most)));
}

const Verb kShowNeighbors{"show neighbors", show_neighbors};

}  // namespace

}  // namespace ringroad::control
