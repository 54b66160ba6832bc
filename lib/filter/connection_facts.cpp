// SPDX-License-Identifier: BSD-3-Clause
#include "filter/connection_facts.hpp"

namespace ringroad::filter {
namespace {

using nft::Ct;

constexpr std::uint32_t kAfInet = 2;
constexpr std::uint32_t kAfInet6 = 10;

std::uint32_t word_of(std::uint64_t number, unsigned word) {
  return word < 2 ? static_cast<std::uint32_t>(number >> 32U * word) : 0;
}

std::uint32_t word_of(Ipv6 address, unsigned word) {
  return word < 2 ? word_of(address.low(), word) : word_of(address.high(), word - 2);
}

std::uint64_t packets_of(const Connection& connection) {
  return connection.counts[0].packets + connection.counts[1].packets;
}

std::uint64_t bytes_of(const Connection& connection) {
  return connection.counts[0].bytes + connection.counts[1].bytes;
}

std::uint32_t family_of(const Tuple& tuple) { return tuple.is_ipv6 ? kAfInet6 : kAfInet; }

}  // namespace

std::uint32_t state_bits(Tracked tracked) {
  switch (tracked.as) {
    case TrackedAs::kInvalid:
      return 1;
    case TrackedAs::kEstablished:
      return 2;
    case TrackedAs::kRelated:
      return 4;
    case TrackedAs::kNew:
      return 8;
    case TrackedAs::kUntracked:
      return 64;
  }
  return 1;
}

std::uint32_t connection_word(const Connection& connection, Direction direction, Ct what,
                              unsigned word, Milliseconds32 now) {
  // Bits that only this router has are not shown.
  constexpr auto kStatus = static_cast<std::uint16_t>(~connection_status::kFresh);
  const Tuple& original = connection.tuple(Direction::kOriginal);
  const Tuple& reply = connection.tuple(Direction::kReply);
  switch (what) {
    case Ct::kState:
      return 0;
    case Ct::kDirection:
      return static_cast<std::uint32_t>(direction);
    case Ct::kStatus:
      return connection.status & kStatus;
    case Ct::kMark:
      return connection.mark;
    case Ct::kExpiration:
      return connection.has(connection_status::kConfirmed) ? connection.deadline - now : 0;
    case Ct::kId:
      return 0;
    case Ct::kL3Protocol:
    case Ct::kOriginalL3Protocol:
    case Ct::kReplyL3Protocol:
      return family_of(original);
    case Ct::kProtocol:
    case Ct::kOriginalProtocol:
    case Ct::kReplyProtocol:
      return original.protocol;
    case Ct::kPackets:
      return word_of(packets_of(connection), word);
    case Ct::kBytes:
      return word_of(bytes_of(connection), word);
    case Ct::kAveragePacket:
      return word_of(bytes_of(connection) / std::max<std::uint64_t>(packets_of(connection), 1),
                     word);
    case Ct::kOriginalPackets:
      return word_of(connection.counts[0].packets, word);
    case Ct::kOriginalBytes:
      return word_of(connection.counts[0].bytes, word);
    case Ct::kReplyPackets:
      return word_of(connection.counts[1].packets, word);
    case Ct::kReplyBytes:
      return word_of(connection.counts[1].bytes, word);
    case Ct::kOriginalSource:
      return word_of(original.source, word);
    case Ct::kOriginalDestination:
      return word_of(original.destination, word);
    case Ct::kOriginalSourcePort:
      return original.source_port;
    case Ct::kOriginalDestinationPort:
      return original.destination_port;
    case Ct::kReplySource:
      return word_of(reply.source, word);
    case Ct::kReplyDestination:
      return word_of(reply.destination, word);
    case Ct::kReplySourcePort:
      return reply.source_port;
    case Ct::kReplyDestinationPort:
      return reply.destination_port;
  }
  return 0;
}

}  // namespace ringroad::filter
