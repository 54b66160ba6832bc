// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What connection tracking knows of a TCP connection, and what a segment changes: Linux's
// nf_conntrack_proto_tcp.c (6.1), without the synproxy and without sequence numbers that NAT
// shifts. The functions allocate nothing and read no clock. The caller makes sure that one thread
// at a time uses a TcpTracking.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/units.hpp"
#include "filter/direction.hpp"

namespace ringroad::filter {

enum class TcpState : std::uint8_t {
  kNone,         // before the first segment
  kSynSent,      // a SYN from the original direction was seen
  kSynRecv,      // and the SYN-ACK that answers it
  kEstablished,  // and the ACK of that
  kFinWait,      // a FIN was seen
  kCloseWait,    // and an ACK after it
  kLastAck,      // a FIN from each end
  kTimeWait,     // and an ACK after both
  kClose,        // a RST
  kSynSent2,     // a SYN from each end: a simultaneous open
};
inline constexpr std::size_t kTcpStates = 10;
// The names that `conntrack -L` prints: SYN_SENT, SYN_RECV, ...
[[nodiscard]] std::string_view to_string(TcpState state);

// Whether a full table may give up a connection in this state for a new one: Linux's
// tcp_can_early_drop.
[[nodiscard]] constexpr bool is_closing(TcpState state) {
  return state >= TcpState::kFinWait && state <= TcpState::kClose;
}

// The kind of a segment: its first flag in the order RST, SYN, FIN, ACK.
enum class TcpKind : std::uint8_t { kSyn, kSynAck, kFin, kAck, kRst, kNone };

// What is known of the sequence numbers of one end, in host byte order.
struct TcpEnd {
  std::uint32_t end = 0;         // the highest sequence number sent, plus one
  std::uint32_t max_end = 0;     // the highest that the peer's window allowed it to send, plus one
  std::uint32_t max_window = 0;  // octets, the largest window it announced; 0: it sent nothing yet
  std::uint32_t max_ack = 0;     // the highest acknowledgment it sent
};

// What the options of an end's SYN allow, and the other things that are remembered about the end.
struct TcpOptions {
  // Bits of `flags`: Linux's IP_CT_TCP_FLAG_*, with its values.
  static constexpr std::uint8_t kWindowScale = 0x01;
  static constexpr std::uint8_t kSackPermitted = 0x02;
  static constexpr std::uint8_t kClosedFirst = 0x04;  // CLOSE_INIT
  static constexpr std::uint8_t kLiberal = 0x08;      // its segments are valid outside the window
  static constexpr std::uint8_t kUnacknowledged = 0x10;  // the peer has not acknowledged all data
  static constexpr std::uint8_t kHasMaxAck = 0x20;
  // Only in TcpTracking::last_options.
  static constexpr std::uint8_t kExpectsChallengeAck = 0x40;  // (RFC 5961 4)
  static constexpr std::uint8_t kSimultaneousOpen = 0x80;

  std::uint8_t scale = 0;  // the shift of window scaling (RFC 7323 2), at most 14
  std::uint8_t flags = 0;

