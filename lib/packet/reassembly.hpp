// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reassembles datagrams for the router itself, like Linux's inet_fragment.c: fragments may arrive
// in any order, a duplicate is dropped, and an overlap, which is an attack, ends the datagram (RFC
// 5722; its reasons apply to IPv4 too). Control thread only.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/units.hpp"
#include "stats/drop_reason.hpp"
#include "stats/ip_counters.hpp"

namespace ringroad {

struct ReassemblySettings {
  Nanoseconds timeout = std::chrono::seconds{30};  // ipfrag_time
  Bytes memory{4ULL << 20U};                       // ipfrag_high_thresh, ip6frag_high_thresh
  // A share of the pool, because others use the pool too.
  std::uint32_t buffers = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t max_distance = 64;  // ipfrag_max_dist; 0: no limit
  std::uint64_t seed = 0;
};

// `Protocol` has the types DatagramKey, DatagramHash, FragmentInfo and Address, the largest
// datagram with the part of its headers that counts, and the counters. `Packet` is a movable owner
// of a packet.
template <class Protocol, class Packet>
class Reassembly {
 public:
  using DatagramKey = typename Protocol::DatagramKey;
  using DatagramHash = typename Protocol::DatagramHash;
  using FragmentInfo = typename Protocol::FragmentInfo;

  struct Piece {
    Packet packet;
    std::uint32_t begin;
    std::uint32_t end;
  };
  struct Datagram {
    std::vector<Piece> pieces;  // in order, without a gap
    bool congestion = false;    // a router marked a fragment (RFC 3168 5.3)
    bool dont_fragment = false;
  };
  // Called with each dropped fragment and the reason.
  using Drop = std::function<void(Packet, stats::DropReason)>;
  // Called with the first fragment of a datagram that was not complete in time, so that its sender
  // is informed.
  using TimedOut = std::function<void(Packet&)>;

  Reassembly(const ReassemblySettings& settings, stats::IpCounters& counters, Drop drop,
             TimedOut timed_out)
      : settings_{settings},
        counters_{counters},
        drop_{std::move(drop)},
        timed_out_{std::move(timed_out)},
        queues_{0, DatagramHash{settings.seed}},
        senders_{0, SenderHash{{settings.seed}}} {}

  // Returns the datagram if this was its last missing fragment.
  [[nodiscard]] std::optional<Datagram> add(FragmentInfo fragment, Packet packet, Nanoseconds now) {
    using stats::DropReason;
    counters_.add(Protocol::kRequests);
    // The oldest datagram is dropped, so that a flood of first fragments does not block other
    // senders until its timeout. Linux has refused the new datagram instead since 4.17.
    while (!queues_.empty() && is_full(memory_, buffers_)) {
      counters_.add(Protocol::kFails);
      give_up(queues_.find(by_age_.front()), DropReason::kReassemblyMemory);
    }
    const auto place = queue_of(fragment.key, now);
    Queue& queue = place->second;
    if (is_too_far(queue)) {
      counters_.add(Protocol::kFails);
      restart(queue, now);
    }
    if (fragment.more) {
      // The next offset can only be a multiple of eight, so the rest is trimmed, as in Linux.
      fragment.end = fragment.begin + (fragment.end - fragment.begin) / 8 * 8;
    }
    if (!extend(queue, fragment)) {
      fail(place, std::move(packet), DropReason::kReassemblyInvalid);
      return std::nullopt;
    }
    Piece piece{std::move(packet), fragment.begin, fragment.end};
    switch (insert(queue, piece)) {
      case Insertion::kDuplicate:
        drop_(std::move(piece.packet), DropReason::kReassemblyDuplicate);
        return std::nullopt;
      case Insertion::kOverlap:
        if constexpr (requires { Protocol::kOverlaps; }) {
          counters_.add(Protocol::kOverlaps);
        }
        fail(place, std::move(piece.packet), DropReason::kReassemblyOverlap);
        return std::nullopt;
      case Insertion::kDone:
        break;
    }
    account(queue, fragment);
    const bool whole = queue.has_first && queue.has_last && queue.bytes == queue.length;
    return whole ? finish(place) : std::nullopt;
  }

  // Drops datagrams whose time is over.
  void tick(Nanoseconds now) {
    while (!by_age_.empty()) {
      const auto queue = queues_.find(by_age_.front());
      if (queue->second.deadline > now) {
        return;
      }
      counters_.add(Protocol::kFails);
      counters_.add(Protocol::kTimeout);
      if (queue->second.has_first) {
        timed_out_(queue->second.runs.front().pieces.front().packet);
      }
      give_up(queue, stats::DropReason::kReassemblyTimeout);
    }
  }

  // Drops all datagrams.
  void clear(stats::DropReason reason) {
    while (!queues_.empty()) {
      give_up(queues_.begin(), reason);
    }
  }

