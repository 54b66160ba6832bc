// SPDX-License-Identifier: BSD-3-Clause
#include "tap/taps.hpp"

#include <fmt/format.h>
#include <rte_ring_elem.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "tap/pcapng.hpp"
#include "tap/words.hpp"

namespace ringroad::tap {
namespace {

using namespace std::chrono_literals;
using Kind = WatchRecord::Kind;

constexpr unsigned kRingElements = 1U << 18U;  // 4 MiB
constexpr std::size_t kBufferElements = 16384;
constexpr std::size_t kBlockBytesMax = std::size_t{32} << 20U;
constexpr std::size_t kTracedMax = 4096;
constexpr std::size_t kAssembliesMax = 8192;
// A client that has not read for so long is gone.
constexpr Nanoseconds kPatience = 10s;
// If all taps are taken, one that has not read for so long gives way.
constexpr Nanoseconds kAbsence = 2s;
// After its last event a packet is over when no thread can have a record of it any more.
constexpr Nanoseconds kSettle = 50ms;
// A packet without an event for so long, such as one that waits for other fragments, is given up.
constexpr Nanoseconds kForgotten = 35s;

bool is_last(Kind kind) {
  return kind == Kind::kSent || kind == Kind::kDropped || kind == Kind::kDelivered;
}

void sort_by_time(TracedPacket& packet) {
  std::ranges::stable_sort(packet.events, {}, [](const Event& event) { return event.record.tsc; });
}

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

// Each thread gets a new plan; the old one is freed once no thread reads it.
void Taps::publish() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    std::shared_ptr<Watch::Plan> fresh;
    if (is_recording()) {
      fresh = std::make_shared<Watch::Plan>();
      fresh->ring = thread.ring.get();
      fresh->adjacencies = parts_.world.tables().adjacencies.data();
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
        fresh->records_sent =
            fresh->records_sent || (tap.kind == Tap::Kind::kCapture && !tap.drops_only);
        fresh->taps.push_back(tap);
      }
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
  std::uint8_t slot = 0;
  while (std::ranges::any_of(sessions_,
                             [slot](const auto& other) { return other.second->slot_ == slot; })) {
    ++slot;
  }
  session->slot_ = slot;
  session->request = std::move(request);
  if (session->request.kind == Tap::Kind::kCapture) {
    pcapng::append_section(session->header, "ringroad");
    session->accepted_.resize(parts_.ports.size());
    for (std::size_t i = 0; i < parts_.ports.size(); ++i) {
      const port::Port& port = *parts_.ports[i];
      pcapng::append(session->header,
                     {.name = port.settings().name,
                      .device = port.settings().device,
                      .mac = port.mac(),
                      .bits_per_second = std::uint64_t{port.link().speed_mbps} * 1'000'000U,
                      .snap_bytes = session->request.snap_bytes,
                      .filter = session->request.filter});
      session->received_.push_back(received_by(i));
      session->device_lost_.push_back(lost_by(i));
    }
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

bool Taps::advance() {
  if (sessions_.empty()) {
    return false;
  }
  wall_clock_ = WallClock{};
  bool more = false;
  for (Thread& thread : threads_) {
    more = drain(thread) || more;
  }
  finish_traces();
  const std::uint64_t lost = lost_in_rings();
  for (const auto& [serial, session] : sessions_) {
    session->lost += lost - std::exchange(session->lost_before_, lost);
  }
  close_forgotten(kPatience);
  return more;
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

// A burst of elements may end within a record, whose rest comes with the next one.
bool Taps::drain(Thread& thread) {
  if (!thread.ring) {
    return false;
  }
  const unsigned count = rte_ring_dequeue_burst_elem(
      thread.ring.get(), thread.buffer.data() + thread.kept, WatchRecord::kElement,
      static_cast<unsigned>(thread.buffer.size() - thread.kept), nullptr);
  const std::size_t end = thread.kept + count;
  std::size_t at = 0;
  while (at + sizeof(WatchRecord) / WatchRecord::kElement <= end) {
    Event event;
    std::memcpy(&event.record, thread.buffer[at].data(), sizeof event.record);
    if (at + event.record.elements > end) {
      break;
    }
    const std::uint8_t* const octets = thread.buffer[at].data() + sizeof event.record;
    event.octets.assign(octets, octets + event.record.octets);
    take(event);
    at += event.record.elements;
  }
  std::copy(thread.buffer.begin() + static_cast<std::ptrdiff_t>(at),
            thread.buffer.begin() + static_cast<std::ptrdiff_t>(end), thread.buffer.begin());
  thread.kept = end - at;
  return count > 0;
}

void Taps::take(const Event& event) {
  const WatchRecord& record = event.record;
  if (record.kind == Kind::kCaptured) {
    const auto found = sessions_.find(record.packet);
    if (found != sessions_.end() && !is_complete(*found->second)) {
      take_captured(*found->second, event);
    }
    return;
  }
  if (record.kind == Kind::kReceived) {
    const auto found = sessions_.find(record.other);
    if (found == sessions_.end() || (found->second->request.packets != 0 &&
                                     found->second->traced_ >= found->second->request.packets)) {
      return;
    }
    ++found->second->traced_;
  } else if (!assemblies_.contains(record.packet) && assemblies_.size() >= kAssembliesMax) {
    return;
  }
  Assembly& assembly = assemblies_[record.packet];
  if (record.kind == Kind::kReceived) {
    assembly.serial = record.other;
  }
  assembly.last = parts_.clock.now();
  assembly.packet.is_over = assembly.packet.is_over || is_last(record.kind);
  assembly.packet.events.push_back(event);
}

void Taps::finish_traces() {
  const Nanoseconds now = parts_.clock.now();
  std::set<Session*> finished;
  for (auto at = assemblies_.begin(); at != assemblies_.end();) {
    Assembly& assembly = at->second;
    const bool over = assembly.packet.is_over && now - assembly.last >= kSettle;
    if (!over && now - assembly.last < kForgotten) {
      ++at;
      continue;
    }
    const auto found = sessions_.find(assembly.serial);
    if (found != sessions_.end()) {
      Session& session = *found->second;
      ++session.taken;
      if (session.traced.size() < kTracedMax) {
        sort_by_time(assembly.packet);
        finished.insert(&session);
        session.traced.push_back(std::move(assembly.packet));
      } else {
        ++session.lost;
      }
    }
    at = assemblies_.erase(at);
  }
  // They come out of the map in any order.
  for (Session* const session : finished) {
    std::ranges::stable_sort(session->traced, {}, [](const TracedPacket& packet) {
      return packet.events.front().record.tsc;
    });
  }
}

std::vector<TracedPacket> Taps::unfinished(std::uint32_t serial) const {
  std::vector<TracedPacket> packets;
  for (const auto& [number, assembly] : assemblies_) {
    if (assembly.serial == serial) {
      packets.push_back(assembly.packet);
      sort_by_time(packets.back());
    }
  }
  return packets;
}

std::uint64_t Taps::received_by(std::size_t port) const {
  const InterfaceId id{static_cast<InterfaceId::rep>(port)};
  std::uint64_t packets = parts_.sender.interface(id).rx_packets.get();
  for (const auto& worker : parts_.workers) {
    packets += worker->interface(id).rx_packets.get();
  }
  return packets;
}

std::uint64_t Taps::lost_by(std::size_t port) const {
  std::uint64_t packets = 0;
  for (const port::Loss& loss : parts_.ports[port]->device_counts().losses) {
    packets += loss.packets;
  }
  return packets;
}

std::string Taps::comment_on(const WatchRecord& record) const {
  const Fate fate = Fate::of(record.other);
  switch (fate.kind) {
    case Fate::Kind::kUnknown:
      return {};
    case Fate::Kind::kForwarded:
      return fmt::format("forward: to {}",
                         parts_.world.port(interface_of(PortId{fate.egress})).name);
    case Fate::Kind::kDropped: {
      const auto reason = static_cast<stats::DropReason>(fate.why);
      return fmt::format("drop: {}: {}", stats::name(reason), stats::meaning(reason));
    }
    case Fate::Kind::kPunted:
      return fmt::format("control: {}", why(static_cast<PuntReason>(fate.why)));
  }
  return {};
}

void Taps::take_captured(Session& session, const Event& event) {
  const WatchRecord& record = event.record;
  if (session.blocks.size() > kBlockBytesMax) {
    ++session.lost;
    return;
  }
  using Direction = WatchRecord::Direction;
  const auto direction = static_cast<Direction>(record.detail);
  const std::string comment = comment_on(record);
  const PortId port = parts_.world.port(InterfaceId{record.interface}).egress;
  pcapng::append(session.blocks,
                 {.interface = port.value(),
                  .nanoseconds = wall_clock_.at(record.tsc),
                  .length = record.value,
                  .octets = event.octets,
                  .direction = direction == Direction::kIn    ? pcapng::Direction::kIn
                               : direction == Direction::kOut ? pcapng::Direction::kOut
                                                              : pcapng::Direction::kUnknown,
                  .comment = comment});
  ++session.taken;
  ++session.accepted_[port.value()];
}

void Taps::append_statistics(Session& session) const {
  const std::uint64_t now = WallClock{}.now();
  for (std::size_t i = 0; i < parts_.ports.size(); ++i) {
    // It is not known by which ports the lost records were to come: the first block has them all.
    pcapng::append(session.blocks, {.interface = static_cast<std::uint32_t>(i),
                                    .nanoseconds = now,
                                    .start = session.start,
                                    .received = received_by(i) - session.received_[i],
                                    .device_lost = lost_by(i) - session.device_lost_[i],
                                    .accepted = session.accepted_[i],
                                    .capture_lost = i == 0 ? session.lost : 0});
  }
}

}  // namespace ringroad::tap
