// SPDX-License-Identifier: BSD-3-Clause
// What the results of operations depend on: whether the rules do the same with each packet of an
// established connection.
#include <netinet/tcp.h>

#include <algorithm>

#include "filter/compiler.hpp"

namespace ringroad::filter {
namespace {

using Kind = Column::Kind;

constexpr int kTcpFlags = 13;  // where the octet is in the header

bool is_fixed(nft::Ct what) {
  switch (what) {
    case nft::Ct::kExpiration:
    case nft::Ct::kPackets:
    case nft::Ct::kBytes:
    case nft::Ct::kAveragePacket:
    case nft::Ct::kOriginalPackets:
    case nft::Ct::kOriginalBytes:
    case nft::Ct::kReplyPackets:
    case nft::Ct::kReplyBytes:
      return false;
    default:
      return true;  // where the status or the mark changes, what was learned is forgotten
  }
}

// The octets of the header of which the column has bits: the first, and that behind the last.
struct Octets {
  int first;
  int end;
  [[nodiscard]] constexpr bool lie_in(int from, int to) const { return first >= from && end <= to; }
};
Octets octets_of(const Column& column) {
  Octets octets{4, 0};
  for (int i = 0; i < 4; ++i) {
    if (((column.mask << column.shift) >> (24 - 8 * i) & 0xffU) != 0) {
      octets = {std::min(octets.first, i), i + 1};
    }
  }
  return {column.start + octets.first, column.start + octets.end};
}

// Of the IP header: the protocol and the addresses.
bool is_fixed_network(const Column& column, bool is_ipv6) {
  const Octets octets = octets_of(column);
  return is_ipv6 ? octets.lie_in(6, 7) || octets.lie_in(8, 40)
                 : octets.lie_in(9, 10) || octets.lie_in(12, 20);
}

// Whether the tests give the same for ACK with and without PSH.
bool is_fixed_for_acks(const Column& column, std::span<const Test> tests) {
  const auto passes = [&](std::uint32_t flags) {
    const std::uint32_t number = column.number(flags << 8 * (column.start + 3 - kTcpFlags));
    return std::ranges::any_of(tests, [&](const Test& test) { return test.passes(number); });
  };
  const Octets octets = octets_of(column);
  const bool is_flags = octets.first == kTcpFlags && octets.end == kTcpFlags + 1;
  return !tests.empty() && is_flags && passes(TH_ACK) == passes(TH_ACK | TH_PUSH);
}

}  // namespace

// `tests`: any of them; none if the whole column counts.
Dependence Compiler::dependence_of(ColumnIndex index, std::span<const Test> tests) const {
  const Column& column = code_.columns[index];
  const auto on_connection = [](bool is) {
    return is ? Dependence::kConnection : Dependence::kPacket;
  };
  switch (column.kind) {
    case Kind::kNetwork:
      return on_connection(is_fixed_network(column, family_ == PacketFamily::kIpv6));
    case Kind::kTransport:
      return is_fixed_for_acks(column, tests) ? Dependence::kPlainAck
                                              : on_connection(octets_of(column).lie_in(0, 4));
    case Kind::kConnection:
      return on_connection(is_fixed(static_cast<nft::Ct>(column.start)));
    case Kind::kL4Protocol:
    case Kind::kMark:  // what assigns one depends on the packet
    case Kind::kIngress:
    case Kind::kEgress:
    case Kind::kConstant:
      return Dependence::kConnection;
    default:
      return Dependence::kPacket;
  }
}

Dependence Compiler::dependence_of(const KeyCode& key) const {
  if (key.set != nullptr) {
    return Dependence::kPacket;
  }
  Dependence most = Dependence::kConnection;
  for (const ColumnIndex column : key.columns) {
    most = std::max(most, dependence_of(column, {}));
  }
  return most;
}

Dependence Compiler::dependence_of(const Op& op) const {
  switch (op.kind) {
    case OpKind::kNever:
    case OpKind::kIngress:
    case OpKind::kEgress:
    case OpKind::kVerdict:
    case OpKind::kCount:
      return Dependence::kConnection;
    case OpKind::kTest:
      return dependence_of(op.column, {&op.test, 1});
    case OpKind::kTests: {
      Dependence most = Dependence::kConnection;
      for (const auto& [column, test] : std::span{code_.tests}.subspan(op.at, op.count)) {
        most = std::max(most, dependence_of(column, {&test, 1}));
      }
      return most;
    }
    case OpKind::kAny:
      return dependence_of(op.column, std::span{code_.alternatives}.subspan(op.at, op.count));
    case OpKind::kSet:
    case OpKind::kVerdictMap:
      return dependence_of(code_.keys[op.at]);
    default:
      return Dependence::kPacket;
  }
}

// Of the table's chains, which are those of one family.
void Compiler::find_dependences() {
  for (const ChainCode& chain : std::span{code_.chains}.subspan(first_chain_)) {
    for (std::uint32_t i = 0; i < chain.rules; ++i) {
      const RuleCode& rule = code_.rules[chain.first_rule + i];
      for (Op& op : std::span{code_.ops}.subspan(rule.first_op, rule.ops)) {
        op.depends = dependence_of(op);
      }
    }
  }
}

void Compiler::find_index_dependences() {
  for (ChainCode& chain : code_.chains) {
    family_ = chain.family;
    for (const RuleIndex& index : chain.indices) {
      for (const ColumnIndex column : index.columns()) {
        chain.indices_depend = std::max(chain.indices_depend, dependence_of(column, {}));
      }
    }
  }
}

}  // namespace ringroad::filter