  // Takes over copies of the datagram with that key and of what decides about its next fragment, so
  // that add() does here what it would do in `other` now. Returns false if `copy` returns null for
  // a packet. This must be empty.
  template <class Copy>
  [[nodiscard]] bool copy_from(const Reassembly& other, const DatagramKey& key, Copy&& copy) {
    const auto from = other.queues_.find(key);
    if (from == other.queues_.end() || other.must_give_up(key)) {
      return true;
    }
    Queue& queue = queue_of(key, {})->second;
    static_cast<Known&>(queue) = static_cast<const Known&>(from->second);
    queue.sender->fragments = from->second.sender->fragments;
    for (const Run& run : from->second.runs) {
      Run& mine = queue.runs.emplace_back(Run{run.begin, run.end, {}});
      for (const Piece& piece : run.pieces) {
        Packet packet = copy(piece.packet);
        if (!packet) {
          return false;
        }
        mine.pieces.push_back({std::move(packet), piece.begin, piece.end});
        ++held_;
      }
    }
    memory_ += queue.memory;
    buffers_ += queue.buffers;
    return true;
  }

  // The number of waiting fragments.
  [[nodiscard]] std::uint64_t held() const { return held_; }
  [[nodiscard]] Bytes memory() const { return Bytes{memory_}; }
  [[nodiscard]] std::uint32_t buffers() const { return buffers_; }
  [[nodiscard]] const ReassemblySettings& settings() const { return settings_; }
  [[nodiscard]] std::size_t datagrams() const { return queues_.size(); }

 private:
  // Fragments that follow each other without a gap.
  struct Run {
    std::uint32_t begin;
    std::uint32_t end;
    std::vector<Piece> pieces;
  };
  // A sender's fragments are counted while one of its datagrams waits (Linux's inet_peer).
  struct Sender {
    std::uint32_t fragments = 0;
    std::uint32_t datagrams = 0;
  };
  // What is known of a datagram.
  struct Known {
    Nanoseconds deadline{};
    std::uint32_t last_seen = 0;  // the sender's count when its last fragment arrived
    std::uint32_t length = 0;     // as far as is known
    std::uint32_t bytes = 0;      // of payload received
    std::uint32_t header = 0;     // that of the first fragment
    std::uint32_t largest = 0;    // with its header; Linux's max_size
    std::uint32_t largest_dont_fragment = 0;
    std::uint64_t memory = 0;
    std::uint32_t buffers = 0;
    std::uint8_t ecn_seen = 0;  // a bit for each of the four code points
    bool has_first = false;
    bool has_last = false;
  };
  struct Queue : Known {
    Sender* sender = nullptr;
    std::vector<Run> runs;                 // sorted by position, without overlap
    std::list<DatagramKey>::iterator age;  // its place in by_age_
  };
  // Seeded, like the hash of the datagrams.
  struct SenderHash {
    DatagramHash hash;
    std::size_t operator()(const typename Protocol::Address& sender) const {
      DatagramKey key;
      key.source = sender;
      return hash(key);
    }
  };
  using Queues = std::unordered_map<DatagramKey, Queue, DatagramHash>;
  using Place = typename Queues::iterator;

  [[nodiscard]] bool is_full(std::uint64_t memory, std::uint32_t buffers) const {
    return memory > settings_.memory.count || buffers >= settings_.buffers;
  }
  // Whether add() gives up this datagram, because it is among the oldest and there is no room.
  [[nodiscard]] bool must_give_up(const DatagramKey& key) const {
    std::uint64_t memory = memory_;
    std::uint32_t buffers = buffers_;
    for (const DatagramKey& oldest : by_age_) {
      if (!is_full(memory, buffers) || oldest == key) {
        break;
      }
      const Queue& queue = queues_.at(oldest);
      memory -= queue.memory;
      buffers -= queue.buffers;
    }
    return is_full(memory, buffers);
  }

  Place queue_of(const DatagramKey& key, Nanoseconds now) {
    const auto [place, fresh] = queues_.try_emplace(key);
    if (fresh) {
      place->second.deadline = now + settings_.timeout;
      place->second.age = by_age_.insert(by_age_.end(), key);
      place->second.sender = &senders_[key.source];
      ++place->second.sender->datagrams;
    }
    return place;
  }

  // Whether so many fragments of the sender arrived since the last one of this datagram that the
  // identification may be in use again (Linux's ip_frag_too_far).
  bool is_too_far(Queue& queue) {
    const std::uint32_t start = std::exchange(queue.last_seen, ++queue.sender->fragments);
    return settings_.max_distance != 0 && !queue.runs.empty() &&
           queue.last_seen - start > settings_.max_distance;
  }

  void drop_all(Queue& queue, stats::DropReason reason) {
    memory_ -= queue.memory;
    buffers_ -= queue.buffers;
    for (Run& run : queue.runs) {
      held_ -= run.pieces.size();
      for (Piece& piece : run.pieces) {
        drop_(std::move(piece.packet), reason);
      }
    }
    queue.runs.clear();
  }

