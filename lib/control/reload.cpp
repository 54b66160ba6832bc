// SPDX-License-Identifier: BSD-3-Clause
#include "control/reload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

#include "base/log.hpp"

namespace ringroad::control {
namespace {

// The most changes that are logged one by one.
constexpr std::size_t kLogged = 50;

}  // namespace

std::string Reload::Outcome::error() const {
  return fmt::format("{}", fmt::join(problems.empty() ? refused : problems, "\n"));
}

Reload::Reload(ReloadParts parts, const Clock& clock) : parts_{std::move(parts)}, clock_{clock} {}

Reload::~Reload() {
  reading_.stop.store(true, std::memory_order_relaxed);
  if (reader_.joinable()) {
    reader_.join();
  }
}

std::string Reload::why_locked() const {
  switch (state_) {
    case State::kIdle:
      return {};
    case State::kWaiting:
      return "the last reload waits for `roadctl confirm`; without it the router goes back";
    default:
      return "a reload is being carried out; wait for its end";
  }
}

Result<std::shared_ptr<const Reload::Outcome>> Reload::begin(const Request& request) {
  if (std::string why = why_locked(); !why.empty()) {
    return fail(std::move(why));
  }
  if (parts_.configuration.loads()) {
    return fail(fmt::format("{} is being loaded; wait for its end",
                            parts_.configuration.load()->file().path));
  }
  request_ = request;
  if (request_.file.empty()) {
    request_.file = file_;
  }
  if (request_.file.empty()) {
    return fail("the router was started without a file; name one");
  }
  outcome_ = std::make_shared<Outcome>();
  outcome_->file = request_.file;
  read_ = {};
  read_over_.store(false, std::memory_order_relaxed);
  try {
    reader_ = std::thread{[this, running = running()] {
      parts_.configuration.background().run([&] { read(running); });
      read_over_.store(true, std::memory_order_release);
    }};
  } catch (const std::system_error& error) {
    return fail(fmt::format("{}: no thread to read it: {}", request_.file, error.what()));
  }
  state_ = State::kReading;
  return outcome_;
}

bool Reload::advance() {
  switch (state_) {
    case State::kIdle:
      return false;
    case State::kReading:
      if (!read_over_.load(std::memory_order_acquire)) {
        return false;
      }
      take_up();
      return true;
    case State::kComparing:
      if (difference_->advance() && difference6_->advance()) {
        plan();
      }
      return true;
    case State::kApplying:
      apply();
      return true;
    case State::kUndoing:
      undo();
      return true;
    case State::kWaiting:
      if (clock_.now() < until_) {
        return false;
      }
      log::warn("reload: no confirmation came: the router goes back to what it ran before");
      expired_ = true;
      state_ = State::kUndoing;
      return true;
  }
  return false;
}

routing::RouteCounts Reload::Outcome::route_counts() const {
  return routes->counts() + routes6->counts();
}

void Reload::take_up() {
  reader_.join();
  outcome_->problems = std::move(read_.problems);
  outcome_->refused = std::move(read_.refused);
  outcome_->changes = std::move(read_.changes);
  if (!outcome_->problems.empty() || (!outcome_->refused.empty() && !request_.check)) {
    finish();
    return;
  }
  for (std::size_t i = 0; i < read_.ids.size(); ++i) {
    outcome_->names.emplace(read_.ids[i], read_.config.ports[i].name);
  }
  for (const interface::InterfaceView& view : parts_.world.ports()) {
    outcome_->names.emplace(view.id, view.name);
  }
  difference_ =
      std::make_shared<routing::RouteDifference4>(parts_.routing.rib(), read_.routes->ipv4);
  difference6_ =
      std::make_shared<routing::RouteDifference6>(parts_.routing6.rib(), read_.routes->ipv6);
  state_ = State::kComparing;
}

void Reload::plan() {
  outcome_->routes = difference_;
  outcome_->routes6 = difference6_;
  if (request_.check) {
    finish();
    return;
  }
  const Target target{.config = read_.config,
                      .ids = read_.ids,
                      .routes = read_.routes,
                      .difference = difference_,
                      .difference6 = difference6_};
  for (const InterfaceId id : parts_.configuration.order()) {
    interfaces_[id] = parts_.configuration.fixed().ports[id.value()];
  }
  for (std::size_t i = 0; i < read_.ids.size(); ++i) {
    interfaces_[read_.ids[i]] = read_.config.ports[i];
  }
  steps_ = steps_to(target, parts_);
  step_ = 0;
  state_ = State::kApplying;
}

void Reload::apply() {
  std::expected<bool, Refusal> outcome = true;
  const Status injected = on_step ? on_step(step_) : Status{};
  if (injected) {
    outcome = steps_[step_]->apply();
  } else {
    outcome = std::unexpected{Refusal{"", injected.error().what}};
  }
  if (!outcome) {
    outcome_->refused.push_back(placed(outcome.error().key, outcome.error().what));
    state_ = State::kUndoing;
    return;
  }
  if (!*outcome || ++step_ < steps_.size()) {
    return;
  }
  step_ = steps_.size() - 1;
  outcome_->applied = true;
  finish();
  if (request_.confirm) {
    until_ = clock_.now() + *request_.confirm;
    state_ = State::kWaiting;
  }
}

void Reload::undo() {
  if (!steps_[step_]->undo()) {
    return;
  }
  if (step_ > 0) {
    --step_;
    return;
  }
  if (std::exchange(expired_, false)) {
    log::info("reload: the router runs what it ran before");
    if (on_reverted) {
      on_reverted();
    }
    steps_.clear();
    state_ = State::kIdle;
    return;
  }
  finish();
}

Status Reload::confirm() {
  if (state_ != State::kWaiting) {
    return fail("no reload waits for a confirmation");
  }
  log::info("reload: confirmed");
  keep();
  state_ = State::kIdle;
  return {};
}

void Reload::keep() {
  for (const auto& step : steps_) {
    step->keep();
  }
  steps_.clear();
}

void Reload::finish() {
  Outcome& outcome = *outcome_;
  outcome.confirm = outcome.applied ? request_.confirm : std::nullopt;
  outcome.over = true;
  state_ = State::kIdle;
  if (!outcome.applied) {
    steps_.clear();
  } else if (!request_.confirm) {
    keep();
  }
  difference_.reset();
  difference6_.reset();
  if (outcome.applied && on_applied) {
    on_applied(outcome.file, read_.text);
  }
  read_ = {};
  if (request_.check) {
    return;
  }
  if (!outcome.applied) {
    for (const std::string& problem :
         outcome.problems.empty() ? outcome.refused : outcome.problems) {
      log::error("reload: {}", problem);
    }
    log::error("reload: refused; nothing was changed");
    return;
  }
  std::size_t logged = 0;
  for (const config::Change& change : outcome.changes) {
    if (logged++ < kLogged) {
      log::info("reload: {}", to_string(change));
    }
  }
  const routing::RouteCounts routes = outcome.route_counts();
  log::info(
      "reload: {}: {} changes; routes: {} added, {} removed, {} changed{}", outcome.file,
      outcome.changes.size(), routes.added, routes.removed, routes.changed,
      outcome.confirm
          ? fmt::format("; goes back in {} s unless confirmed",
                        std::chrono::duration_cast<std::chrono::seconds>(*outcome.confirm).count())
          : "");
}

}  // namespace ringroad::control
