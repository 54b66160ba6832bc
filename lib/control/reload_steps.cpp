// SPDX-License-Identifier: BSD-3-Clause
#include "control/reload_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "control/settings.hpp"

namespace ringroad::control {
namespace {

// A slice takes 2 to 10 us an edit, and 2 us a neighbor.
constexpr std::size_t kEditsASlice = 256;
constexpr std::size_t kNeighborsASlice = 512;

// A step that is done in one go. `undo` is called only if it was done.
class WholeStep final : public ReloadStep {
 public:
  using Apply = std::function<std::expected<void, Refusal>()>;
  WholeStep(Apply apply, std::function<void()> undo)
      : apply_{std::move(apply)}, undo_{std::move(undo)} {}

  std::expected<bool, Refusal> apply() override {
    if (const auto outcome = apply_(); !outcome) {
      return std::unexpected{outcome.error()};
    }
    done_ = true;
    return true;
  }
  bool undo() override {
    if (std::exchange(done_, false)) {
      undo_();
    }
    return true;
  }

 private:
  Apply apply_;
  std::function<void()> undo_;
  bool done_ = false;
};

// Sets and removes routes, in slices. Each slice is one step for the packets.
class RouteStep final : public ReloadStep {
 public:
  RouteStep(routing::Routing4& routing, Links& links,
            std::shared_ptr<const routing::RouteDifference> difference)
      : routing_{routing}, links_{links}, difference_{std::move(difference)} {}

  std::expected<bool, Refusal> apply() override {
    const std::size_t end = std::min(done_ + kEditsASlice, difference_->changes().size());
    if (const Status status = commit(done_, end, false); !status) {
      return std::unexpected{Refusal{"routes", status.error().what}};
    }
    done_ = end;
    return at_end(done_ == difference_->changes().size());
  }
  bool undo() override {
    const std::size_t begin = done_ - std::min(done_, kEditsASlice);
    // The routes were there before.
    static_cast<void>(commit(begin, done_, true));
    done_ = begin;
    return at_end(done_ == 0);
  }

 private:
  bool at_end(bool over) {
    if (over) {
      links_.apply_unnumbered();
    }
    return over;
  }

  Status commit(std::size_t begin, std::size_t end, bool back) {
    std::vector<routing::Routing4::Edit> edits;
    std::vector<const fib::Path4*> before;
    const auto path = [&](std::uint32_t number) {
      return number == routing::RouteDifference::kNoPath ? nullptr : &difference_->path(number);
    };
    for (std::size_t i = begin; i < end; ++i) {
      const routing::RouteDifference::Change& change = difference_->changes()[i];
      const fib::Path4* const old = path(back ? change.after : change.before);
      const fib::Path4* const now = path(back ? change.before : change.after);
      edits.push_back({.prefix = change.prefix,
                       .table = change.table,
                       .metric = change.metric,
                       .path = now != nullptr ? std::optional{*now} : std::nullopt});
      before.push_back(old);
    }
    return routing_.commit(edits, before);
  }

  routing::Routing4& routing_;
  Links& links_;
  std::shared_ptr<const routing::RouteDifference> difference_;
  std::size_t done_ = 0;
};

// Sets and removes permanent neighbors, in slices.
class NeighborStep final : public ReloadStep {
 public:
  struct Edit {
    neigh::Key4 key;
    std::optional<Mac> before;
    std::optional<Mac> after;
  };
  NeighborStep(host::Neighbors& neighbors, const routing::Routing4& routing,
               std::vector<Edit> edits)
      : neighbors_{neighbors}, routing_{routing}, edits_{std::move(edits)} {}

  std::expected<bool, Refusal> apply() override {
    const std::size_t end = std::min(done_ + kNeighborsASlice, edits_.size());
    for (; done_ < end; ++done_) {
      const Edit& edit = edits_[done_];
      if (edit.after && !routing_.has_room_for(edit.key)) {
        return std::unexpected{
            Refusal{"neighbors", "the tables of next hops have no room for a neighbor"}};
      }
      set(edit.key, edit.after);
    }
    return done_ == edits_.size();
  }
  bool undo() override {
    const std::size_t begin = done_ - std::min(done_, kNeighborsASlice);
    for (; done_ > begin; --done_) {
      set(edits_[done_ - 1].key, edits_[done_ - 1].before);
    }
    return done_ == 0;
  }

