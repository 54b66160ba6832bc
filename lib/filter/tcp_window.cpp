// SPDX-License-Identifier: BSD-3-Clause
#include "filter/tcp_window.hpp"

#include <netinet/tcp.h>

#include <algorithm>

#include "filter/tcp_options.hpp"
#include "filter/tcp_sequence.hpp"

namespace ringroad::filter {
namespace {

// How far behind the peer's data an acknowledgment may be, at least: Linux's MAXACKWINCONST.
constexpr std::uint32_t kMinAckRange = 66000;

class WindowCheck {
 public:
  WindowCheck(TcpTracking& tracking, Direction direction, const TcpSegment& segment)
      : tracking_{tracking},
        direction_{direction},
        segment_{segment},
        sender_{tracking.ends[index_of(direction)]},
        receiver_{tracking.ends[index_of(opposite(direction))]},
        sender_options_{tracking.options[index_of(direction)]},
        receiver_options_{tracking.options[index_of(opposite(direction))]},
        seq_{segment.seq},
        end_{end_of(segment)},
        ack_{segment.ack},
        sack_{receiver_options_.has(TcpOptions::kSackPermitted)
                  ? highest_sack(segment.options, segment.ack)
                  : segment.ack} {}

  // Learns what the sender's first segment, or a new SYN, says of it. Returns true for a SYN
  // without ACK that needs no check.
  bool learn() {
    const bool is_syn = has(TH_SYN);
    if (sender_.max_window == 0) {
      if (is_syn) {
        learn_syn();
        return !has(TH_ACK);
      }
      learn_midstream();
      return false;
    }
    // An end may begin anew with higher sequence numbers; its options can be others, too.
    const bool is_opening =
        tracking_.state == TcpState::kSynSent || tracking_.state == TcpState::kSynRecv;
    if (is_syn && is_opening && is_after(end_, sender_.end)) {
      learn_syn();
      return direction_ == Direction::kReply && !has(TH_ACK);
    }
    return false;
  }

  // Replaces numbers that mean nothing by ones that are inside the window.
  void complete() {
    // Some stacks set ACK in a RST that acknowledges nothing.
    if (!has(TH_ACK) || (has(TH_RST) && ack_ == 0)) {
      ack_ = sack_ = receiver_.end;
    }
    // A RST that answers a SYN has no sequence number to use (RFC 9293 3.10.7.1).
    if (has(TH_RST) && seq_ == 0 && tracking_.state == TcpState::kSynSent) {
      seq_ = end_ = sender_.end;
    }
  }

  // Of a segment from which learn() and complete() would learn nothing.
  [[nodiscard]] bool is_inside() const {
    return sender_.max_window != 0 && fits_window() && acks_sent_data() && acks_recent_data() &&
           (receiver_.max_window == 0 || has_recent_data());
  }

  WindowVerdict judge() {
    if (!fits_window()) {
      const std::uint32_t excess = end_ - sender_.max_end + 1;
      if (receiver_.max_window == 0 || !has_recent_data() || !acks_recent_data() ||
          !acks_sent_data() || excess > receiver_.max_window) {
        return WindowVerdict::kInvalid;
      }
      // Only the sequence number is wrong: some stacks send more than the window allows, and the
      // receiver can acknowledge it.
      sender_.end = end_;
      sender_options_.set(TcpOptions::kUnacknowledged);
      return WindowVerdict::kIgnored;
    }
    if (!acks_sent_data()) {
      return WindowVerdict::kInvalid;
    }
    const bool has_old_data = receiver_.max_window != 0 && !has_recent_data();
    return has_old_data || !acks_recent_data() ? WindowVerdict::kIgnored : WindowVerdict::kInside;
  }

  void update() {
    // The window of a SYN is not scaled (RFC 7323 2.2).
    const std::uint32_t window = std::uint32_t{segment_.window}
                                 << (has(TH_SYN) ? 0U : unsigned{sender_options_.scale});
    update_sender(window);
    update_receiver(window);
  }

  // Counts how often an end repeats an ACK or a segment of data.
  void count_retransmission() {
    const bool repeats = tracking_.last_direction == direction_ && tracking_.last_seq == seq_ &&
                         tracking_.last_ack == ack_ && tracking_.last_end == end_ &&
                         tracking_.last_window == segment_.window;
    if (repeats) {
      ++tracking_.retransmissions;
      return;
    }
    tracking_.last_direction = direction_;
    tracking_.last_seq = seq_;
    tracking_.last_ack = ack_;
    tracking_.last_end = end_;
    tracking_.last_window = segment_.window;
    tracking_.retransmissions = 0;
  }

