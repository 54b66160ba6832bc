// SPDX-License-Identifier: BSD-3-Clause
#include "filter/tcp_tracking.hpp"

#include <netinet/tcp.h>

#include <algorithm>
#include <utility>

#include "filter/tcp_options.hpp"
#include "filter/tcp_sequence.hpp"
#include "filter/tcp_window.hpp"

namespace ringroad::filter {
namespace {

constexpr std::size_t kKinds = 6;

// One row for each kind of segment, one letter for each state that it finds: the state that
// follows,
// '?' if the segment is ignored because either it or the tracker may be out of step with the
// connection, '.' if it is invalid. A letter's place in kStates is its state: the initial of the
// state's name, except T for TIME_WAIT, X for CLOSE and 2 for SYN_SENT2.
constexpr std::string_view kStates = "-SREFCLTX2";
using Rows = std::array<std::string_view, kKinds>;
constexpr std::array<Rows, 2> kTransitions{
    // The original direction.
    Rows{"SS?????SS2",   // SYN: opens, and reopens what was closed
         "..R......R",   // SYN-ACK: only in a simultaneous open
         "..FFLLLTX.",   // FIN: the first one, then the second
         "E.EECCTTX.",   // ACK: ends the handshake, picks up a connection, answers a FIN
         ".XXXXXXXXX",   // RST
         ".........."},  // none of these flags
    // The reply direction.
    Rows{".2.....S.2",  // SYN: a simultaneous open, or the ends exchange roles
         ".R???????R",  // SYN-ACK: later ones can answer a SYN that was ignored
         "..FFLLLTX.",  // FIN
         ".?RECCTTX?",  // ACK: can answer a SYN of a connection that only the other end remembers
         ".XXXXXXXXX",  // RST
         ".........."}};

constexpr char transition(Direction direction, TcpKind kind, TcpState state) {
  return kTransitions[index_of(direction)][std::to_underlying(kind)][std::to_underlying(state)];
}

constexpr TcpState state_of(char letter) { return static_cast<TcpState>(kStates.find(letter)); }

TcpKind kind_of(const TcpSegment& segment) {
  if (has_flag(segment, TH_RST)) {
    return TcpKind::kRst;
  }
  if (has_flag(segment, TH_SYN)) {
    return has_flag(segment, TH_ACK) ? TcpKind::kSynAck : TcpKind::kSyn;
  }
  if (has_flag(segment, TH_FIN)) {
    return TcpKind::kFin;
  }
  return has_flag(segment, TH_ACK) ? TcpKind::kAck : TcpKind::kNone;
}

// `state`: after a segment of this kind.
Nanoseconds timeout_after(const TcpTracking& tracking, TcpKind kind, TcpState state,
                          const TcpSettings& settings) {
  const Nanoseconds usual = settings.timeouts[std::to_underlying(state)];
  if (tracking.retransmissions >= settings.max_retransmissions &&
      usual > settings.timeout_max_retransmissions) {
    return settings.timeout_max_retransmissions;
  }
  if (kind == TcpKind::kRst) {
    return settings.timeouts[std::to_underlying(TcpState::kClose)];
  }
  const bool is_unacknowledged = tracking.options[0].has(TcpOptions::kUnacknowledged) ||
                                 tracking.options[1].has(TcpOptions::kUnacknowledged);
  if (is_unacknowledged && usual > settings.timeout_unacknowledged) {
    return settings.timeout_unacknowledged;
  }
  // A closed window stops the connection.
  return tracking.last_window == 0 ? std::min(usual, settings.timeout_max_retransmissions) : usual;
}

// One segment of a connection.
class Step {
 public:
  Step(TcpTracking& tracking, Direction direction, const TcpSegment& segment,
       const TcpSettings& settings, bool seen_reply, bool assured)
      : tracking_{tracking},
        direction_{direction},
        segment_{segment},
        settings_{settings},
        seen_reply_{seen_reply},
        assured_{assured},
        kind_{kind_of(segment)},
        before_{tracking.state},
        letter_{transition(direction, kind_, before_)},
        after_{letter_ == '.' || letter_ == '?' ? before_ : state_of(letter_)} {}

