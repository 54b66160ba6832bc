// SPDX-License-Identifier: BSD-3-Clause
// What becomes of the records of the threads.
#include <fmt/format.h>
#include <rte_ring_elem.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "tap/pcapng.hpp"
#include "tap/taps.hpp"
#include "tap/words.hpp"

namespace ringroad::tap {
namespace {

using namespace std::chrono_literals;
using Kind = WatchRecord::Kind;

constexpr std::size_t kBlockBytesMax = std::size_t{32} << 20U;
constexpr std::size_t kTracedMax = 4096;
constexpr std::size_t kAssembliesMax = 8192;
// A client that has not read for so long is gone.
constexpr Nanoseconds kPatience = 10s;
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