 private:
  void set(neigh::Key4 key, std::optional<Mac> mac) {
    if (mac) {
      neighbors_.set_permanent(key, *mac);
    } else {
      neighbors_.erase(key);
    }
  }

  host::Neighbors& neighbors_;
  const routing::Routing4& routing_;
  std::vector<Edit> edits_;
  std::size_t done_ = 0;
};

// Plans the steps, with the values that run now for undoing them.
class Planner {
 public:
  Planner(const Target& target, const ReloadParts& parts) : target_{target}, parts_{parts} {
    wanted_.resize(parts.world.ports().size());
    for (std::size_t i = 0; i < target.ids.size(); ++i) {
      wanted_[target.ids[i].value()] = target.config.ports[i];
    }
  }

  std::vector<std::unique_ptr<ReloadStep>> plan() {
    add_links();
    add_settings();
    add_addresses();
    steps_.push_back(std::make_unique<RouteStep>(parts_.routing, parts_.links, target_.difference));
    add_neighbors();
    add_rest();
    return std::move(steps_);
  }

 private:
  void add(WholeStep::Apply apply, std::function<void()> undo) {
    steps_.push_back(std::make_unique<WholeStep>(std::move(apply), std::move(undo)));
  }
  // A step by a function of Links, which takes a value for each port.
  template <class Values>
  void add_of_links(Links::Outcome (Links::*set)(const Values&), Values after, Values before,
                    std::string_view key) {
    add(
        [this_links = &parts_.links, world = &parts_.world, set, after = std::move(after),
         key]() -> std::expected<void, Refusal> {
          const Links::Outcome outcome = (this_links->*set)(after);
          if (outcome) {
            return {};
          }
          const interface::InterfaceView& view = world->port(outcome.error().port);
          return std::unexpected{
              Refusal{fmt::format("{}.{}.{}", view.link ? "vlans" : "ports", view.name, key),
                      outcome.error().what}};
        },
        [this_links = &parts_.links, set, before = std::move(before)] {
          static_cast<void>((this_links->*set)(before));
        });
  }

  void add_links() {
    std::vector<std::uint16_t> mtus;
    std::vector<std::uint16_t> mtus_before;
    std::vector<std::optional<Mac>> macs;
    std::vector<std::optional<Mac>> macs_before;
    std::vector<bool> ups_before;
    for (const interface::InterfaceView& view : parts_.world.ports()) {
      mtus.push_back(wanted_[view.id.value()].mtu);
      mtus_before.push_back(parts_.links.wanted_mtu(view.id));
      macs.push_back(wanted_[view.id.value()].mac);
      macs_before.push_back(parts_.links.wanted_mac(view.id));
      ups_before.push_back(view.up);
    }
    add_of_links(&Links::set_mtus, mtus, mtus_before, "mtu");
    add_of_links(&Links::set_macs, macs, macs_before, "macaddress");
    add_of_links(&Links::set_ups, std::vector<bool>(ups_before.size(), true), ups_before, "up");
  }