  TcpVerdict take(Nanoseconds remaining) {
    if (letter_ == '.') {
      return {.what = TcpVerdict::What::kInvalid};
    }
    const bool reopens = after_ == TcpState::kSynSent && before_ >= TcpState::kTimeWait;
    if (reopens && is_over()) {
      return {.what = TcpVerdict::What::kRestart};
    }
    if (letter_ == '?' || reopens) {
      if (!answers_ignored_syn()) {
        note_ignored();
        return {};
      }
      resynchronize();
    }
    if (is_challenge_ack()) {
      tracking_.last_options.clear(TcpOptions::kExpectsChallengeAck);
      return {};
    }
    follow_simultaneous_open();
    const Check check = kind_ == TcpKind::kRst ? judge_reset() : Check::kWindow;
    if (check == Check::kInvalid) {
      return {.what = TcpVerdict::What::kInvalid};
    }
    if (check == Check::kWindow) {
      const WindowVerdict window =
          check_window(tracking_, direction_, kind_, segment_, settings_.be_liberal);
      if (window == WindowVerdict::kInvalid) {
        return {.what = TcpVerdict::What::kInvalid, .timeout = note_invalid(remaining)};
      }
      if (window == WindowVerdict::kIgnored) {
        return {};
      }
    }
    move();
    return conclude();
  }

 private:
  enum class Check : std::uint8_t { kWindow, kNone, kInvalid };

  [[nodiscard]] bool last_was(TcpKind kind, Direction direction) const {
    return tracking_.last_kind == kind && tracking_.last_direction == direction;
  }
  [[nodiscard]] TcpOptions& options_of(Direction direction) {
    return tracking_.options[index_of(direction)];
  }
  // Linux's nf_conntrack_tcp_established.
  [[nodiscard]] bool is_established() const {
    return before_ == TcpState::kEstablished && assured_;
  }

  // Whether both ends are done with the connection, so that a SYN begins another: a FIN was seen,
  // or the sender of the SYN has just reset it.
  [[nodiscard]] bool is_over() const {
    return tracking_.options[0].has(TcpOptions::kClosedFirst) ||
           tracking_.options[1].has(TcpOptions::kClosedFirst) ||
           last_was(TcpKind::kRst, direction_);
  }

  // Whether the ends agree on a connection that begins with the SYN that was ignored before.
  [[nodiscard]] bool answers_ignored_syn() const {
    return kind_ == TcpKind::kSynAck && last_was(TcpKind::kSyn, opposite(direction_)) &&
           segment_.ack == tracking_.last_end;
  }

  // Begins the tracking anew, by what was noted of the SYN. The other end is learned from this
  // segment.
  void resynchronize() {
    before_ = TcpState::kSynSent;
    after_ = TcpState::kSynRecv;
    tracking_.last_options.clear(TcpOptions::kExpectsChallengeAck);
    TcpEnd& other = tracking_.ends[index_of(opposite(direction_))];
    other.end = other.max_end = tracking_.last_end;
    other.max_window = std::max<std::uint32_t>(tracking_.last_window, 1);
    options_of(opposite(direction_)) = tracking_.last_options;
    tracking_.ends[index_of(direction_)] = {};
    options_of(direction_) = {
        .scale = 0,
        .flags = static_cast<std::uint8_t>(options_of(direction_).flags & TcpOptions::kLiberal)};
  }

  void note_ignored() {
    tracking_.last_kind = kind_;
    tracking_.last_direction = direction_;
    tracking_.last_seq = segment_.seq;
    tracking_.last_end = end_of(segment_);
    tracking_.last_window = segment_.window;
    if (kind_ == TcpKind::kSyn && direction_ == Direction::kOriginal) {
      tracking_.last_options = {};
      read_syn_options(segment_.options, tracking_.last_options);
      // The answer can be a challenge ACK, which in LAST_ACK looks like the ACK of the last FIN.
      if (before_ == TcpState::kLastAck) {
        tracking_.last_options.set(TcpOptions::kExpectsChallengeAck);
      }
    }
    // A challenge ACK that answers the SYN: its sender takes a RST with this sequence number.
    if (before_ == TcpState::kSynSent && kind_ == TcpKind::kAck &&
        direction_ == Direction::kReply) {
      tracking_.last_ack = segment_.ack;
    }
  }

