// SPDX-License-Identifier: BSD-3-Clause
// The data types of nft(8): their names, and how their values are read and printed.
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/mac.hpp"
#include "nft/field.hpp"
#include "nft/time.hpp"

namespace ringroad::nft {
namespace {

struct Name {
  std::string_view text;
  std::uint32_t value;
};

// Where two names have one value, the first is printed.
constexpr std::array kEtherTypes{Name{"ip", 0x800},      Name{"arp", 0x806},
                                 Name{"ip6", 0x86dd},    Name{"8021q", 0x8100},
                                 Name{"8021ad", 0x88a8}, Name{"vlan", 0x8100}};
constexpr std::array kFamilies{Name{"ipv4", 2}, Name{"ipv6", 10}};
// The names in /etc/protocols (netbase 6.4), and icmpv6, which nft knows itself.
constexpr std::array kProtocols{Name{"ip", 0},
                                Name{"icmp", 1},
                                Name{"igmp", 2},
                                Name{"ggp", 3},
                                Name{"ipencap", 4},
                                Name{"st", 5},
                                Name{"tcp", 6},
                                Name{"egp", 8},
                                Name{"igp", 9},
                                Name{"pup", 12},
                                Name{"udp", 17},
                                Name{"hmp", 20},
                                Name{"xns-idp", 22},
                                Name{"rdp", 27},
                                Name{"iso-tp4", 29},
                                Name{"dccp", 33},
                                Name{"xtp", 36},
                                Name{"ddp", 37},
                                Name{"idpr-cmtp", 38},
                                Name{"ipv6", 41},
                                Name{"ipv6-route", 43},
                                Name{"ipv6-frag", 44},
                                Name{"idrp", 45},
                                Name{"rsvp", 46},
                                Name{"gre", 47},
                                Name{"esp", 50},
                                Name{"ah", 51},
                                Name{"skip", 57},
                                Name{"ipv6-icmp", 58},
                                Name{"icmpv6", 58},
                                Name{"ipv6-nonxt", 59},
                                Name{"ipv6-opts", 60},
                                Name{"rspf", 73},
                                Name{"vmtp", 81},
                                Name{"eigrp", 88},
                                Name{"ospf", 89},
                                Name{"ax.25", 93},
                                Name{"ipip", 94},
                                Name{"etherip", 97},
                                Name{"encap", 98},
                                Name{"pim", 103},
                                Name{"ipcomp", 108},
                                Name{"comp", 108},
                                Name{"vrrp", 112},
                                Name{"l2tp", 115},
                                Name{"isis", 124},
                                Name{"sctp", 132},
                                Name{"fc", 133},
                                Name{"mobility-header", 135},
                                Name{"udplite", 136},
                                Name{"mpls-in-ip", 137},
                                Name{"manet", 138},
                                Name{"hip", 139},
                                Name{"shim6", 140},
                                Name{"wesp", 141},
                                Name{"rohc", 142},
                                Name{"ethernet", 143}};
// Those that rulesets use most. Others are looked up in /etc/services.
constexpr std::array kServices{Name{"ftp-data", 20},
                               Name{"ftp", 21},
                               Name{"ssh", 22},
                               Name{"telnet", 23},
                               Name{"smtp", 25},
                               Name{"domain", 53},
                               Name{"bootps", 67},
                               Name{"bootpc", 68},
                               Name{"tftp", 69},
                               Name{"http", 80},
                               Name{"kerberos", 88},
                               Name{"pop3", 110},
                               Name{"sunrpc", 111},
                               Name{"ntp", 123},
                               Name{"netbios-ns", 137},
                               Name{"netbios-dgm", 138},
                               Name{"netbios-ssn", 139},
                               Name{"imap2", 143},
                               Name{"snmp", 161},
                               Name{"snmp-trap", 162},
                               Name{"bgp", 179},
                               Name{"ldap", 389},
                               Name{"https", 443},
                               Name{"microsoft-ds", 445},
                               Name{"submissions", 465},
                               Name{"isakmp", 500},
                               Name{"syslog", 514},
                               Name{"dhcpv6-client", 546},
                               Name{"dhcpv6-server", 547},
                               Name{"submission", 587},
                               Name{"ldaps", 636},
                               Name{"imaps", 993},
                               Name{"pop3s", 995},
                               Name{"openvpn", 1194},
                               Name{"nfs", 2049},
                               Name{"mysql", 3306},
                               Name{"sip", 5060},
                               Name{"mdns", 5353},
                               Name{"postgresql", 5432},
                               Name{"http-alt", 8080}};
constexpr std::array kIcmpTypes{Name{"echo-reply", 0},           Name{"destination-unreachable", 3},
                                Name{"source-quench", 4},        Name{"redirect", 5},
                                Name{"echo-request", 8},         Name{"router-advertisement", 9},
                                Name{"router-solicitation", 10}, Name{"time-exceeded", 11},
                                Name{"parameter-problem", 12},   Name{"timestamp-request", 13},
                                Name{"timestamp-reply", 14},     Name{"info-request", 15},
                                Name{"info-reply", 16},          Name{"address-mask-request", 17},
                                Name{"address-mask-reply", 18}};
constexpr std::array kIcmpCodes{Name{"net-unreachable", 0},   Name{"host-unreachable", 1},
                                Name{"prot-unreachable", 2},  Name{"port-unreachable", 3},
                                Name{"net-prohibited", 9},    Name{"host-prohibited", 10},
                                Name{"admin-prohibited", 13}, Name{"frag-needed", 4}};
constexpr std::array kIcmp6Types{
    Name{"destination-unreachable", 1}, Name{"packet-too-big", 2},
    Name{"time-exceeded", 3},           Name{"parameter-problem", 4},
    Name{"echo-request", 128},          Name{"echo-reply", 129},
    Name{"mld-listener-query", 130},    Name{"mld-listener-report", 131},
    Name{"mld-listener-done", 132},     Name{"mld-listener-reduction", 132},
    Name{"nd-router-solicit", 133},     Name{"nd-router-advert", 134},
    Name{"nd-neighbor-solicit", 135},   Name{"nd-neighbor-advert", 136},
    Name{"nd-redirect", 137},           Name{"router-renumbering", 138},
    Name{"ind-neighbor-solicit", 141},  Name{"ind-neighbor-advert", 142},
    Name{"mld2-listener-report", 143}};
constexpr std::array kIcmp6Codes{Name{"no-route", 0},         Name{"admin-prohibited", 1},
                                 Name{"addr-unreachable", 3}, Name{"port-unreachable", 4},
                                 Name{"policy-fail", 5},      Name{"reject-route", 6}};
constexpr std::array kTcpFlags{Name{"fin", 1},  Name{"syn", 2},  Name{"rst", 4},  Name{"psh", 8},
                               Name{"ack", 16}, Name{"urg", 32}, Name{"ecn", 64}, Name{"cwr", 128}};
constexpr std::array kDscps{
    Name{"cs0", 0},   Name{"cs1", 8},   Name{"cs2", 16},  Name{"cs3", 24},  Name{"cs4", 32},
    Name{"cs5", 40},  Name{"cs6", 48},  Name{"cs7", 56},  Name{"df", 0},    Name{"be", 0},
    Name{"lephb", 1}, Name{"af11", 10}, Name{"af12", 12}, Name{"af13", 14}, Name{"af21", 18},
    Name{"af22", 20}, Name{"af23", 22}, Name{"af31", 26}, Name{"af32", 28}, Name{"af33", 30},
    Name{"af41", 34}, Name{"af42", 36}, Name{"af43", 38}, Name{"va", 44},   Name{"ef", 46}};
constexpr std::array kEcns{Name{"not-ect", 0}, Name{"ect1", 1}, Name{"ect0", 2}, Name{"ce", 3}};
constexpr std::array kPacketTypes{Name{"host", 0}, Name{"unicast", 0}, Name{"broadcast", 1},
                                  Name{"multicast", 2}, Name{"other", 3}};
constexpr std::array kFibTypes{Name{"unspec", 0},    Name{"unicast", 1},     Name{"local", 2},
                               Name{"broadcast", 3}, Name{"anycast", 4},     Name{"multicast", 5},
                               Name{"blackhole", 6}, Name{"unreachable", 7}, Name{"prohibit", 8}};
constexpr std::array kCtStates{Name{"invalid", 1}, Name{"established", 2}, Name{"related", 4},
                               Name{"new", 8}, Name{"untracked", 64}};
constexpr std::array kCtDirections{Name{"original", 0}, Name{"reply", 1}};
constexpr std::array kCtStatuses{Name{"expected", 1},  Name{"seen-reply", 2}, Name{"assured", 4},
                                 Name{"confirmed", 8}, Name{"snat", 16},      Name{"dnat", 32},
                                 Name{"dying", 512}};
constexpr std::array kBooleans{Name{"missing", 0}, Name{"exists", 1}};

std::span<const Name> names(Type type) {
  switch (type) {
    case Type::kEtherType:
      return kEtherTypes;
    case Type::kFamily:
      return kFamilies;
    case Type::kProtocol:
      return kProtocols;
    case Type::kPort:
      return kServices;
    case Type::kIcmpType:
      return kIcmpTypes;
    case Type::kIcmpCode:
      return kIcmpCodes;
    case Type::kIcmp6Type:
      return kIcmp6Types;
    case Type::kIcmp6Code:
      return kIcmp6Codes;
    case Type::kTcpFlags:
      return kTcpFlags;
    case Type::kDscp:
      return kDscps;
    case Type::kEcn:
      return kEcns;
    case Type::kPacketType:
      return kPacketTypes;
    case Type::kFibType:
      return kFibTypes;
    case Type::kBoolean:
      return kBooleans;
    case Type::kCtState:
      return kCtStates;
    case Type::kCtDirection:
      return kCtDirections;
    case Type::kCtStatus:
      return kCtStatuses;
    default:
      return {};
  }
}

std::optional<std::uint64_t> parse_number(std::string_view word, int base) {
  std::uint64_t number = 0;
  const char* const begin = word.data();  // NOLINT(bugprone-suspicious-stringview-data-usage)
  const char* const end = begin + word.size();
  const auto [stop, error] = std::from_chars(begin, end, number, base);
  return error == std::errc{} && stop == end && !word.empty() ? std::optional{number}
                                                              : std::nullopt;
}

std::optional<Value> parse_integer(std::string_view word) {
  const bool hex = word.starts_with("0x") || word.starts_with("0X");
  const auto number = hex ? parse_number(word.substr(2), 16) : parse_number(word, 10);
  return number ? std::optional{Value{*number}} : std::nullopt;
}

// "MAJOR:MINOR" in hexadecimal, tc(8)'s handles.
std::optional<Value> parse_handle(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == std::string_view::npos) {
    return parse_integer(word);
  }
  const auto major = colon == 0 ? 0 : parse_number(word.substr(0, colon), 16);
  const auto minor = colon + 1 == word.size() ? 0 : parse_number(word.substr(colon + 1), 16);
  if (!major || !minor || *major > 0xffff || *minor > 0xffff) {
    return std::nullopt;
  }
  return Value{*major << 16U | *minor};
}

std::optional<Value> parse_service(std::string_view word) {
  servent entry{};
  servent* found = nullptr;
  std::array<char, 1024> buffer;
  if (getservbyname_r(std::string{word}.c_str(), nullptr, &entry, buffer.data(), buffer.size(),
                      &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return Value{
      static_cast<std::uint64_t>(__builtin_bswap16(static_cast<std::uint16_t>(found->s_port)))};
}

std::optional<Value> time_value(std::string_view word) {
  const auto time = parse_time(word);
  return time ? std::optional{Value{
                    static_cast<std::uint64_t>(*time / std::chrono::milliseconds{1})}}
              : std::nullopt;
}

}  // namespace

bool is_flags(Type type) {
  return type == Type::kTcpFlags || type == Type::kCtState || type == Type::kCtStatus;
}

Value name_value(std::string_view name) {
  Value value;
  for (std::size_t i = 0; i < name.size() && i < 16; ++i) {
    value = value | Value{static_cast<std::uint8_t>(name[i])}.shifted_left(
                        static_cast<unsigned>(120 - 8 * i));
  }
  return value;
}

std::string name_of(Value value) {
  std::string name;
  for (unsigned shift = 120;; shift -= 8) {
    const auto octet = static_cast<char>(value.shifted_right(shift).low & 0xff);
    if (octet == '\0' || shift == 0) {
      return name;
    }
    name += octet;
  }
}

std::string_view to_string(Type type) {
  constexpr std::array<std::string_view, 26> kNames{
      "integer",    "ipv4_addr",    "ipv6_addr",    "ether_addr", "ether_type",  "nf_proto",
      "inet_proto", "inet_service", "icmp_type",    "icmp_code",  "icmpv6_type", "icmpv6_code",
      "tcp_flag",   "dscp",         "ecn",          "mark",       "classid",     "iface_index",
      "ifname",     "pkt_type",     "fib_addrtype", "boolean",    "ct_state",    "ct_dir",
      "ct_status",  "time"};
  return kNames.at(static_cast<std::size_t>(type));
}

std::vector<std::string_view> names_of(Type type) {
  std::vector<std::string_view> all;
  for (const Name& name : names(type)) {
    all.push_back(name.text);
  }
  return all;
}

std::optional<Value> parse_value(Type type, std::string_view word) {
  switch (type) {
    case Type::kIpv4:
      if (const auto address = Ipv4::parse(word)) {
        return Value{address->value()};
      }
      return std::nullopt;
    case Type::kIpv6:
      if (const auto address = Ipv6::parse(word)) {
        return Value{address->high(), address->low()};
      }
      return std::nullopt;
    case Type::kMac:
      if (const auto mac = Mac::parse(word)) {
        Value value;
        for (const std::uint8_t octet : mac->octets) {
          value = value.shifted_left(8) | Value{octet};
        }
        return value;
      }
      return std::nullopt;
    case Type::kInterface:
    case Type::kName:
      return word.empty() || word.size() > kNameMax ? std::nullopt
                                                    : std::optional{name_value(word)};
    case Type::kPriority:
      return parse_handle(word);
    case Type::kTime:
      return time_value(word);
    default:
      break;
  }
  const auto all = names(type);
  const auto named = std::ranges::find(all, word, &Name::text);
  if (named != all.end()) {
    return Value{named->value};
  }
  const auto number = parse_integer(word);
  return number || type != Type::kPort ? number : parse_service(word);
}

std::string print_value(Type type, Value value) {
  switch (type) {
    case Type::kIpv4:
      return Ipv4{static_cast<std::uint32_t>(value.low)}.to_string();
    case Type::kIpv6:
      return Ipv6{value.high, value.low}.to_string();
    case Type::kMac: {
      std::string text;
      for (unsigned shift = 48; shift != 0; shift -= 8) {
        text += fmt::format("{}{:02x}", text.empty() ? "" : ":", value.low >> (shift - 8) & 0xff);
      }
      return text;
    }
    case Type::kInterface:
    case Type::kName:
      return fmt::format("\"{}\"", name_of(value));
    case Type::kPriority:
      return fmt::format("{:x}:{:x}", value.low >> 16U, value.low & 0xffff);
    case Type::kMark:
      return fmt::format("0x{:08x}", value.low);
    case Type::kPort:
      return fmt::format("{}", value.low);
    case Type::kTime:
      return print_time(std::chrono::milliseconds{value.low});
    default:
      break;
  }
  const auto all = names(type);
  if (is_flags(type) && !value.is_zero()) {
    std::string text;
    std::uint64_t nameless = value.low;
    for (const Name& name : all) {
      if ((value.low & name.value) != 0) {
        text += fmt::format("{}{}", text.empty() ? "" : ",", name.text);
        nameless &= ~std::uint64_t{name.value};
      }
    }
    for (; nameless != 0; nameless &= nameless - 1) {
      text += fmt::format("{}0x{:x}", text.empty() ? "" : ",", nameless & -nameless);
    }
    return text;
  }
  const auto named = std::ranges::find(
      all, value.low, [](const Name& name) -> std::uint64_t { return name.value; });
  if (named != all.end()) {
    return std::string{named->text};
  }
  if (type == Type::kEtherType) {
    return fmt::format("0x{:04x}", value.low);
  }
  if (is_flags(type)) {
    return "0x0";
  }
  return type == Type::kDscp || type == Type::kEcn ? fmt::format("0x{:02x}", value.low)
                                                   : fmt::format("{}", value.low);
}

}  // namespace ringroad::nft
