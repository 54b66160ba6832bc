// SPDX-License-Identifier: BSD-3-Clause
#include "routing/route_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <system_error>
#include <utility>

#include "routing/route_file.hpp"

namespace ringroad::routing {
namespace {

// The number of routes in one slice.
constexpr std::size_t kSlice = 4096;
constexpr std::size_t kSliceOneByOne = 512;

}  // namespace

template <class Address>
Result<RouteLoad::Part<Address>> RouteLoad::part_of(const config::RouteFile& file,
                                                    Routing<Address>& routing, Gateways gateways) {
  Part<Address> part{.routing = routing};
  for (const Address via : file.gateways<Address>()) {
    const auto path = routing.path_via(via, gateways == Gateways::kMayWait);
    if (!path) {
      return fail(fmt::format("{}: {}", file.path, path.error().what));
    }
    part.paths.push_back(*path);
  }
  return part;
}

Result<std::unique_ptr<RouteLoad>> RouteLoad::start(const config::RouteFile& file,
                                                    Routing4& routing, Routing6& routing6,
                                                    Background& background, Gateways gateways) {
  if (const Status status = Routing4::check_table(fib::Table{file.table}); !status) {
    return std::unexpected{status.error()};
  }
  auto ipv4 = part_of(file, routing, gateways);
  if (!ipv4) {
    return std::unexpected{ipv4.error()};
  }
  auto ipv6 = part_of(file, routing6, gateways);
  if (!ipv6) {
    return std::unexpected{ipv6.error()};
  }
  std::unique_ptr<RouteLoad> load{new RouteLoad{file, *std::move(ipv4), *std::move(ipv6)}};
  try {
    load->reader_ = std::thread{[load = load.get(), &background] {
      background.run([&] { load->read(); });
      load->over_.store(true, std::memory_order_release);
    }};
  } catch (const std::system_error& error) {
    return fail(fmt::format("{}: no thread to read it: {}", file.path, error.what()));
  }
  return load;
}

RouteLoad::~RouteLoad() {
  reading_.stop.store(true, std::memory_order_relaxed);
  if (reader_.joinable()) {
    reader_.join();
  }
}

void RouteLoad::read() {
  RouteFileContents contents = read_route_file(file_, &reading_);
  outcome_.skipped_ipv4 = contents.skipped_ipv4;
  outcome_.skipped_ipv6 = contents.skipped_ipv6;
  outcome_.bad_lines = contents.bad_lines;
  outcome_.complaints = std::move(contents.complaints);
  outcome_.error = std::move(contents.error);
  const auto give_gateways = [](const auto& prefixes, auto& part) {
    part.entries.reserve(prefixes.size());
    for (const auto prefix : prefixes) {
      part.entries.push_back({prefix, gateway_of(prefix, part.paths.size())});
    }
  };
  try {
    give_gateways(contents.prefixes, ipv4_);
    give_gateways(contents.prefixes6, ipv6_);
  } catch (const std::exception& error) {
    outcome_.error = fmt::format("cannot read {}: {}", file_.path, error.what());
  }
}

bool RouteLoad::advance() {
  switch (state_) {
    case State::kReading:
      if (!over_.load(std::memory_order_acquire)) {
        return false;
      }
      take_up();
      return true;
    case State::kAdding:
      add_slice();
      return true;
    case State::kUndoing:
      undo_slice();
      return true;
    case State::kDone:
    case State::kFailed:
      return false;
  }
  return false;
}

void RouteLoad::take_up() {
  reader_.join();
  state_ = outcome_.error.empty() ? State::kAdding : State::kFailed;
}

void RouteLoad::add_slice() {
  const bool ipv4 = ipv4_.done < ipv4_.entries.size();
  if (const Status status = ipv4 ? add_slice(ipv4_) : add_slice(ipv6_); !status) {
    outcome_.error = fmt::format("{}: {}", file_.path, status.error().what);
    state_ = State::kUndoing;
  } else if (done() == total()) {
    outcome_.added = done();
    end(State::kDone);
  }
}

template <class Address>
Status RouteLoad::add_slice(Part<Address>& part) {
  const std::size_t count = std::min(kSlice, part.entries.size() - part.done);
  Status status = part.routing.add(batch(part, part.done, count));
  part.done += status ? count : 0;
  return status;
}

void RouteLoad::undo_slice() {
  if (ipv6_.done > 0) {
    undo_slice(ipv6_);
  } else {
    undo_slice(ipv4_);
  }
  if (done() == 0) {
    end(State::kFailed);
  }
}

template <class Address>
void RouteLoad::undo_slice(Part<Address>& part) {
  std::size_t count = std::min(kSlice, part.done);
  if (!part.routing.erase(batch(part, part.done - count, count))) {
    // A route of this slice was deleted meanwhile, so the others are removed one by one.
    count = std::min(kSliceOneByOne, count);
    for (std::size_t i = part.done - count; i < part.done; ++i) {
      [[maybe_unused]] const Status erased = part.routing.erase(batch(part, i, 1));
    }
  }
  part.done -= count;
}

void RouteLoad::end(State state) {
  ipv4_.entries = {};
  ipv6_.entries = {};
  state_ = state;
}

template <class Address>
fib::RouteBatch<Address> RouteLoad::batch(const Part<Address>& part, std::size_t first,
                                          std::size_t count) const {
  return {.table = fib::Table{file_.table},
          .metric = file_.metric,
          .paths = part.paths,
          .entries = std::span{part.entries}.subspan(first, count)};
}

unsigned RouteLoad::percent() const {
  const auto of = [](std::uint64_t done, std::uint64_t total) {
    return total == 0 ? 0U : static_cast<unsigned>(done * 100 / total);
  };
  switch (state_) {
    case State::kReading:
      return of(reading_.done.load(std::memory_order_relaxed),
                reading_.total.load(std::memory_order_relaxed));
    case State::kAdding:
    case State::kUndoing:
      return of(done(), total());
    case State::kDone:
    case State::kFailed:
      break;
  }
  return 100;
}

std::string_view to_string(RouteLoad::State state) {
  constexpr std::array<std::string_view, 5> kNames{"reading", "adding", "undoing", "done",
                                                   "failed"};
  return kNames.at(static_cast<std::size_t>(state));
}

}  // namespace ringroad::routing