  // Whether the ACK answers the SYN that was ignored in LAST_ACK, not the last FIN.
  [[nodiscard]] bool is_challenge_ack() const {
    return before_ == TcpState::kLastAck && kind_ == TcpKind::kAck &&
           last_was(TcpKind::kSyn, opposite(direction_)) &&
           tracking_.last_options.has(TcpOptions::kExpectsChallengeAck);
  }

  // In a simultaneous open the ACK of either end establishes the connection; the table has only
  // that of the original direction.
  void follow_simultaneous_open() {
    if (after_ == TcpState::kSynSent2) {
      tracking_.last_options.set(TcpOptions::kSimultaneousOpen);
    } else if (after_ == TcpState::kSynRecv && kind_ == TcpKind::kAck &&
               direction_ == Direction::kReply &&
               tracking_.last_options.has(TcpOptions::kSimultaneousOpen)) {
      after_ = TcpState::kEstablished;
    }
  }

  Check judge_reset() {
    // The ends may use the addresses and ports for another connection already.
    if (is_closing(before_)) {
      return Check::kNone;
    }
    const TcpEnd& receiver = tracking_.ends[index_of(opposite(direction_))];
    // After a SYN that was ignored, max_ack can be that of a connection before.
    if (options_of(opposite(direction_)).has(TcpOptions::kHasMaxAck) &&
        tracking_.last_kind != TcpKind::kSyn) {
      // Probably the answer to an ignored SYN, which acknowledges it and has no sequence number.
      if (segment_.seq == 0 && !is_established()) {
        return Check::kWindow;
      }
      if (is_before(segment_.seq, receiver.max_ack) && !settings_.ignore_invalid_rst) {
        return Check::kInvalid;
      }
      const bool follows_own_data =
          last_was(TcpKind::kAck, direction_) && segment_.seq == tracking_.last_end;
      if (!is_established() || segment_.seq == receiver.max_ack || follows_own_data) {
        return Check::kWindow;
      }
      // The receiver answers with a challenge ACK if it expects another number (RFC 5961 3.2): the
      // connection may go on.
      after_ = before_;
    }
    return answers_ignored_segment() ? Check::kNone : Check::kWindow;
  }

  // Whether a RST answers a SYN or an ACK that was ignored: its numbers fit that one. That the SYN
  // must be the other end's is a later fix of Linux: otherwise one end could forge both.
  [[nodiscard]] bool answers_ignored_segment() const {
    const bool answers_syn = seen_reply_ && last_was(TcpKind::kSyn, opposite(direction_));
    const bool answers_ack = !assured_ && tracking_.last_kind == TcpKind::kAck;
    const bool answers_challenge_ack = before_ == TcpState::kSynSent &&
                                       last_was(TcpKind::kAck, Direction::kReply) &&
                                       segment_.seq == tracking_.last_ack;
    return ((answers_syn || answers_ack) && segment_.ack == tracking_.last_end) ||
           answers_challenge_ack;
  }

  // Linux's nf_tcp_handle_invalid: if both ends sent a FIN or RST outside the window, the
  // connection is probably gone, and need not be remembered for days.
  std::optional<Nanoseconds> note_invalid(Nanoseconds remaining) {
    constexpr Nanoseconds kShort = std::chrono::seconds{120};
    const bool ends = kind_ == TcpKind::kRst || kind_ == TcpKind::kFin;
    if (!assured_ || !ends) {
      return std::nullopt;
    }
    if (!last_was(TcpKind::kFin, opposite(direction_)) &&
        !last_was(TcpKind::kRst, opposite(direction_))) {
      tracking_.last_kind = kind_;
      tracking_.last_direction = direction_;
      return std::nullopt;
    }
    const bool shortens = remaining >= kShort && remaining > settings_.timeout_unacknowledged;
    return shortens ? std::optional{settings_.timeout_unacknowledged} : std::nullopt;
  }

  void move() {
    tracking_.last_kind = kind_;
    tracking_.last_direction = direction_;
    tracking_.state = after_;
    if (before_ != after_ && after_ == TcpState::kFinWait) {
      options_of(direction_).set(TcpOptions::kClosedFirst);
    }
  }

