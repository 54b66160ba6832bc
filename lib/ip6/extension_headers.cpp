// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/extension_headers.hpp"

#include <netinet/in.h>

#include <array>
#include <cstddef>

#include "packet/read.hpp"

namespace ringroad::ip6 {
namespace {

using stats::DropReason;

// What all extension headers begin with. None is shorter, except that of authentication in theory.
struct Beginning {
  std::uint8_t next_header = 0;
  std::uint8_t length = 0;
  std::array<std::uint8_t, 2> specific{};  // by the kind of the header
};
static_assert(sizeof(Beginning) == 4);

// RFC 8200 4.5: the offset, and whether more fragments follow.
std::uint16_t fragment_offset(const Beginning& header) {
  constexpr unsigned kOffsetBits = 0xfff8;
  return static_cast<std::uint16_t>((unsigned{header.specific[0]} << 8U | header.specific[1]) &
                                    kOffsetBits);
}
bool has_more(const Beginning& header) { return (header.specific[1] & 1U) != 0; }

bool is_extension(std::uint8_t protocol) {
  return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
         protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_AH;
}

std::uint32_t bytes_of(std::uint8_t protocol, const Beginning& header) {
  switch (protocol) {
    case IPPROTO_FRAGMENT:
      return kFragmentHeader;
    case IPPROTO_AH:  // RFC 4302 2.2
      return (header.length + 2U) * 4U;
    default:
      return (header.length + 1U) * 8U;
  }
}

std::uint8_t first_header(const Packet& packet) {
  return rte_pktmbuf_mtod_offset(&packet, const rte_ipv6_hdr*, kL2Bytes)->proto;
}
constexpr std::uint32_t kFirstNamedAt = kL2Bytes + offsetof(rte_ipv6_hdr, proto);

// The steps of a destination through the headers.
class Walk {
 public:
  Walk(Packet& packet, Origin origin) : packet_{packet}, origin_{origin} {
    step_.protocol = first_header(packet);
    step_.pointer = kFirstNamedAt - kL2Bytes;
    step_.offset = kFixedHeaderEnd;
  }

  [[nodiscard]] Step to_upper() {
    for (unsigned count = 0; count < kExtensionHeadersMax; ++count) {
      if (!pass(count == 0)) {
        return step_;
      }
    }
    // The protocol behind the last header that is allowed.
    if (is_processed(step_.protocol)) {
      drop(DropReason::kIp6BadHeader);
    } else {
      upper();
    }
    return step_;
  }

 private:
  [[nodiscard]] static bool is_processed(std::uint8_t protocol) {
    return protocol == IPPROTO_ROUTING || protocol == IPPROTO_FRAGMENT ||
           protocol == IPPROTO_DSTOPTS;
  }

  // Processes one header. Returns false at the end.
  bool pass(bool is_first) {
    switch (step_.protocol) {
      case IPPROTO_HOPOPTS:
        // Elsewhere it is an unknown protocol (RFC 8200 4.1).
        return is_first ? options(OptionsKind::kHopByHop) : upper();
      case IPPROTO_DSTOPTS:
        return options(OptionsKind::kDestination);
      case IPPROTO_ROUTING:
        return routing();
      case IPPROTO_FRAGMENT:
        return fragment();
      default:
        return upper();
    }
  }

  // A protocol that ends the chain.
  bool upper() {
    if (step_.protocol == IPPROTO_NONE) {
      return drop(DropReason::kUnknownProtocol);  // RFC 8200 4.7, in silence
    }
    step_.kind = Step::Kind::kUpper;
    return false;
  }

  bool options(OptionsKind kind) {
    const CheckedOptions checked = check_options(packet_, step_.offset, kind);
    if (checked.router_alert) {
      step_.router_alert = checked.router_alert;
    }
    switch (checked.result) {
      case CheckedOptions::Result::kGood:
        return proceed(checked.next_header, checked.length);
      case CheckedOptions::Result::kProblem:
        return problem(checked.code, checked.pointer);
      case CheckedOptions::Result::kDrop:
        break;
    }
    return drop(DropReason::kIp6BadHeader);
  }

