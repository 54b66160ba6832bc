// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Traces and captures: sets taps at the threads that carry packets, empties their rings, and keeps
// what each trace or capture has until its client reads it. A client that stops reading loses
// records, which are counted, and after a while its tap. Control thread only.
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "host/sender.hpp"
#include "interface/world.hpp"
#include "port/port.hpp"
#include "tap/filter.hpp"
#include "tap/wall_clock.hpp"
#include "worker/worker.hpp"

namespace ringroad::tap {

struct Request {
  Tap::Kind kind = Tap::Kind::kTrace;
  std::optional<PortId> port{};  // none: all
  bool drops_only = false;
  bool promiscuous = false;
  std::uint32_t packets = 0;     // 0: no limit
  std::uint32_t snap_bytes = 0;  // 0: whole frames
  std::string filter{};          // as the client wrote it
  std::string program{};         // what Filter::load() reads; empty: all frames
};

// An event of a traced packet, with the octets that follow it: of the frame, or an address.
struct Event {
  WatchRecord record;
  std::vector<std::uint8_t> octets;
};

struct TracedPacket {
  std::vector<Event> events;  // in the order of time; the first is kReceived
  bool is_over = false;       // it was sent, delivered or dropped
};

class Taps {
 public:
  struct Parts {
    interface::World& world;
    const std::vector<std::unique_ptr<worker::Worker>>& workers;
    const std::vector<std::unique_ptr<port::Port>>& ports;
    host::Sender& sender;
    const Clock& clock;
  };
  explicit Taps(const Parts& parts);
  ~Taps();
  Taps(const Taps&) = delete;
  Taps& operator=(const Taps&) = delete;

  struct Session {
    std::uint32_t serial = 0;
    Request request;
    Filter filter;
    Nanoseconds last_read{};
    std::uint64_t start = 0;  // nanoseconds since 1970
    std::uint64_t taken = 0;  // packets
    std::uint64_t lost = 0;   // found no room in a ring or with the session
    // Of a capture: blocks that are not read yet, and the blocks with which each file begins.
    std::string blocks{};
    std::string header{};
    // Of a trace: packets that are over and not read yet.
    std::deque<TracedPacket> traced{};

   private:
    friend class Taps;
    std::uint8_t slot_ = 0;
    bool stopped_ = false;
    // By each port, at the start.
    std::vector<std::uint64_t> received_;
    std::vector<std::uint64_t> device_lost_;
    std::vector<std::uint64_t> accepted_;  // by each port, since then
    std::uint64_t lost_before_ = 0;        // in the rings
    std::uint32_t traced_ = 0;
  };

  // Returns the number of a new trace or capture. Its threads take it up within a millisecond.
  [[nodiscard]] Result<std::uint32_t> open(Request request);
  // Whether all workers have taken up the present taps.
  [[nodiscard]] bool in_force() const;
  // Null if there is none, or no more. Counts as a sign of life of its client.
  [[nodiscard]] Session* find(std::uint32_t serial);
  // A trace or capture has as many packets as it asked for.
  [[nodiscard]] static bool is_complete(const Session& session);
  // Ends the recording; what was recorded can still be read.
  void stop(std::uint32_t serial);
  void close(std::uint32_t serial);
  // Appends to a capture's blocks the statistics of its ports.
  void append_statistics(Session& session) const;
  // The traced packets that are not over yet.
  [[nodiscard]] std::vector<TracedPacket> unfinished(std::uint32_t serial) const;

  // A port that came while taps may be open: captures of any port have it from now on.
  void add_port(PortId port);

  // Takes what the threads recorded. Returns true if there may be more.
  bool advance();
  [[nodiscard]] bool is_active() const { return !sessions_.empty(); }
  // Ends all of them.
  void clear();

 private:
  using Element = std::array<std::uint8_t, WatchRecord::kElement>;
  struct Thread {
    std::shared_ptr<rte_ring> ring;
    std::shared_ptr<Watch::Plan> plan;
    std::vector<Element> buffer;
    std::size_t kept = 0;  // elements of a record that is not complete
  };
  struct Assembly {
    std::uint32_t serial = 0;  // 0: its reception is not known yet
    Nanoseconds last{};        // when its last event came
    TracedPacket packet;
  };

  // Setting taps (taps.cpp).
  Status make_rings();
  void publish();
  [[nodiscard]] bool is_recording() const;
  [[nodiscard]] std::vector<Tap> recorded() const;
  [[nodiscard]] std::uint8_t free_slot() const;
  void begin_capture(Session& session) const;
  void append_port(Session& session, std::size_t number, std::string& blocks) const;
  void set_promiscuous(const Request& request, bool on);
  void close_forgotten(Nanoseconds patience);

  // Records (taps_records.cpp).
  bool drain(Thread& thread);
  void take(const Event& event);
  void take_captured(Session& session, const Event& event);
  void finish_traces();
  [[nodiscard]] std::uint64_t lost_in_rings() const;
  [[nodiscard]] std::uint64_t received_by(std::size_t port) const;
  [[nodiscard]] std::uint64_t lost_by(std::size_t port) const;
  [[nodiscard]] std::string comment_on(const WatchRecord& record) const;

  Parts parts_;
  std::atomic<bool> marks_{false};  // of Watch::Plan
  std::vector<Thread> threads_;     // workers, then the control thread
  std::map<std::uint32_t, std::unique_ptr<Session>> sessions_;
  std::unordered_map<std::uint32_t, Assembly> assemblies_;
  std::uint32_t last_serial_ = 0;
  WallClock wall_clock_;
};

}  // namespace ringroad::tap
