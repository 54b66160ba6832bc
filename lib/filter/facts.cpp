// SPDX-License-Identifier: BSD-3-Clause
#include "filter/facts.hpp"

#include <algorithm>
#include <cstring>

#include "filter/connection_facts.hpp"
#include "filter/transport.hpp"
#include "packet/mark.hpp"
#include "packet/read.hpp"

namespace ringroad::filter {
namespace {

using Kind = Column::Kind;

std::uint32_t load_word(const std::uint8_t* octets) {
  std::uint32_t word = 0;
  std::memcpy(&word, octets, sizeof word);
  return __builtin_bswap32(word);
}

}  // namespace

void Facts::begin(HookPoint point, const Burst& burst, Tracker* tracker, const Tables* tables) {
  point_ = point;
  burst_ = &burst;
  tracker_ = tracker;
  tables_ = tables;
  prioritized_ = 0;
  has_lengths_ = is_located_ = false;
  forget();
}

void Facts::forget() {
  if (++run_ == 0) {  // after 4 thousand million bursts
    std::ranges::fill(filled_, 0);
    run_ = 1;
  }
}

void Facts::fill_lengths() {
  for (std::size_t i = 0; i < burst_->count; ++i) {
    lengths_[i] = burst_->packets[i]->pkt_len - kL2Bytes;
  }
  has_lengths_ = true;
}

void Facts::locate() {
  if (is_located_) {
    return;
  }
  is_located_ = true;
  has_transport_ = has_protocol_ = 0;
  for (std::size_t i = 0; i < burst_->count && !burst_->is_other; ++i) {
    const Transport found =
        burst_->is_ipv6 ? transport6(*burst_->packets[i]) : transport4(burst_->frames[i]);
    transport_[i] = found.offset;
    protocols_[i] = found.protocol;
    has_transport_ |= std::uint64_t{found.has_header} << i;
    has_protocol_ |= std::uint64_t{found.has_protocol} << i;
  }
}

void Facts::load_transport(ColumnIndex index) {
  locate();
  const Column column = columns_[index];
  Values& values = values_[index];
  std::uint64_t valid = 0;
  for (std::size_t i = 0; i < burst_->count; ++i) {
    const Packet& packet = *burst_->packets[i];
    std::uint32_t word = 0;
    if (transport_[i] + column.end <= packet.data_len) [[likely]] {
      word = load_word(burst_->frames[i] + transport_[i] + column.start);
      valid |= std::uint64_t{1} << i;
    } else if (const auto read = read_at<std::uint32_t>(
                   packet, transport_[i] + static_cast<std::uint32_t>(column.start))) {
      word = __builtin_bswap32(*read);
      valid |= std::uint64_t{1} << i;
    }
    values[i] = column.number(word);
  }
  valid_[index] = valid & has_transport_;
}

// Linux's nft_ct_get_eval: all packets have a state, the rest is that of a connection.
void Facts::load_connection(ColumnIndex index) {
  const auto what = static_cast<nft::Ct>(columns_[index].start);
  const unsigned word = columns_[index].end;
  std::uint64_t valid = 0;
  load_all(index, [&](std::size_t i) {
    const Tracked tracked = Tracked::of(*burst_->packets[i]);
    if (what == nft::Ct::kState) {
      valid |= std::uint64_t{1} << i;
      return state_bits(tracked);
    }
    const Connection* const connection =
        tracker_ == nullptr ? nullptr : tracker_->connection_of(tracked);
    if (connection == nullptr) {
      return std::uint32_t{0};
    }
    valid |= std::uint64_t{1} << i;
    return connection_word(*connection, tracked.direction, what, word,
                           tracker_->connections().now());
  });
  valid_[index] = valid;
}

void Facts::fill(ColumnIndex index) {
  filled_[index] = run_;
  const std::uint64_t all = burst_->all();
  valid_[index] = all;
  const Column& column = columns_[index];
  const bool is_routed = point_ == HookPoint::kForward || point_ == HookPoint::kOutput ||
                         point_ == HookPoint::kPostRouting;
  switch (column.kind) {
    case Kind::kLink:
      if (point_ == HookPoint::kIngress) {
        load_some(index, [&](std::size_t i) {
          return load_link(i, static_cast<std::uint32_t>(column.start));
        });
        return;
      }
      valid_[index] = is_own() ? 0 : all;
      load_all(index, [&](std::size_t i) { return load_word(burst_->frames[i] + column.start); });
      return;
    case Kind::kNetwork: {
      const std::ptrdiff_t at = kL2Bytes + column.start;
      load_all(index, [&](std::size_t i) { return load_word(burst_->frames[i] + at); });
      return;
    }
    case Kind::kTransport:
      load_transport(index);
      return;
    case Kind::kLength: {
      const std::uint32_t* const lengths = this->lengths();
      load_all(index, [&](std::size_t i) { return lengths[i]; });
      return;
    }
    case Kind::kL4Protocol:
      locate();
      valid_[index] = has_protocol_;
      load_all(index, [&](std::size_t i) { return protocols_[i]; });
      return;
    case Kind::kMark:
      load_all(index, [&](std::size_t i) { return Mark::of(*burst_->packets[i]); });
      return;
    case Kind::kPriority:
      load_all(index, [&](std::size_t i) {
        return (prioritized_ >> i & 1U) != 0 ? priorities_[i] : burst_->priorities[i];
      });
      return;
    case Kind::kPacketType:
      load_all(index, [&](std::size_t i) {
        return is_own() ? 0U : static_cast<std::uint32_t>(burst_->l2_classes[i]);
      });
      return;
    case Kind::kEtherType:
      load_all(index, [&](std::size_t i) { return load_word(burst_->frames[i] + 12) >> 16U; });
      return;
    case Kind::kIngress:
      load_all(index, [&](std::size_t /*i*/) { return ingress(); });
      return;
    case Kind::kEgress:
      load_all(index, [&](std::size_t i) {
        return is_routed ? std::uint32_t{burst_->adjacencies[i]->port.value()} + 1 : 0U;
      });
      return;
    case Kind::kConnection:
      load_connection(index);
      return;
    case Kind::kConstant:
      load_all(index, [](std::size_t /*i*/) { return 0U; });
      return;
    case Kind::kGenerated:
      return;  // kept as the rule has stored it
    case Kind::kFib:
      load_fib(index);
      return;
    case Kind::kRouteMtu:
      load_route_mtu(index);
      return;
    default:
      load_far(index);
      return;
  }
}

}  // namespace ringroad::filter
