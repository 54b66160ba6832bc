// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a rule can read from a packet, by the names of nft(8), and the types of these values.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nft/value.hpp"

namespace ringroad::nft {

// nft(8), data types: how a value is written and printed.
enum class Type : std::uint8_t {
  kInteger,
  kIpv4,
  kIpv6,
  kMac,
  kEtherType,
  kFamily,    // nf_proto
  kProtocol,  // inet_proto
  kPort,      // inet_service
  kIcmpType,
  kIcmpCode,
  kIcmp6Type,
  kIcmp6Code,
  kTcpFlags,
  kDscp,
  kEcn,
  kMark,
  kPriority,  // tc handle
  // The name of an interface: its octets from the highest on, zeros behind. A name that ends with
  // '*' is the range of those that begin so. kInterface is an index in Linux, and has no '*'.
  kInterface,
  kName,
  kPacketType,  // pkt_type
  kFibType,     // fib_addrtype
  kBoolean,     // exists, missing
  kMhType,      // mobility headers (RFC 6275)
  kRaw,         // integer, of raw payload: printed in hexadecimal
  kCtState,
  kCtDirection,  // ct_dir
  kCtStatus,
  kTime,  // milliseconds
};
inline constexpr Type kLastType = Type::kTime;

// Where a field lies.
enum class Source : std::uint8_t {
  kMeta,       // in no header: see Meta
  kLink,       // an offset from the Ethernet header
  kNetwork,    // from the IP header
  kTransport,  // from the header behind it and its extension headers
  kInner,      // from what TCP, UDP, GRE or IP in IP carries
  kTcpOption,  // from the TCP option of the kind Field::header
  kIpOption,   // from the option of an IPv4 header
  kExtension,  // from an IPv6 extension header
  kFib,        // the answer of a route lookup: see FibKey
  kRouteMtu,   // `rt mtu`: the TCP MSS that the routes in both directions allow
  kCt,         // what connection tracking knows: see Ct
  kConstant,   // none of the packet: the value is in the expression's flips
  kGenerated,  // made for the packet where the rule asks: see Generator; offset: its number
};

// nft(8), meta expressions.
enum class Meta : std::uint8_t {
  kLength,
  kProtocol,  // the EtherType
  kNfProto,   // 2 or 10, AF_INET or AF_INET6
  kL4Proto,   // behind IPv6's extension headers
  kMark,
  kPriority,
  kIif,
  kOif,
  kIifName,
  kOifName,
  kPacketType,
  kNfTrace,
};

// nft(8), ct expressions.
enum class Ct : std::uint8_t {
  kState,
  kDirection,
  kStatus,
  kMark,
  kExpiration,  // ms
  kL3Protocol,  // 2 or 10, AF_INET or AF_INET6
  kProtocol,
  kId,
  // Of both directions together or, by the field's name, of one.
  kPackets,
  kBytes,
  kAveragePacket,
  kOriginalPackets,
  kOriginalBytes,
  kReplyPackets,
  kReplyBytes,
  kOriginalSource,
  kOriginalDestination,
  kOriginalSourcePort,
  kOriginalDestinationPort,
  kOriginalL3Protocol,
  kOriginalProtocol,
  kReplySource,
  kReplyDestination,
  kReplySourcePort,
  kReplyDestinationPort,
  kReplyL3Protocol,
  kReplyProtocol,
};

// The bits of the offset of a field of kFib: which address is looked up, and for which interface.
struct FibKey {
  static constexpr std::uint16_t kSource = 1;
  static constexpr std::uint16_t kDestination = 2;
  static constexpr std::uint16_t kMark = 4;  // no route depends on it here
  static constexpr std::uint16_t kIngress = 8;
  static constexpr std::uint16_t kEgress = 16;
};

enum class FamilyNeed : std::uint8_t { kNone, kIp, kIp6 };

struct Generator;

struct Field {
  std::string_view name;  // "tcp dport"
  Type type;
  Source source;
  std::uint16_t offset;                       // bits; of kMeta a Meta, of kCt a Ct
  std::uint16_t width;                        // bits
  FamilyNeed family = FamilyNeed::kNone;      // the packet is of this family,
  std::optional<std::uint8_t> protocol = {};  // and of this protocol: else the rule does not match
  std::uint8_t header = 0;                    // of an option or an extension header: its number
  bool presence = false;                      // it asks only whether this is there
  const Generator* generator = nullptr;       // of kGenerated
};

// A field that has no name of its own, such as `@th,16,16`.
struct OwnField {
  std::string name;
  Field field;  // with that name
  std::shared_ptr<const Generator> generator{};
};

// `protocol`: "ip", "tcp", "meta", ...; null if there is no such field.
[[nodiscard]] const Field* find_field(std::string_view protocol, std::string_view name);
// The fields of a protocol, for messages.
[[nodiscard]] std::span<const Field> all_fields();
[[nodiscard]] bool is_protocol(std::string_view word);

// Whether values of the type are names of interfaces.
[[nodiscard]] constexpr bool is_interface(Type type) {
  return type == Type::kInterface || type == Type::kName;
}
// Whether values of the type are sets of flags, so that `tcp flags syn,ack` means any of them.
[[nodiscard]] bool is_flags(Type type);
[[nodiscard]] std::string_view to_string(Type type);
// Reads a word of the type: a number, an address, or one of its names. Nullopt if it is none.
[[nodiscard]] std::optional<Value> parse_value(Type type, std::string_view word);
// The names that values of the type have, for messages; empty if they have none.
[[nodiscard]] std::vector<std::string_view> names_of(Type type);
// As `nft list ruleset` prints it.
[[nodiscard]] std::string print_value(Type type, Value value);

inline constexpr std::size_t kNameMax = 15;  // of an interface: Linux's IFNAMSIZ - 1
[[nodiscard]] Value name_value(std::string_view name);
[[nodiscard]] std::string name_of(Value value);

}  // namespace ringroad::nft