  [[nodiscard]] bool is_liberal() const { return sender_options_.has(TcpOptions::kLiberal); }

 private:
  [[nodiscard]] bool has(std::uint8_t flag) const { return has_flag(segment_, flag); }

  [[nodiscard]] bool fits_window() const { return is_before(seq_, sender_.max_end + 1); }
  [[nodiscard]] bool acks_sent_data() const { return is_before(sack_, receiver_.end + 1); }
  [[nodiscard]] bool acks_recent_data() const {
    return is_after(sack_, receiver_.end - std::max(sender_.max_window, kMinAckRange) - 1);
  }
  [[nodiscard]] bool has_recent_data() const {
    return is_after(end_, sender_.end - receiver_.max_window - 1);
  }

  // Linux's tcp_init_sender.
  void learn_syn() {
    sender_.end = sender_.max_end = end_;
    sender_.max_window = std::max<std::uint32_t>(segment_.window, 1);
    read_syn_options(segment_.options, sender_options_);
    // Windows are scaled only if both ends offered it (RFC 7323 1.3).
    const bool is_scaled = sender_options_.has(TcpOptions::kWindowScale) &&
                           receiver_options_.has(TcpOptions::kWindowScale);
    if (direction_ == Direction::kReply && !is_scaled) {
      sender_options_.scale = receiver_options_.scale = 0;
    }
  }

  // The history of the connection is not known, so this segment is taken to be right. The other end
  // began the connection: begin() has learned its window.
  void learn_midstream() {
    sender_.end = end_;
    sender_.max_window =
        std::max<std::uint32_t>(std::uint32_t{segment_.window} << sender_options_.scale, 1);
    sender_.max_end = end_ + sender_.max_window;
    if (sack_ == receiver_.end + 1) {
      // The receiver probably sent a keepalive, which repeats the octet before its next one.
      ++receiver_.end;
    }
  }

  void update_sender(std::uint32_t window) {
    sender_.max_window = std::max(sender_.max_window, window + (sack_ - ack_));
    if (is_after(end_, sender_.end)) {
      sender_.end = end_;
      sender_options_.set(TcpOptions::kUnacknowledged);
    }
    if (has(TH_ACK) &&
        (!sender_options_.has(TcpOptions::kHasMaxAck) || is_after(ack_, sender_.max_ack))) {
      sender_.max_ack = ack_;
      sender_options_.set(TcpOptions::kHasMaxAck);
    }
  }

  void update_receiver(std::uint32_t window) {
    if (receiver_.max_window != 0 && is_after(end_, sender_.max_end)) {
      receiver_.max_window += end_ - sender_.max_end;
    }
    // A window of 0 still allows one octet, a probe (RFC 9293 3.8.6.1).
    if (is_after(sack_ + window, receiver_.max_end - 1)) {
      receiver_.max_end = sack_ + std::max<std::uint32_t>(window, 1);
    }
    if (ack_ == receiver_.end) {
      receiver_options_.clear(TcpOptions::kUnacknowledged);
    }
  }

  TcpTracking& tracking_;
  Direction direction_;
  const TcpSegment& segment_;
  TcpEnd& sender_;
  TcpEnd& receiver_;
  TcpOptions& sender_options_;
  TcpOptions& receiver_options_;
  std::uint32_t seq_;
  std::uint32_t end_;
  std::uint32_t ack_;
  std::uint32_t sack_;  // the highest number that the segment acknowledges in either way
};

}  // namespace

WindowVerdict check_window(TcpTracking& tracking, Direction direction, TcpKind kind,
                           const TcpSegment& segment, bool be_liberal) {
  WindowCheck check{tracking, direction, segment};
  if (check.learn()) {
    return WindowVerdict::kInside;
  }
  check.complete();
  if (const WindowVerdict verdict = check.judge(); verdict != WindowVerdict::kInside) {
    return be_liberal || check.is_liberal() ? WindowVerdict::kInside : verdict;
  }
  check.update();
  if (kind == TcpKind::kAck) {
    check.count_retransmission();
  }
  return WindowVerdict::kInside;
}

bool pass_inside(TcpTracking& tracking, Direction direction, const TcpSegment& segment) {
  WindowCheck check{tracking, direction, segment};
  if (!check.is_inside()) {
    return false;
  }
  check.update();
  check.count_retransmission();
  return true;
}

}  // namespace ringroad::filter
