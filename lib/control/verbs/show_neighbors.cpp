// SPDX-License-Identifier: BSD-3-Clause
// Lists neighbors, all at once or page by page.
#include <algorithm>
#include <string_view>
#include <vector>

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

// Which neighbors are asked for. The selectors are those of `ip neigh show`.
struct NeighborFilter {
  std::optional<Prefix4> address{};
  std::optional<InterfaceId> port{};
  std::optional<Mac> mac{};
  std::optional<neigh::State> state{};
  bool none = false;  // of another family
  std::optional<neigh::Key4> after{};
  std::size_t most = ~std::size_t{0};

  [[nodiscard]] bool matches(const neigh::Entry4& entry) const {
    return !none && (!address || address->contains(entry.key.address)) &&
           (!state || entry.state == *state) &&
           (!mac || (neigh::has_mac(entry.state) && entry.mac == *mac));
  }
};

class NeighborRows final : public Rows<Json> {
 public:
  NeighborRows(const Router& router, const NeighborFilter& filter)
      : router_{router}, filter_{filter} {}

 private:
  Json next(bool& over) override {
    const neigh::Table4& table = router_.neighbors().table();
    auto page = table.page(filter_.after, kRowsASlice, filter_.port);
    over = page.size() < kRowsASlice;
    if (!page.empty()) {
      filter_.after = table.entry(page.back()).key;
    }
    std::erase_if(page, [&](NeighborId id) { return !filter_.matches(table.entry(id)); });
    page.resize(std::min(page.size(), filter_.most));
    filter_.most -= page.size();
    over = over || filter_.most == 0;
    return report_neighbors(router_, page);
  }

  const Router& router_;
  NeighborFilter filter_;
};

std::optional<neigh::State> parse_nud_state(std::string_view text) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(neigh::State::kPermanent); ++i) {
    if (const auto state = static_cast<neigh::State>(i); neigh::to_string(state) == text) {
      return state;
    }
  }
  return std::nullopt;
}

NeighborFilter read_neighbor_filter(Router& router, Options& options) {
  options.only({"limit", "after", "family", "address", "port", "mac", "state"});
  NeighborFilter filter;
  if (options.has("limit")) {
    filter.most = options.number("limit", kRowsAPage);
  }
  if (options.has("address")) {
    filter.address = options.parsed<Prefix4>("address", Prefix4::parse, kPrefix);
  }
  if (options.has("mac")) {
    filter.mac = options.parsed<Mac>("mac", Mac::parse, "a MAC address");
  }
  if (options.has("state")) {
    filter.state = options.parsed<neigh::State>(
        "state", parse_nud_state,
        "a state of neighbors: INCOMPLETE, REACHABLE, STALE, DELAY, PROBE, FAILED or PERMANENT");
  }
  filter.port = optional_port(router, options);
  filter.none = options.family() == 6;
  return filter;
}

Reply show_neighbors(Router& router, Options& options) {
  NeighborFilter filter = read_neighbor_filter(router, options);
  std::optional<neigh::Key4>& after = filter.after;
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
  if (filter.most == 0) {
    return at_once(Json::array());
  }
  return std::make_unique<NeighborRows>(router, filter);
}

const Verb kShowNeighbors{"show neighbors", show_neighbors};

}  // namespace

}  // namespace ringroad::control