  void restart(Queue& queue, Nanoseconds now) {
    drop_all(queue, stats::DropReason::kReassemblyTooFar);
    Queue fresh;
    fresh.sender = queue.sender;
    fresh.last_seen = queue.last_seen;
    fresh.deadline = now + settings_.timeout;
    fresh.age = queue.age;
    by_age_.splice(by_age_.end(), by_age_, queue.age);
    queue = std::move(fresh);
  }

  void erase(Place place) {
    by_age_.erase(place->second.age);
    if (--place->second.sender->datagrams == 0) {
      senders_.erase(place->first.source);
    }
    queues_.erase(place);
  }

  void give_up(Place place, stats::DropReason reason) {
    drop_all(place->second, reason);
    erase(place);
  }

  void fail(Place place, Packet packet, stats::DropReason reason) {
    counters_.add(Protocol::kFails);
    drop_(std::move(packet), reason);
    give_up(place, reason);
  }

  // Updates the datagram's length. Returns false if the fragment's end contradicts what is known of
  // it.
  static bool extend(Queue& queue, const FragmentInfo& fragment) {
    if (!fragment.more) {
      if (fragment.end < queue.length || (queue.has_last && fragment.end != queue.length)) {
        return false;
      }
      queue.has_last = true;
      queue.length = fragment.end;
    } else if (fragment.end > queue.length) {
      if (queue.has_last) {
        return false;
      }
      queue.length = fragment.end;
    }
    return fragment.end > fragment.begin;
  }

  enum class Insertion : std::uint8_t { kDone, kDuplicate, kOverlap };
  // Moves from the piece only if the result is kDone.
  static Insertion insert(Queue& queue, Piece& piece) {
    std::vector<Run>& runs = queue.runs;
    const std::uint32_t begin = piece.begin;
    const std::uint32_t end = piece.end;
    auto behind = runs.end();
    if (!runs.empty() && runs.back().end < end) {
      Run& last = runs.back();
      if (begin < last.end) {
        return Insertion::kOverlap;
      }
      if (begin == last.end) {
        last.end = end;
        last.pieces.push_back(std::move(piece));
        return Insertion::kDone;
      }
    } else if (!runs.empty()) {
      behind = std::ranges::find_if(runs, [&](const Run& run) { return run.end > begin; });
      if (behind->begin < end) {
        return begin >= behind->begin && end <= behind->end ? Insertion::kDuplicate
                                                            : Insertion::kOverlap;
      }
    }
    Run run{begin, end, {}};
    run.pieces.push_back(std::move(piece));
    runs.insert(behind, std::move(run));
    return Insertion::kDone;
  }

  void account(Queue& queue, const FragmentInfo& fragment) {
    const std::uint32_t payload = fragment.end - fragment.begin;
    const std::uint32_t size = payload + fragment.header;
    queue.bytes += payload;
    if (fragment.begin == 0) {
      queue.has_first = true;
      queue.header = fragment.header;
    }
    queue.ecn_seen = static_cast<std::uint8_t>(queue.ecn_seen | 1U << (fragment.ecn & 3U));
    queue.largest = std::max(queue.largest, size);
    if (fragment.dont_fragment) {
      queue.largest_dont_fragment = std::max(queue.largest_dont_fragment, size);
    }
    queue.memory += fragment.size.count;
    memory_ += fragment.size.count;
    queue.buffers += fragment.buffers;
    buffers_ += fragment.buffers;
    ++held_;
  }

  std::optional<Datagram> finish(Place place) {
    constexpr std::uint8_t kNotCapable = 1U << 0U;
    constexpr std::uint8_t kCongestion = 1U << 3U;
    Queue& queue = place->second;
    // RFC 3168 5.3: a datagram must not mix fragments with and without ECN; one congestion mark
    // marks the whole datagram.
    const bool mixed = (queue.ecn_seen & kNotCapable) != 0 && queue.ecn_seen != kNotCapable;
    if (mixed || queue.length + queue.header > Protocol::kDatagramMax) {
      counters_.add(Protocol::kFails);
      give_up(place, stats::DropReason::kReassemblyInvalid);
      return std::nullopt;
    }
    counters_.add(Protocol::kOks);
    Datagram datagram{.pieces = {},
                      .congestion = (queue.ecn_seen & kCongestion) != 0,
                      .dont_fragment = queue.largest_dont_fragment == queue.largest};
    for (Run& run : queue.runs) {
      std::ranges::move(run.pieces, std::back_inserter(datagram.pieces));
    }
    held_ -= datagram.pieces.size();
    memory_ -= queue.memory;
    buffers_ -= queue.buffers;
    erase(place);
    return datagram;
  }

  ReassemblySettings settings_;
  stats::IpCounters& counters_;
  Drop drop_;
  TimedOut timed_out_;
  Queues queues_;
  std::list<DatagramKey> by_age_;  // also the order of their deadlines
  std::unordered_map<typename Protocol::Address, Sender, SenderHash> senders_;
  std::uint64_t memory_ = 0;
  std::uint64_t held_ = 0;
  std::uint32_t buffers_ = 0;
};

}  // namespace ringroad
