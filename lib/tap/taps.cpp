// SPDX-License-Identifier: BSD-3-Clause
#include "tap/taps.hpp"

#include <fmt/format.h>
#include <rte_ring_elem.h>

#include <algorithm>
#include <utility>

#include "tap/pcapng.hpp"

namespace ringroad::tap {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kRingElements = 1U << 18U;  // 4 MiB
constexpr std::size_t kBufferElements = 16384;
// If all taps are taken, one that has not read for so long gives way.
constexpr Nanoseconds kAbsence = 2s;

}  // namespace

Taps::Taps(const Parts& parts) : parts_{parts}, threads_(parts.workers.size() + 1) {}

Taps::~Taps() { clear(); }

Status Taps::make_rings() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    if (thread.ring) {
      continue;
    }
    // A ring that is retired keeps its name until it is freed.
    const std::string name = fmt::format("rr-tap-{}-{}", last_serial_, i);
    rte_ring* const ring = rte_ring_create_elem(name.c_str(), WatchRecord::kElement, kRingElements,
                                                SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (ring == nullptr) {
      return fail("no memory for the ring of a trace; raise engine.memory.size");
    }
    thread.ring = std::shared_ptr<rte_ring>{ring, rte_ring_free};
    thread.buffer.resize(kBufferElements);
    thread.kept = 0;
  }
  return {};
}

bool Taps::is_recording() const {
  return std::ranges::any_of(sessions_, [](const auto& entry) { return !entry.second->stopped_; });
}

std::vector<Tap> Taps::recorded() const {
  std::vector<Tap> taps;
  for (const auto& [serial, session] : sessions_) {
    if (session->stopped_) {
      continue;
    }
    const Request& request = session->request;
    Tap tap{.slot = session->slot_,
            .serial = serial,
            .kind = request.kind,
            .drops_only = request.drops_only,
            .frame_filter = session->filter.run_frame(),
            .frame_bytes = session->filter.frame_bytes(),
            .slow_filter = session->filter.run_slow(),
            .program = session->filter.program()};
    if (request.packets != 0) {
      tap.limit = request.packets;
    }
    if (request.snap_bytes != 0) {
      tap.snap_bytes = request.snap_bytes;
    }
    if (request.port) {
      tap.ports = std::uint64_t{1} << request.port->value();
      tap.interfaces.reset();
      for (const interface::InterfaceView& view : parts_.world.ports()) {
        tap.interfaces.set(view.id.value(), view.egress == *request.port);
      }
    }
    taps.push_back(tap);
  }
  return taps;
}

// Each thread gets a new plan; the old one is freed once no thread reads it.
void Taps::publish() {
  const std::vector<Tap> taps = recorded();
  const bool captures = std::ranges::find(taps, Tap::Kind::kCapture, &Tap::kind) != taps.end();
  if (taps.empty()) {
    marks_.store(false, std::memory_order_relaxed);
  }
  const bool records_sent = std::ranges::any_of(
      taps, [](const Tap& tap) { return tap.kind == Tap::Kind::kCapture && !tap.drops_only; });
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    std::shared_ptr<Watch::Plan> fresh;
    if (!taps.empty()) {
      fresh = std::make_shared<Watch::Plan>();
      fresh->taps = taps;
      fresh->ring = thread.ring.get();
      fresh->adjacencies = parts_.world.tables().adjacencies.data();
      fresh->captures = captures;
      fresh->records_sent = records_sent;
      fresh->marks = &marks_;
    }
    if (i < parts_.workers.size()) {
      parts_.workers[i]->set_taps(fresh.get());
    } else {
      parts_.sender.set_taps(fresh.get());
    }
    auto before = std::exchange(thread.plan, std::move(fresh));
    parts_.world.reclaimer().retire([before = std::move(before), ring = thread.ring] {});
    if (sessions_.empty()) {
      thread.ring.reset();
    }
  }
}

std::uint8_t Taps::free_slot() const {
  std::uint8_t slot = 0;
  while (std::ranges::any_of(sessions_,
                             [slot](const auto& other) { return other.second->slot_ == slot; })) {
    ++slot;
  }
  return slot;
}

// A file begins with these blocks, and its last ones report what happened since now.
void Taps::begin_capture(Session& session) const {
  pcapng::append_section(session.header, "ringroad");
  for (std::size_t i = 0; i < parts_.ports.size(); ++i) {
    append_port(session, i, session.header);
  }
}