  void add_settings() {
    const config::Config before = parts_.configuration.brief_config();
    std::vector<config::Port> ports_before;
    for (const interface::InterfaceView& view : parts_.world.ports()) {
      ports_before.push_back(parts_.configuration.fixed().ports[view.id.value()]);
    }
    const auto set = [parts = parts_](const config::Config& config,
                                      const std::vector<config::Port>& ports) {
      for (const interface::InterfaceView& view : parts.world.ports()) {
        const config::Port& port = ports[view.id.value()];
        parts.world.set_policy(view.id, {.forwarding = port.forwarding,
                                         .send_redirects = port.send_redirects,
                                         .dad = port.dad,
                                         .rp_filter = port.rp_filter});
        const neigh::Parameters timers = parameters_of(port.arp.value_or(config.arp.timers));
        if (parts.neighbors.table().parameters(view.id) != timers) {
          parts.neighbors.set_parameters(view.id, timers);
        }
      }
      neigh::Limits limits = parts.neighbors.table().limits();
      limits.gc_thresh = config.arp.gc_thresh;
      parts.neighbors.set_limits(limits, config.arp.queue_bytes);
      parts.addresses.set_announce(config.arp.notify);
    };
    add(
        [set, config = target_.config, ports = wanted_]() -> std::expected<void, Refusal> {
          set(config, ports);
          return {};
        },
        [set, before, ports_before] { set(before, ports_before); });
    if (before.icmp != target_.config.icmp) {
      const auto limit = [parts = parts_](const config::Icmp& icmp) {
        parts.slow_path.set_limits(
            {.rate = icmp.rate, .burst = icmp.burst, .per_destination = icmp.per_destination});
      };
      add(
          [limit, icmp = target_.config.icmp]() -> std::expected<void, Refusal> {
            limit(icmp);
            return {};
          },
          [limit, icmp = before.icmp] { limit(icmp); });
    }
  }

  void add_addresses() {
    Links::AddressLists before;
    Links::AddressLists after;
    for (const interface::InterfaceView& view : parts_.world.ports()) {
      before.push_back(view.addresses);
      after.push_back(wanted_[view.id.value()].addresses);
    }
    add_of_links(&Links::set_addresses, after, before, "addresses");
    // Last, so that each address has its place.
    auto order = std::make_shared<routing::Routing4::Order>();
    add(
        [parts = parts_, ids = target_.ids, order]() -> std::expected<void, Refusal> {
          *order = parts.routing.rank_as_at_start(ids);
          if (const Status status = parts.routing.sync_connected(); !status) {
            parts.routing.set_order(*order);
            return std::unexpected{Refusal{"ports", status.error().what}};
          }
          return {};
        },
        [parts = parts_, order] {
          parts.routing.set_order(*order);
          static_cast<void>(parts.routing.sync_connected());
        });
  }

  void add_neighbors() {
    std::map<neigh::Key4, NeighborStep::Edit> edits;
    parts_.neighbors.table().for_each([&](NeighborId, const neigh::Entry4& entry) {
      if (entry.state == neigh::State::kPermanent) {
        edits[entry.key] = {.key = entry.key, .before = entry.mac, .after = std::nullopt};
      }
    });
    for (const config::StaticNeighbor& neighbor : target_.config.neighbors) {
      const auto port = std::ranges::find(target_.config.ports, neighbor.port, &config::Port::name);
      const auto index = static_cast<std::size_t>(port - target_.config.ports.begin());
      const neigh::Key4 key{target_.ids[index], neighbor.address};
      NeighborStep::Edit& edit = edits[key];
      edit.key = key;
      edit.after = neighbor.mac;
    }
    std::vector<NeighborStep::Edit> changed;
    for (const auto& [key, edit] : edits) {
      if (edit.before != edit.after) {
        changed.push_back(edit);
      }
    }
    steps_.push_back(
        std::make_unique<NeighborStep>(parts_.neighbors, parts_.routing, std::move(changed)));
  }

  void add_rest() {
    const auto kept = std::make_shared<Configuration::Kept>(
        Configuration::kept_of(target_.config, target_.ids, target_.routes->listed));
    const auto swap = [parts = parts_, kept] { parts.configuration.swap(*kept); };
    add(
        [swap]() -> std::expected<void, Refusal> {
          swap();
          return {};
        },
        swap);
  }

  const Target& target_;
  ReloadParts parts_;
  std::vector<config::Port> wanted_;  // in World's order
  std::vector<std::unique_ptr<ReloadStep>> steps_;
};

}  // namespace

std::vector<std::unique_ptr<ReloadStep>> steps_to(const Target& target, const ReloadParts& parts) {
  return Planner{target, parts}.plan();
}

}  // namespace ringroad::control