  TcpVerdict conclude() {
    Nanoseconds timeout = timeout_after(tracking_, kind_, after_, settings_);
    if (seen_reply_) {
      const bool assures = !assured_ && after_ == TcpState::kEstablished &&
                           (before_ == TcpState::kSynRecv || before_ == TcpState::kEstablished);
      return {.timeout = timeout, .assured = assures};
    }
    // There is no connection if a RST is the only answer.
    if (kind_ == TcpKind::kRst) {
      return {.what = TcpVerdict::What::kDestroy};
    }
    // Otherwise a client that repeats its SYN would keep the connection for ever.
    if (kind_ == TcpKind::kSyn && before_ == TcpState::kSynSent) {
      return {};
    }
    if (after_ == TcpState::kEstablished) {
      timeout = std::min(timeout, settings_.timeout_unacknowledged);
    }
    return {.timeout = timeout};
  }

  TcpTracking& tracking_;
  Direction direction_;
  const TcpSegment& segment_;
  const TcpSettings& settings_;
  bool seen_reply_;
  bool assured_;
  TcpKind kind_;
  TcpState before_;
  char letter_;
  TcpState after_;
};

}  // namespace

std::string_view to_string(TcpState state) {
  static constexpr std::array<std::string_view, kTcpStates> kNames{
      "NONE",       "SYN_SENT", "SYN_RECV",  "ESTABLISHED", "FIN_WAIT",
      "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",       "SYN_SENT2"};
  return kNames[std::to_underlying(state)];
}

bool has_valid_flags(std::uint8_t flags) {
  // PSH and the bits of ECN say nothing here.
  switch (flags & (TH_FIN | TH_SYN | TH_RST | TH_ACK | TH_URG)) {
    case TH_SYN:
    case TH_SYN | TH_URG:
    case TH_SYN | TH_ACK:
    case TH_RST:
    case TH_RST | TH_ACK:
    case TH_FIN | TH_ACK:
    case TH_FIN | TH_ACK | TH_URG:
    case TH_ACK:
    case TH_ACK | TH_URG:
      return true;
    default:
      return false;
  }
}

bool begin(TcpTracking& tracking, const TcpSegment& segment, const TcpSettings& settings) {
  const char letter = transition(Direction::kOriginal, kind_of(segment), TcpState::kNone);
  const bool opens = letter != '.' && state_of(letter) == TcpState::kSynSent;
  if (letter == '.' || (!opens && !settings.loose)) {
    return false;
  }
  tracking = {};
  TcpEnd& sender = tracking.ends[0];
  sender.end = end_of(segment);
  sender.max_window = std::max<std::uint32_t>(segment.window, 1);
  if (opens) {
    sender.max_end = sender.end;
    read_syn_options(segment.options, tracking.options[0]);
    return true;
  }
  // The SYNs were not seen, so how the windows are scaled is not known.
  sender.max_end = sender.end + sender.max_window;
  tracking.options.fill({.flags = TcpOptions::kSackPermitted | TcpOptions::kLiberal});
  return true;
}

TcpVerdict track(TcpTracking& tracking, Direction direction, const TcpSegment& segment,
                 const TcpSettings& settings, bool seen_reply, bool assured,
                 Nanoseconds remaining) {
  return Step{tracking, direction, segment, settings, seen_reply, assured}.take(remaining);
}

std::optional<Nanoseconds> track_ack(TcpTracking& tracking, Direction direction,
                                     const TcpSegment& segment, const TcpSettings& settings) {
  if (tracking.state != TcpState::kEstablished || !pass_inside(tracking, direction, segment)) {
    return std::nullopt;
  }
  tracking.last_kind = TcpKind::kAck;
  tracking.last_direction = direction;
  return timeout_after(tracking, TcpKind::kAck, TcpState::kEstablished, settings);
}

std::optional<Nanoseconds> close(TcpTracking& tracking, const TcpSettings& settings) {
  if (std::exchange(tracking.state, TcpState::kClose) == TcpState::kClose) {
    return std::nullopt;
  }
  return settings.timeouts[std::to_underlying(TcpState::kClose)];
}

}  // namespace ringroad::filter