  // Linux's ipv6_rthdr_rcv with its defaults: a router that is no segment of anybody's route does
  // not obey any routing header (RFC 5095, RFC 8200 4.4).
  bool routing() {
    const auto header = read_at<Beginning>(packet_, step_.offset);
    if (!header || step_.offset + bytes_of(step_.protocol, *header) > packet_.pkt_len) {
      return drop(DropReason::kIp6BadHeader);
    }
    constexpr std::uint8_t kMobile = 2;    // RFC 6275 6.4
    constexpr std::uint8_t kRpl = 3;       // RFC 6554
    constexpr std::uint8_t kSegments = 4;  // RFC 8754
    const auto [type, segments_left] = header->specific;
    // Linux drops these types in silence, even with no segment left.
    if (destination6_of(packet_).is_multicast() || meta(packet_).l2_class != L2Class::kHost ||
        type == kMobile || type == kRpl || type == kSegments) {
      return drop(DropReason::kRoutingHeader);
    }
    if (segments_left != 0) {
      return problem_about(DropReason::kRoutingHeader, kErroneousField,
                           step_.offset - kL2Bytes + offsetof(Beginning, specific));
    }
    return proceed(header->next_header, bytes_of(step_.protocol, *header));
  }

  // Linux's ipv6_frag_rcv.
  bool fragment() {
    const auto header = read_at<Beginning>(packet_, step_.offset);
    if (origin_ == Origin::kReassembled || step_.atomic || !header ||
        step_.offset + kFragmentHeader > packet_.pkt_len) {
      return problem(kErroneousField, step_.offset - kL2Bytes);
    }
    if (fragment_offset(*header) != 0 || has_more(*header)) {
      step_.kind = Step::Kind::kFragment;
      return false;
    }
    step_.atomic = true;
    return proceed(header->next_header, kFragmentHeader);
  }

  bool proceed(std::uint8_t next_header, std::uint32_t bytes) {
    step_.protocol = next_header;
    step_.pointer = step_.offset - kL2Bytes;  // next_header is each header's first octet
    step_.offset += bytes;
    return true;
  }
  bool drop(DropReason reason) {
    step_.kind = Step::Kind::kDrop;
    step_.reason = reason;
    return false;
  }
  bool problem(std::uint8_t code, std::uint32_t pointer) {
    return problem_about(DropReason::kIp6BadHeader, code, pointer);
  }
  bool problem_about(DropReason reason, std::uint8_t code, std::uint32_t pointer) {
    step_.kind = Step::Kind::kProblem;
    step_.reason = reason;
    step_.code = code;
    step_.pointer = pointer;
    return false;
  }

  Packet& packet_;
  Origin origin_;
  Step step_;
};

}  // namespace

Chain walk(const Packet& packet) {
  Chain chain{
      .protocol = first_header(packet), .offset = kFixedHeaderEnd, .next_header_at = kFirstNamedAt};
  for (unsigned count = 0; is_extension(chain.protocol); ++count) {
    if (count == kExtensionHeadersMax) {
      chain.end = Chain::End::kTooLong;
      return chain;
    }
    const auto header = read_at<Beginning>(packet, chain.offset);
    if (!header || chain.offset + bytes_of(chain.protocol, *header) > packet.pkt_len) {
      chain.end = Chain::End::kBad;
      return chain;
    }
    if (chain.protocol == IPPROTO_FRAGMENT && !chain.fragment_at) {
      chain.fragment_at = chain.offset;
      chain.fragment_named_at = chain.next_header_at;
      chain.fragment_offset = fragment_offset(*header);
      chain.more = has_more(*header);
    }
    const bool is_rest = chain.protocol == IPPROTO_FRAGMENT && fragment_offset(*header) != 0;
    chain.next_header_at = chain.offset;
    chain.offset += bytes_of(chain.protocol, *header);
    chain.protocol = header->next_header;
    if (is_rest) {
      chain.end = Chain::End::kFragment;
      return chain;
    }
  }
  chain.end = chain.protocol == IPPROTO_NONE ? Chain::End::kNoNext : Chain::End::kUpper;
  return chain;
}

Step walk_to_upper(Packet& packet, Origin origin) { return Walk{packet, origin}.to_upper(); }

}  // namespace ringroad::ip6