// A packet names its port by the number of this block.
void Taps::append_port(Session& session, std::size_t number, std::string& blocks) const {
  const port::Port& port = *parts_.ports[number];
  pcapng::append(blocks, {.name = port.settings().name,
                          .device = port.settings().device,
                          .mac = port.mac(),
                          .bits_per_second = std::uint64_t{port.link().speed_mbps} * 1'000'000U,
                          .snap_bytes = session.request.snap_bytes,
                          .filter = session.request.filter});
  session.received_.push_back(received_by(number));
  session.device_lost_.push_back(lost_by(number));
  session.accepted_.push_back(0);
}

void Taps::add_port(PortId port) {
  for (auto& [serial, session] : sessions_) {
    if (session->request.kind == Tap::Kind::kCapture) {
      append_port(*session, port.value(), session->blocks);
    }
  }
}

Result<std::uint32_t> Taps::open(Request request) {
  if (sessions_.size() >= kTapsMax) {
    close_forgotten(kAbsence);
  }
  if (sessions_.size() >= kTapsMax) {
    return fail(fmt::format("{} traces and captures run already; end one first", kTapsMax));
  }
  Filter filter;
  if (!request.program.empty()) {
    auto loaded = Filter::load(request.program);
    if (!loaded) {
      return std::unexpected{loaded.error()};
    }
    filter = std::move(*loaded);
  }
  const std::uint32_t serial = last_serial_ + 1;
  if (Status status = make_rings(); !status) {
    return std::unexpected{status.error()};
  }
  last_serial_ = serial;
  auto session = std::make_unique<Session>();
  session->serial = serial;
  session->filter = std::move(filter);
  session->last_read = parts_.clock.now();
  wall_clock_ = WallClock{};
  session->start = wall_clock_.now();
  session->lost_before_ = lost_in_rings();
  session->slot_ = free_slot();
  session->request = std::move(request);
  if (session->request.kind == Tap::Kind::kCapture) {
    begin_capture(*session);
  }
  set_promiscuous(session->request, true);
  sessions_.emplace(serial, std::move(session));
  publish();
  return serial;
}

bool Taps::in_force() const {
  const bool on = is_recording();
  return std::ranges::all_of(parts_.workers,
                             [on](const auto& worker) { return worker->has_taps() == on; });
}

Taps::Session* Taps::find(std::uint32_t serial) {
  const auto found = sessions_.find(serial);
  if (found == sessions_.end()) {
    return nullptr;
  }
  found->second->last_read = parts_.clock.now();
  return found->second.get();
}

bool Taps::is_complete(const Session& session) {
  return session.request.packets != 0 && session.taken >= session.request.packets;
}

void Taps::set_promiscuous(const Request& request, bool on) {
  if (!request.promiscuous) {
    return;
  }
  for (const auto& port : parts_.ports) {
    if (!request.port || *request.port == port->settings().id) {
      port->set_promiscuous(on);
    }
  }
}

void Taps::stop(std::uint32_t serial) {
  const auto found = sessions_.find(serial);
  if (found != sessions_.end() && !std::exchange(found->second->stopped_, true)) {
    publish();
  }
}

void Taps::close(std::uint32_t serial) {
  const auto found = sessions_.find(serial);
  if (found == sessions_.end()) {
    return;
  }
  const Request request = found->second->request;
  sessions_.erase(found);
  std::erase_if(assemblies_, [serial](const auto& entry) { return entry.second.serial == serial; });
  set_promiscuous(request, false);
  for (const auto& [other, session] : sessions_) {
    set_promiscuous(session->request, true);
  }
  publish();
}

void Taps::clear() {
  while (!sessions_.empty()) {
    close(sessions_.begin()->first);
  }
}

std::uint64_t Taps::lost_in_rings() const {
  std::uint64_t lost = parts_.sender.lost_records();
  for (const auto& worker : parts_.workers) {
    lost += worker->lost_records();
  }
  return lost;
}

void Taps::close_forgotten(Nanoseconds patience) {
  std::vector<std::uint32_t> gone;
  for (const auto& [serial, session] : sessions_) {
    if (parts_.clock.now() - session->last_read > patience) {
      gone.push_back(serial);
    }
  }
  for (const std::uint32_t serial : gone) {
    close(serial);
  }
}

}  // namespace ringroad::tap
