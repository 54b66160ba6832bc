// SPDX-License-Identifier: BSD-3-Clause
// Lists neighbors of both families, all at once or page by page.
#include <algorithm>
#include <string_view>
#include <type_traits>
#include <vector>

#include "control/json.hpp"
#include "control/rows.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

template <class Address>
Json report_neighbors(const Router& router, const std::vector<NeighborId>& page) {
  Json neighbors = Json::array();
  const auto& known = router.neighbors_of<Address>();
  const Nanoseconds now = router.clock().now();
  for (const NeighborId id : page) {
    const neigh::Entry<Address>& entry = known.table().entry(id);
    const double age = std::chrono::duration<double>(now - entry.updated).count();
    neighbors.push_back(
        {{"address", entry.key.address.to_string()},
         {"port", router.world().port(entry.key.port).name},
         {"mac", neigh::has_mac(entry.state) ? Json(entry.mac.to_string()) : Json()},
         {"state", neigh::to_string(entry.state)},
         {"age_seconds", round_to_tenth(age)},
         {"queued", known.queued(id)}});
  }
  return neighbors;
}

// Which neighbors of a family are asked for.
template <class Address>
struct FamilyFilter {
  bool wanted = true;
  std::optional<Prefix<Address>> address{};
  std::optional<neigh::Key<Address>> after{};
};

// Which neighbors are asked for. The selectors are those of `ip neigh show`.
struct NeighborFilter {
  FamilyFilter<Ipv4> ipv4{};
  FamilyFilter<Ipv6> ipv6{};
  std::optional<InterfaceId> port{};
  std::optional<Mac> mac{};
  std::optional<neigh::State> state{};
  std::size_t most = ~std::size_t{0};

  template <class Address>
  [[nodiscard]] FamilyFilter<Address>& of() {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return ipv4;
    } else {
      return ipv6;
    }
  }
  template <class Address>
  [[nodiscard]] bool matches(const neigh::Entry<Address>& entry) {
    const std::optional<Prefix<Address>>& address = of<Address>().address;
    return (!address || address->contains(entry.key.address)) &&
           (!state || entry.state == *state) &&
           (!mac || (neigh::has_mac(entry.state) && entry.mac == *mac));
  }
};

// Lists the neighbors of IPv4, then those of IPv6.
class NeighborRows final : public Rows<Json> {
 public:
  NeighborRows(const Router& router, const NeighborFilter& filter)
      : router_{router}, filter_{filter} {}

 private:
  Json next(bool& over) override {
    Json rows = filter_.ipv4.wanted ? next_of<Ipv4>() : next_of<Ipv6>();
    over = filter_.most == 0 || (!filter_.ipv4.wanted && !filter_.ipv6.wanted);
    return rows;
  }
  // The family is wanted no more once its last neighbor was visited.
  template <class Address>
  Json next_of() {
    FamilyFilter<Address>& family = filter_.of<Address>();
    if (!family.wanted) {
      return Json::array();
    }
    const auto& table = router_.neighbors_of<Address>().table();
    auto page = table.page(family.after, kRowsASlice, filter_.port);
    family.wanted = page.size() == kRowsASlice;
    if (!page.empty()) {
      family.after = table.entry(page.back()).key;
    }
    std::erase_if(page, [&](NeighborId id) { return !filter_.matches(table.entry(id)); });
    page.resize(std::min(page.size(), filter_.most));
    filter_.most -= page.size();
    return report_neighbors<Address>(router_, page);
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
  const std::uint32_t family = options.family();
  filter.ipv4.wanted = family != 6;
  filter.ipv6.wanted = family != 4;
  if (options.has_ipv6("address")) {
    filter.ipv4.wanted = false;
    filter.ipv6.address = read_prefix<Ipv6>(options, "address");
  } else if (options.has("address")) {
    filter.ipv6.wanted = false;
    filter.ipv4.address = read_prefix<Ipv4>(options, "address");
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
  return filter;
}

// The list goes on after this neighbor.
template <class Address>
void read_after(Router& router, Options& options, std::optional<neigh::Key<Address>>& after) {
  Options row{options.at("after")};
  after = neigh::Key<Address>{.port = {}, .address = read_address<Address>(row, "address")};
  if (const interface::InterfaceView* const port = port_of(router, row); port != nullptr) {
    after->port = port->id;
  }
  if (const auto& error = row.error()) {
    options.complain(error->what);
  }
}

Reply show_neighbors(Router& router, Options& options) {
  NeighborFilter filter = read_neighbor_filter(router, options);
  if (options.has("after") && !options.at("after").is_object()) {
    options.complain("'after' is not a neighbor");
  } else if (options.has("after") && Options{options.at("after")}.has_ipv6("address")) {
    filter.ipv4.wanted = false;  // all of them came before
    read_after(router, options, filter.ipv6.after);
  } else if (options.has("after")) {
    read_after(router, options, filter.ipv4.after);
  }
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  if (filter.most == 0 || (!filter.ipv4.wanted && !filter.ipv6.wanted)) {
    return at_once(Json::array());
  }
  return std::make_unique<NeighborRows>(router, filter);
}

const Verb kShowNeighbors{"show neighbors", show_neighbors};

}  // namespace

}  // namespace ringroad::control
