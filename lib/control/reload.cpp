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

Reload::Reload(const ReloadParts& parts, const Clock& clock) : parts_{parts}, clock_{clock} {}

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

Reload::Running Reload::running() const {
  Running running{.config = parts_.configuration.running_parts(),
                  .ids = {},
                  .ups = {},
                  .neighbors_max = parts_.configuration.neighbors_max()};
  for (const interface::InterfaceView& view : parts_.world.ports()) {
    running.ids.emplace(view.name, view.id);
    if (!view.up) {
      const std::string_view section = view.link ? "vlans" : "ports";
      running.ups.push_back({.kind = config::Change::Kind::kChanged,
                             .key = fmt::format("{}.{}.up", section, view.name),
                             .before = "false",
                             .after = "true",
                             .effect = config::Effect::kLive});
    }
  }
  return running;
}

// Runs in the reading thread.
void Reload::read(const Running& running) {
  const auto report = [this](const config::Problems& problems) {
    for (const config::Problem& problem : problems) {
      read_.problems.push_back(problem.to_string());
    }
  };
  const auto text = config::read_file(request_.file);
  if (!text) {
    report(text.error());
    return;
  }
  read_.text = *text;
  auto config = config::parse(read_.text, request_.file);
  if (!config) {
    report(config.error());
    return;
  }
  read_.config = std::move(*config);
  routing::PortIds ids = running.ids;
  auto next = static_cast<std::uint16_t>(ids.size());
  for (config::Port& port : read_.config.ports) {
    port.addresses = interface::in_order(port.addresses);
    const auto [id, is_new] = ids.try_emplace(port.name, InterfaceId{next});
    next = static_cast<std::uint16_t>(next + (is_new ? 1 : 0));
    read_.ids.push_back(id->second);
  }
  auto routes = routing::wanted_routes(read_.config, ids, &reading_);
  if (!routes) {
    read_.problems.push_back(config::place(read_.text, request_.file, routes.error()).to_string());
    return;
  }
  read_.routes = std::make_shared<routing::WantedRoutes>(std::move(*routes));
  read_.config.routes.clear();
  compare(running);
}

void Reload::compare(const Running& running) {
  read_.changes = config::difference(running.config, read_.config);
  for (const config::Change& change : running.ups) {
    const auto is_it = [&](const config::Port& port) {
      return change.key == fmt::format("{}.{}.up", port.vlan ? "vlans" : "ports", port.name);
    };
    if (std::ranges::any_of(read_.config.ports, is_it)) {
      read_.changes.push_back(change);
    }
  }
  for (const config::Change& change : read_.changes) {
    if (change.effect == config::Effect::kLive) {
      continue;
    }
    const std::string what = change.before.empty()  ? "new: it needs a restart"
                             : change.after.empty() ? "gone: it needs a restart"
                                                    : fmt::format("from {} to {} needs a restart",
                                                                  change.before, change.after);
    read_.refused.push_back(placed(change.key, what));
  }
  if (read_.config.arp.gc_thresh[2] > running.neighbors_max) {
    read_.refused.push_back(placed(
        "arp.gc_thresh", fmt::format("more neighbors than the {}, for which there is room since "
                                     "the start, need a restart",
                                     running.neighbors_max)));
  }
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
      if (difference_->advance()) {
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

std::string Reload::placed(const std::string& key, const std::string& what) const {
  return config::place(read_.text, request_.file, key, what).to_string();
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
  difference_ = std::make_shared<routing::RouteDifference>(parts_.routing.rib(), *read_.routes);
  state_ = State::kComparing;
}

void Reload::plan() {
  outcome_->routes = difference_;
  if (request_.check) {
    finish();
    return;
  }
  const Target target{
      .config = read_.config, .ids = read_.ids, .routes = read_.routes, .difference = difference_};
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
  steps_.clear();
  state_ = State::kIdle;
  return {};
}

void Reload::finish() {
  Outcome& outcome = *outcome_;
  outcome.confirm = outcome.applied ? request_.confirm : std::nullopt;
  outcome.over = true;
  state_ = State::kIdle;
  if (!request_.confirm || !outcome.applied) {
    steps_.clear();
  }
  difference_.reset();
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
  const routing::RouteDifference::Counts& routes = outcome.routes->counts();
  log::info(
      "reload: {}: {} changes; routes: {} added, {} removed, {} changed{}", outcome.file,
      outcome.changes.size(), routes.added, routes.removed, routes.changed,
      outcome.confirm
          ? fmt::format("; goes back in {} s unless confirmed",
                        std::chrono::duration_cast<std::chrono::seconds>(*outcome.confirm).count())
          : "");
}

}  // namespace ringroad::control
