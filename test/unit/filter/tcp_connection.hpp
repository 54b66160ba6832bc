// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A connection between a client and a server whose segments are tracked. What became of each is a
// line of text.
#include <netinet/tcp.h>

#include <string>
#include <utility>
#include <vector>

#include "filter/tcp_tracking.hpp"

namespace ringroad::filter {

enum class Host : std::uint8_t { kClient, kServer };

// A segment with options of its own.
struct SentSegment {
  TcpSegment header;
  std::vector<std::uint8_t> options;

  SentSegment with(std::vector<std::uint8_t> more) && {
    options = std::move(more);
    return std::move(*this);
  }
  SentSegment with_window(std::uint16_t window) && {
    header.window = window;
    return std::move(*this);
  }
};

constexpr std::uint16_t kWindow = 1000;

inline SentSegment segment(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack = 0,
                           std::uint32_t payload_bytes = 0) {
  return {{.seq = seq,
           .ack = ack,
           .window = kWindow,
           .flags = flags,
           .payload_bytes = payload_bytes,
           .options = {}},
          {}};
}
inline SentSegment syn(std::uint32_t seq) { return segment(TH_SYN, seq); }
inline SentSegment syn_ack(std::uint32_t seq, std::uint32_t ack) {
  return segment(TH_SYN | TH_ACK, seq, ack);
}
inline SentSegment ack(std::uint32_t seq, std::uint32_t ack) { return segment(TH_ACK, seq, ack); }
inline SentSegment data(std::uint32_t seq, std::uint32_t ack, std::uint32_t payload_bytes) {
  return segment(TH_ACK | TH_PUSH, seq, ack, payload_bytes);
}
inline SentSegment fin(std::uint32_t seq, std::uint32_t ack) {
  return segment(TH_FIN | TH_ACK, seq, ack);
}
inline SentSegment rst(std::uint32_t seq) { return segment(TH_RST, seq); }
inline SentSegment rst_ack(std::uint32_t seq, std::uint32_t ack) {
  return segment(TH_RST | TH_ACK, seq, ack);
}

// Options (RFC 9293 3.1, RFC 7323 2.2, RFC 2018).
inline std::vector<std::uint8_t> window_scale(std::uint8_t shift) {
  return {TCPOPT_NOP, TCPOPT_WINDOW, TCPOLEN_WINDOW, shift};
}
inline std::vector<std::uint8_t> sack_permitted() {
  return {TCPOPT_NOP, TCPOPT_NOP, TCPOPT_SACK_PERMITTED, TCPOLEN_SACK_PERMITTED};
}
inline std::vector<std::uint8_t> sack(const std::vector<std::uint32_t>& edges) {
  std::vector<std::uint8_t> octets{TCPOPT_NOP, TCPOPT_NOP, TCPOPT_SACK,
                                   static_cast<std::uint8_t>(2 + 4 * edges.size())};
  for (const std::uint32_t edge : edges) {
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
      octets.push_back(static_cast<std::uint8_t>(edge >> shift));
    }
  }
  return octets;
}

class TcpConnection {
 public:
  TcpConnection() = default;
  explicit TcpConnection(TcpSettings settings) : settings_{settings} {}

  std::string client(const SentSegment& sent) { return carry(Host::kClient, sent); }
  std::string server(const SentSegment& sent) { return carry(Host::kServer, sent); }

  // A handshake in which the client's first octet is 101 and the server's 501.
  void establish(const std::vector<std::uint8_t>& client_options = {},
                 const std::vector<std::uint8_t>& server_options = {}) {
    client(syn(100).with(client_options));
    server(syn_ack(500, 101).with(server_options));
    client(ack(101, 501));
  }

  [[nodiscard]] bool is_assured() const { return assured_; }
  [[nodiscard]] const TcpTracking& tracking() const { return tracking_; }
  [[nodiscard]] TcpTracking& tracking() { return tracking_; }
  [[nodiscard]] Nanoseconds remaining() const { return remaining_; }

 private:
  // Returns the state behind the segment, with the new timeout in seconds if there is one, or what
  // became of the segment instead.
  std::string carry(Host host, const SentSegment& sent) {
    TcpSegment segment = sent.header;
    segment.options = sent.options;
    const bool is_new = !exists_;
    if (is_new) {
      if (!begin(tracking_, segment, settings_)) {
        return "no connection";
      }
      exists_ = true;
      opener_ = host;
      seen_reply_ = assured_ = false;
    }
    const Direction direction = host == opener_ ? Direction::kOriginal : Direction::kReply;
    const TcpVerdict verdict =
        track(tracking_, direction, segment, settings_, seen_reply_, assured_, remaining_);
    std::string timeout;
    if (verdict.timeout) {
      remaining_ = *verdict.timeout;
      timeout = ' ' + std::to_string(remaining_ / std::chrono::seconds{1});
    }
    switch (verdict.what) {
      case TcpVerdict::What::kInvalid:
        return "invalid" + timeout;
      case TcpVerdict::What::kRestart:
        exists_ = false;
        return "restart, " + carry(host, sent);
      case TcpVerdict::What::kDestroy:
        exists_ = false;
        return "destroyed";
      case TcpVerdict::What::kAccept:
        break;
    }
    seen_reply_ = seen_reply_ || direction == Direction::kReply;
    assured_ = assured_ || verdict.assured;
    return std::string{to_string(tracking_.state)} + timeout;
  }

  TcpSettings settings_;
  TcpTracking tracking_;
  bool exists_ = false;
  bool seen_reply_ = false;
  bool assured_ = false;
  Host opener_ = Host::kClient;
  Nanoseconds remaining_{};
};

}  // namespace ringroad::filter
