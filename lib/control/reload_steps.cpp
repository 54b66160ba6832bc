// SPDX-License-Identifier: BSD-3-Clause
#include "control/reload_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "control/interfaces.hpp"

namespace ringroad::control {
namespace {

// A slice takes 2 to 10 us an edit, and 2 us a neighbor.
constexpr std::size_t kEditsASlice = 256;
constexpr std::size_t kNeighborsASlice = 512;

}  // namespace

std::expected<bool, Refusal> WholeStep::apply() {
  if (const auto outcome = apply_(); !outcome) {
    return std::unexpected{outcome.error()};
  }
  done_ = true;
  return true;
}

bool WholeStep::undo() {
  if (std::exchange(done_, false)) {
    undo_();
  }
  return true;
}

// Returns why the device cannot be used; it is closed then.
std::optional<Refusal> PortStep::open() {
  PortSet& ports = parts_.ports;
  const std::string key = "ports." + wanted_.port.name;
  const auto opened = ports.open(wanted_.port, wanted_.vlans);
  if (!opened) {
    return Refusal{fmt::format("{}.{}", key, opened.error().field), opened.error().what};
  }
  std::optional<Refusal> refusal;
  if (const std::string why = ports.why_not_live(*opened, wanted_.port); !why.empty()) {
    refusal = {key, why};
  } else if (const Status status = ports.divide_buffers(); !status) {
    refusal = {key, status.error().what};
  } else if (const Status started = ports.devices().back()->start(); !started) {
    refusal = {key, started.error().what};
  }
  if (refusal) {
    ports.abandon();
    static_cast<void>(ports.divide_buffers());  // as before
  }
  return refusal;
}

// The workers use the port from the moment on at which its link is found up.
void PortStep::add() {
  const PortId id{wanted_.id.value()};
  parts_.world.add_port(view_of(wanted_.port, wanted_.id, nullptr, parts_.ports.devices()));
  parts_.ports.add_queues(id, wanted_.port, wanted_.scheduler);
  for (const auto& worker : parts_.workers) {
    worker->watch_rx(*parts_.ports.devices()[id.value()]);
  }
  parts_.taps.add_port(id);
  parts_.links.add(wanted_.id, wanted_.port, parts_.ports.own_mac(id));
  parts_.links.set_gone(wanted_.id, false);
}

std::expected<bool, Refusal> PortStep::apply() {
  if (parts_.links.releases()) {
    return false;  // its device may be the one that is being closed
  }
  if (const auto refusal = open()) {
    return std::unexpected{*refusal};
  }
  add();
  added_ = true;
  for (const auto& glean :
       {parts_.next_hops.glean(wanted_.id), parts_.next_hops6.glean(wanted_.id)}) {
    if (!glean) {
      return std::unexpected{Refusal{"ports." + wanted_.port.name, glean.error().what}};
    }
  }
  log::info("port {}: added, {}", wanted_.port.name, wanted_.port.device);
  return true;
}

bool PortStep::undo() {
  if (!added_) {
    return true;
  }
  if (!std::exchange(released_, true)) {
    parts_.links.set_gone(wanted_.id, true);
    parts_.links.release(PortId{wanted_.id.value()}, parts_.workers_run());
  }
  return !parts_.links.releases();
}

template <class Address>
std::expected<bool, Refusal> RouteStep<Address>::apply() {
  const std::size_t end = std::min(done_ + kEditsASlice, difference_->changes().size());
  if (const Status status = commit(done_, end, false); !status) {
    return std::unexpected{Refusal{"routes", status.error().what}};
  }
  done_ = end;
  return at_end(done_ == difference_->changes().size());
}

template <class Address>
bool RouteStep<Address>::undo() {
  const std::size_t begin = done_ - std::min(done_, kEditsASlice);
  // The routes were there before.
  [[maybe_unused]] const Status status = commit(begin, done_, true);
  done_ = begin;
  return at_end(done_ == 0);
}

template <class Address>
bool RouteStep<Address>::at_end(bool over) {
  if (over) {
    links_.apply_unnumbered();
  }
  return over;
}

template <class Address>
Status RouteStep<Address>::commit(std::size_t begin, std::size_t end, bool back) {
  std::vector<fib::RouteEdit<Address>> edits;
  std::vector<const fib::Path<Address>*> before;
  const auto path = [&](std::uint32_t number) {
    return number == Difference::kNoPath ? nullptr : &difference_->path(number);
  };
  for (std::size_t i = begin; i < end; ++i) {
    const typename Difference::Change& change = difference_->changes()[i];
    const fib::Path<Address>* const now = path(back ? change.before : change.after);
    edits.push_back({.prefix = change.prefix,
                     .table = change.table,
                     .metric = change.metric,
                     .path = now != nullptr ? std::optional{*now} : std::nullopt});
    before.push_back(path(back ? change.after : change.before));
  }
  return routing_.commit(edits, before);
}

template class RouteStep<Ipv4>;
template class RouteStep<Ipv6>;

template <class Address>
std::expected<bool, Refusal> NeighborStep<Address>::apply() {
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

template <class Address>
bool NeighborStep<Address>::undo() {
  const std::size_t begin = done_ - std::min(done_, kNeighborsASlice);
  for (; done_ > begin; --done_) {
    set(edits_[done_ - 1].key, edits_[done_ - 1].before);
  }
  return done_ == 0;
}

template <class Address>
void NeighborStep<Address>::set(Key key, std::optional<Mac> mac) {
  if (mac) {
    neighbors_.set_permanent(key, *mac);
  } else {
    neighbors_.erase(key);
  }
}

template class NeighborStep<Ipv4>;
template class NeighborStep<Ipv6>;

void SchedulerStep::give(PortId port, const config::Scheduler& scheduler) {
  const PortSet::MakeQueue make_queue = parts_.ports.queues_of(scheduler);
  for (const auto& worker : parts_.workers) {
    const port::TxQueue* const queue = worker->tx(port);
    if (queue == nullptr) {
      continue;
    }
    auto fresh = make_queue(queue->settings());
    fresh->bands().measure_delays(queue->bands().measures_delays());
    worker->replace_tx(port, std::move(fresh));
  }
}

bool SchedulerStep::is_taken(PortId port) {
  bool taken = true;
  for (const auto& worker : parts_.workers) {
    if (!parts_.workers_run()) {
      worker->adopt_tx();
    }
    taken = worker->has_replaced_tx(port) && taken;
  }
  return taken;
}

std::expected<bool, Refusal> SchedulerStep::apply() {
  if (done_ == edits_.size()) {
    return true;
  }
  const Edit& edit = edits_[done_];
  if (!std::exchange(given_, true)) {
    give(edit.port, edit.after);
  }
  if (is_taken(edit.port)) {
    given_ = false;
    ++done_;
  }
  return done_ == edits_.size();
}

bool SchedulerStep::undo() {
  if (given_ && !undoes_) {  // the workers are still about to take these queues
    if (!is_taken(edits_[done_].port)) {
      return false;
    }
    given_ = false;
    ++done_;
  }
  if (done_ == 0) {
    return true;
  }
  const Edit& edit = edits_[done_ - 1];
  if (!std::exchange(given_, true)) {
    undoes_ = true;
    give(edit.port, edit.before);
  }
  if (is_taken(edit.port)) {
    given_ = false;
    undoes_ = false;
    --done_;
  }
  return done_ == 0;
}

}  // namespace ringroad::control
