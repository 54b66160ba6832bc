// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Why a packet was dropped. Every packet that is received and neither sent nor delivered has
// exactly one reason; tests check this conservation.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringroad::stats {

// X(enumerator, name in output and scripts, meaning)
#define RINGROAD_DROP_REASONS(X)                                                                   \
  X(kFrameTruncated, "frame_truncated", "shorter than an Ethernet header")                         \
  X(kOtherHost, "other_host", "sent to another station's MAC address")                             \
  X(kUnknownEthertype, "unknown_ethertype", "an EtherType that nothing here handles")              \
  X(kVlanUnknown, "vlan_unknown", "a VLAN tag that no sub-interface of the port has")              \
  X(kNoHeadroom, "no_headroom", "the driver left no room in front of the frame for a VLAN tag")    \
  X(kLlc, "llc", "an 802.3 frame with a length instead of an EtherType")                           \
  X(kIpTruncated, "ip_truncated", "shorter than its IP header or the length in it says")           \
  X(kIpBadVersion, "ip_bad_version", "the IP version is wrong, or the header length is below 20")  \
  X(kIpBadChecksum, "ip_bad_checksum", "the IPv4 header checksum is wrong")                        \
  X(kIpBadLength, "ip_bad_length", "the IPv4 total length is below the header length")             \
  X(kIpBadOptions, "ip_bad_options", "malformed IPv4 options")                                     \
  X(kIp6BadHeader, "ip6_bad_header", "a malformed IPv6 extension header or option")                \
  X(kRoutingHeader, "routing_header", "to the router, an IPv6 routing header that it refuses")     \
  X(kScope, "scope", "a link-local address beyond its link (RFC 4007)")                            \
  X(kSourceRoute, "source_route", "a source-route option, which is refused (RFC 7126)")            \
  X(kMartianSource, "martian_source", "a source address that no packet may have on a wire")        \
  X(kMartianDestination, "martian_destination", "a destination that no packet may have on a wire") \
  X(kReversePath, "reverse_path", "no way back to the source by that port (rp_filter)")            \
  X(kForwardingOff, "forwarding_off", "not for the router, by a port whose forwarding is off")     \
  X(kL2Broadcast, "l2_broadcast", "sent to all stations but addressed to one beyond the router")   \
  X(kBroadcast, "broadcast", "to a broadcast address: never forwarded, and nothing here wants it") \
  X(kMulticast, "multicast", "to a multicast group that the router has not joined")                \
  X(kNoRoute, "no_route", "no route to the destination: network unreachable")                      \
  X(kBlackhole, "blackhole", "a blackhole route")                                                  \
  X(kUnreachable, "unreachable", "an unreachable route: host unreachable")                         \
  X(kProhibited, "prohibited", "a prohibit route: administratively prohibited")                    \
  X(kTtlExceeded, "ttl_exceeded", "the time to live ran out")                                      \
  X(kFragmentationNeeded, "fragmentation_needed", "larger than the egress MTU, and DF is set")     \
  X(kPacketTooBig, "packet_too_big", "an IPv6 packet larger than the egress MTU")                  \
  X(kHostUnreachable, "host_unreachable", "the next hop did not answer ARP or its solicitations")  \
  X(kNeighborQueueFull, "neighbor_queue_full", "oldest of too many waiting for one neighbor")      \
  X(kNeighborMemory, "neighbor_memory",                                                            \
    "oldest of all that waited for neighbors, for their share")                                    \
  X(kNeighborTableFull, "neighbor_table_full", "no room for another neighbor")                     \
  X(kReassemblyTimeout, "reassembly_timeout",                                                      \
    "a fragment of a datagram that lacked others for 30 s")                                        \
  X(kReassemblyOverlap, "reassembly_overlap", "a fragment of a datagram in which two overlapped")  \
  X(kReassemblyInvalid, "reassembly_invalid", "a fragment that is empty or contradicts another")   \
  X(kReassemblyDuplicate, "reassembly_duplicate", "a fragment to the router that had come before") \
  X(kReassemblyTooFar, "reassembly_too_far", "a fragment that 64 others of its sender overtook")   \
  X(kReassemblyMemory, "reassembly_memory",                                                        \
    "a fragment of the oldest datagram, for those that came later")                                \
  X(kUnknownProtocol, "unknown_protocol", "to the router, an IP protocol that it does not speak")  \
  X(kMulticastControl, "multicast_control", "to the router, IGMP, MLD or PIM, no part of it")      \
  X(kPortClosed, "port_closed", "to the router, a port that nothing listens on")                   \
  X(kTcpBad, "tcp_bad", "to the router, a truncated TCP segment or a wrong checksum")              \
  X(kUdpBad, "udp_bad", "to the router, a UDP datagram with a wrong length or checksum")           \
  X(kIcmpBad, "icmp_bad", "to the router, a truncated ICMP message or a wrong checksum")           \
  X(kIcmpIgnored, "icmp_ignored", "to the router, an ICMP message that needs no answer")           \
  X(kArpInvalid, "arp_invalid", "an ARP message that is malformed or must not be believed")        \
  X(kArpIgnored, "arp_ignored", "an ARP message that is about neither us nor a known neighbor")    \
  X(kNdInvalid, "nd_invalid", "a neighbor discovery message that must not be believed")            \
  X(kNdIgnored, "nd_ignored", "a neighbor discovery message about neither us nor a neighbor")      \
  X(kPuntQueueFull, "punt_queue_full", "the control thread was behind with its work")              \
  X(kInjectQueueFull, "inject_queue_full", "a worker was behind with packets handed to it")        \
  X(kBandFull, "band_full", "the egress band held as much as its limit")                           \
  X(kBandMemory, "band_memory",                                                                    \
    "oldest of the longest egress band, for the bands' share of buffers")                          \
  X(kQueueManaged, "queue_managed", "packets had waited too long in its band (CoDel, RFC 8289)")   \
  X(kNoBuffer, "no_buffer", "no packet buffer was free to make the packet")                        \
  X(kPortDown, "port_down", "the port was taken down, or stopped with packets queued")             \
  X(kFirewall, "firewall", "a rule or a policy of the firewall")                                   \
  X(kConnectionTableFull, "connection_table_full", "no room to track another connection")          \
  X(kTranslationFull, "translation_full", "no free port or address to translate to")               \
  X(kHook, "hook", "a hook asked for it")

enum class DropReason : std::uint8_t {
#define RINGROAD_ENUMERATOR(enumerator, name, meaning) enumerator,
  RINGROAD_DROP_REASONS(RINGROAD_ENUMERATOR)
#undef RINGROAD_ENUMERATOR
};

// The macro expands to terms of a sum, which parentheses would break.
#define RINGROAD_COUNT(enumerator, name, meaning) +1  // NOLINT(bugprone-macro-parentheses)
inline constexpr std::size_t kDropReasons = 0 RINGROAD_DROP_REASONS(RINGROAD_COUNT);
#undef RINGROAD_COUNT

// "ttl_exceeded"
[[nodiscard]] std::string_view name(DropReason reason);
[[nodiscard]] std::string_view meaning(DropReason reason);

}  // namespace ringroad::stats
