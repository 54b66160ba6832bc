// SPDX-License-Identifier: BSD-3-Clause
#include "nft/type_names.hpp"

#include <array>

namespace ringroad::nft {
namespace {

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
constexpr std::array kMhTypes{Name{"binding-refresh-request", 0},
                              Name{"home-test-init", 1},
                              Name{"careof-test-init", 2},
                              Name{"home-test", 3},
                              Name{"careof-test", 4},
                              Name{"binding-update", 5},
                              Name{"binding-acknowledgement", 6},
                              Name{"binding-error", 7},
                              Name{"fast-binding-update", 8},
                              Name{"fast-binding-acknowledgement", 9},
                              Name{"fast-binding-advertisement", 10},
                              Name{"experimental-mobility-header", 11},
                              Name{"home-agent-switch-message", 12}};

}  // namespace

std::span<const Name> type_names(Type type) {
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
    case Type::kMhType:
      return kMhTypes;
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

}  // namespace ringroad::nft
