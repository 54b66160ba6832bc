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

Result<std::unique_ptr<RouteLoad>> RouteLoad::start(const config::RouteFile& file,
                                                    Routing4& routing, Background& background,
                                                    Gateways gateways) {
  if (const Status status = Routing4::check_table(fib::Table{file.table}); !status) {
    return std::unexpected{status.error()};
  }
  std::vector<fib::Path4> paths;
  for (const Ipv4 via : file.via) {
    const auto path = routing.path_via(via, gateways == Gateways::kMayWait);
    if (!path) {
      return fail(fmt::format("{}: {}", file.path, path.error().what));
    }
    paths.push_back(*path);
  }
  std::unique_ptr<RouteLoad> load{new RouteLoad{file, std::move(paths), routing}};
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
  outcome_.skipped_ipv6 = contents.skipped_ipv6;
  outcome_.bad_lines = contents.bad_lines;
  outcome_.complaints = std::move(contents.complaints);
  outcome_.error = std::move(contents.error);
  try {
    entries_.reserve(contents.prefixes.size());
  } catch (const std::exception& error) {
    outcome_.error = fmt::format("cannot read {}: {}", file_.path, error.what());
    return;
  }
  for (const Prefix4 prefix : contents.prefixes) {
    entries_.push_back({prefix, gateway_of(prefix, paths_.size())});
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
  const std::size_t count = std::min(kSlice, entries_.size() - done_);
  if (const Status status = routing_.add(batch(done_, count)); !status) {
    outcome_.error = fmt::format("{}: {}", file_.path, status.error().what);
    state_ = State::kUndoing;
    return;
  }
  done_ += count;
  if (done_ == entries_.size()) {
    outcome_.added = done_;
    entries_ = {};
    state_ = State::kDone;
  }
}

void RouteLoad::undo_slice() {
  std::size_t count = std::min(kSlice, done_);
  if (!routing_.erase(batch(done_ - count, count))) {
    // A route of this slice was deleted meanwhile, so the others are removed one by one.
    count = std::min(kSliceOneByOne, count);
    for (std::size_t i = done_ - count; i < done_; ++i) {
      [[maybe_unused]] const Status erased = routing_.erase(batch(i, 1));
    }
  }
  done_ -= count;
  if (done_ == 0) {
    entries_ = {};
    state_ = State::kFailed;
  }
}

fib::Rib4::Batch RouteLoad::batch(std::size_t first, std::size_t count) const {
  return {.table = fib::Table{file_.table},
          .metric = file_.metric,
          .paths = paths_,
          .entries = std::span{entries_}.subspan(first, count)};
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
      return of(done_, entries_.size());
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