  [[nodiscard]] constexpr bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  constexpr void set(std::uint8_t flag) { flags = static_cast<std::uint8_t>(flags | flag); }
  constexpr void clear(std::uint8_t flag) { flags = static_cast<std::uint8_t>(flags & ~flag); }
};

struct TcpTracking {
  std::array<TcpEnd, 2> ends;         // by direction
  std::array<TcpOptions, 2> options;  // by direction
  // The last ACK that was in the window, or the last segment that was ignored.
  std::uint32_t last_seq = 0;
  std::uint32_t last_ack = 0;
  std::uint32_t last_end = 0;
  std::uint16_t last_window = 0;  // as in the header
  TcpOptions last_options;        // of the last SYN that was ignored
  TcpState state = TcpState::kNone;
  TcpKind last_kind = TcpKind::kNone;  // of the last segment that was in the window or ignored
  Direction last_direction = Direction::kOriginal;
  std::uint8_t retransmissions = 0;  // how often the last ACK was repeated; wraps, as in Linux
};
static_assert(sizeof(TcpTracking) <= 56);

// A segment's header, in host byte order.
struct TcpSegment {
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint16_t window = 0;
  std::uint8_t flags = 0;  // the header's octet: TH_FIN, TH_SYN, ... of <netinet/tcp.h>
  std::uint32_t payload_bytes = 0;
  std::span<const std::uint8_t> options;  // the octets between the fixed header and the payload
};

// The sysctls net.netfilter.nf_conntrack_tcp_*, with Linux's defaults.
struct TcpSettings {
  bool loose = true;        // an ACK may begin a connection
  bool be_liberal = false;  // segments outside the window are valid
  bool ignore_invalid_rst = false;
  std::uint8_t max_retransmissions = 3;
  // By TcpState.
  std::array<Nanoseconds, kTcpStates> timeouts{std::chrono::seconds{120},   // NONE, never used
                                               std::chrono::seconds{120},   // SYN_SENT
                                               std::chrono::seconds{60},    // SYN_RECV
                                               std::chrono::hours{24 * 5},  // ESTABLISHED
                                               std::chrono::seconds{120},   // FIN_WAIT
                                               std::chrono::seconds{60},    // CLOSE_WAIT
                                               std::chrono::seconds{30},    // LAST_ACK
                                               std::chrono::seconds{120},   // TIME_WAIT
                                               std::chrono::seconds{10},    // CLOSE
                                               std::chrono::seconds{120}};  // SYN_SENT2
  // These apply only where the state's timeout is longer.
  Nanoseconds timeout_max_retransmissions = std::chrono::seconds{300};
  Nanoseconds timeout_unacknowledged = std::chrono::seconds{300};
};

// Whether TCP sends segments with this combination of flags: Linux's tcp_error. A segment with
// another is INVALID. The caller checks lengths and the checksum.
[[nodiscard]] bool has_valid_flags(std::uint8_t flags);

// Initializes the tracking by the first segment of a connection: Linux's tcp_new. track() of the
// same segment, in the original direction, must follow. Returns false if the segment cannot begin
// a connection: it is INVALID.
[[nodiscard]] bool begin(TcpTracking& tracking, const TcpSegment& segment,
                         const TcpSettings& settings);

struct TcpVerdict {
  enum class What : std::uint8_t {
    kAccept,   // the segment belongs to the connection
    kInvalid,  // it does not; the connection stays
    kRestart,  // delete the connection, and look the segment up anew, as Linux does on NF_REPEAT
    kDestroy,  // the segment belongs to the connection, which is deleted
  };
  What what = What::kAccept;
  // From now on; nothing: the time at which the connection expires stays as it is. An invalid
  // segment can shorten it.
  std::optional<Nanoseconds> timeout = std::nullopt;
  bool assured = false;  // set IPS_ASSURED
};

// Updates the tracking by a segment whose flags are valid: Linux's nf_conntrack_tcp_packet.
// `seen_reply` and `assured` are IPS_SEEN_REPLY and IPS_ASSURED before this segment: IPS_SEEN_REPLY
// is set after track() has accepted a segment in the reply direction. `remaining` is the time until
// the connection expires; it is used only if the connection is assured.
[[nodiscard]] TcpVerdict track(TcpTracking& tracking, Direction direction,
                               const TcpSegment& segment, const TcpSettings& settings,
                               bool seen_reply, bool assured, Nanoseconds remaining);

// What track() does with most segments: those with ACK, and perhaps PSH, that are inside the window
// of an established connection that is assured. Returns the timeout; nothing if it is another
// segment, and then nothing is changed.
[[nodiscard]] std::optional<Nanoseconds> track_ack(TcpTracking& tracking, Direction direction,
                                                   const TcpSegment& segment,
                                                   const TcpSettings& settings);

// Marks a connection closed that the firewall itself resets: Linux's nf_conntrack_tcp_set_closing.
// Returns the new timeout; nothing if it was closed before.
[[nodiscard]] std::optional<Nanoseconds> close(TcpTracking& tracking, const TcpSettings& settings);

}  // namespace ringroad::filter
