// SPDX-License-Identifier: BSD-3-Clause
#include "control/rehearsed_neighbors.hpp"

namespace ringroad::control {

using stats::DropReason;

template <class Address>
void RehearsedNeighbors<Address>::send(Key key, OwnedPacket packet) {
  using Prospect = typename Real::Prospect;
  switch (real_.prospect(table_, key, buffers_of(*packet))) {
    case Prospect::kSends: {
      const auto id = real_.table().find(key);
      // NOLINTNEXTLINE(bugprone-unchecked-optional-access): only what is in the table is sent to
      sender_.send_ip(std::move(packet), key.port, real_.table().entry(id.value()).mac);
      break;
    }
    case Prospect::kWaits: {
      sender_.note_wait(*packet, key);
      const auto source = asks_from(key, *packet);
      waiting_.push_back({key, std::move(packet), source});
      break;
    }
    case Prospect::kUnreachable:
      unreachable_(std::move(packet), key.port);
      break;
    case Prospect::kNoMemory:
      sender_.drop_at(key.port, std::move(packet), DropReason::kNeighborMemory);
      break;
    case Prospect::kTableFull:
      sender_.drop_at(key.port, std::move(packet), DropReason::kNeighborTableFull);
      break;
  }
}

template <class Address>
std::optional<Address> RehearsedNeighbors<Address>::asks_from(Key key, Packet& packet) const {
  const auto id = real_.table().find(key);
  const bool is_asked = id && real_.table().entry(*id).state != neigh::State::kFailed;
  return is_asked ? std::nullopt : real_.source_for(key, &packet);
}

template <>
void RehearsedNeighbors<Ipv4>::hear(OwnedPacket frame) {
  const PacketMeta meta = ringroad::meta(*frame);
  const auto message = neigh::ArpMessage::parse(
      {ringroad::frame(*frame) + kL2Bytes, static_cast<std::size_t>(frame->data_len - kL2Bytes)});
  if (!message) {
    sender_.drop(std::move(frame), DropReason::kArpInvalid);
    return;
  }
  const auto verdict = real_.judge(*message, meta);
  if (verdict.answers) {
    sender_.send_reply(*message, meta);
  }
  if (verdict.drop) {
    sender_.drop(std::move(frame), *verdict.drop);
  } else {
    sender_.deliver(std::move(frame));
  }
}

template <>
void RehearsedNeighbors<Ipv6>::hear(OwnedPacket frame) {
  const PacketMeta meta = ringroad::meta(*frame);
  const auto message = neigh::parse_nd(
      {ringroad::frame(*frame) + kL2Bytes, static_cast<std::size_t>(frame->data_len - kL2Bytes)});
  if (!message) {
    sender_.drop(std::move(frame), DropReason::kNdInvalid);
    return;
  }
  const auto verdict = real_.judge(*message, meta);
  if (verdict.answer) {
    host::Neighbors6::send_answer(*verdict.answer, meta, sender_, *this);
  }
  if (verdict.drop) {
    sender_.drop(std::move(frame), *verdict.drop);
  } else {
    sender_.deliver(std::move(frame));
  }
}

template class RehearsedNeighbors<Ipv4>;
template class RehearsedNeighbors<Ipv6>;

}  // namespace ringroad::control
