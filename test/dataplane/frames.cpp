// SPDX-License-Identifier: BSD-3-Clause
#include "frames.hpp"

#include <algorithm>
#include <array>

namespace ringroad::test {
namespace {

void put16(Frame& frame, std::size_t offset, std::uint16_t value) {
  frame[offset] = static_cast<std::uint8_t>(value >> 8U);
  frame[offset + 1] = static_cast<std::uint8_t>(value & 0xffU);
}

void append(Frame& frame, std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    frame.push_back(byte);
  }
}

void append(Frame& frame, Ipv4 value) {
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    frame.push_back(static_cast<std::uint8_t>(value.value() >> (shift - 8)));
  }
}

}  // namespace

// RFC 1071 in its simplest form, independent of the code under test.
std::uint16_t sum(std::span<const std::uint8_t> bytes) {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    total += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8U : bytes[i];
  }
  while (total > 0xffff) {
    total = (total & 0xffffU) + (total >> 16U);
  }
  return static_cast<std::uint16_t>(~total & 0xffffU);
}

void mend_checksum(Frame& frame) {
  const std::size_t header = frame.size() > kIp ? (frame[kIp] & 0xfU) * 4U : 0;
  if (header < 20 || frame.size() < kIp + header) {
    return;
  }
  put16(frame, kIp + 10, 0);
  put16(frame, kIp + 10, sum(std::span{frame}.subspan(kIp, header)));
}

Frame make_ipv4(const Ipv4Fields& fields) {
  Frame frame;
  append(frame, fields.destination_mac.octets);
  append(frame, fields.source_mac.octets);
  append(frame, std::array<std::uint8_t, 2>{0x08, 0x00});
  const std::size_t header = 20 + fields.options.size();
  append(frame, std::array<std::uint8_t, 12>{});
  frame[kIp] = fields.version_ihl;
  if (!fields.options.empty()) {
    frame[kIp] = static_cast<std::uint8_t>(0x40U | header / 4);
  }
  frame[kIp + 1] = fields.tos;
  put16(frame, kIp + 2,
        fields.total_length.value_or(static_cast<std::uint16_t>(header + fields.payload.size())));
  put16(frame, kIpId, fields.id);
  put16(frame, kIp + 6, fields.flags_offset);
  frame[kTtl] = fields.ttl;
  frame[kIp + 9] = fields.protocol;
  append(frame, fields.source);
  append(frame, fields.destination);
  append(frame, fields.options);
  put16(frame, kIp + 10,
        static_cast<std::uint16_t>(sum(std::span{frame}.subspan(kIp)) ^
                                   (fields.bad_checksum ? 0x0101U : 0U)));
  append(frame, fields.payload);
  frame.resize(std::max<std::size_t>(frame.size(), 60));
  return frame;
}

std::vector<std::uint8_t> echo_request(std::uint16_t sequence, std::size_t bytes) {
  std::vector<std::uint8_t> message;
  append(message, std::array<std::uint8_t, 8>{8, 0, 0, 0, 0, 7, 0, 0});
  for (std::size_t i = 0; i < bytes; ++i) {
    message.push_back(0x42);
  }
  put16(message, 6, sequence);
  put16(message, 2, sum(message));
  return message;
}

Frame make_arp(std::uint16_t operation, Mac sender_mac, Ipv4 sender, Mac target_mac, Ipv4 target,
               Mac destination) {
  Frame frame;
  append(frame, destination.octets);
  append(frame, sender_mac.octets);
  append(frame, std::array<std::uint8_t, 8>{0x08, 0x06, 0, 1, 0x08, 0, 6, 4});
  frame.push_back(0);
  frame.push_back(static_cast<std::uint8_t>(operation));
  append(frame, sender_mac.octets);
  append(frame, sender);
  append(frame, target_mac.octets);
  append(frame, target);
  frame.resize(60);
  return frame;
}

std::uint16_t word(const Frame& frame, std::size_t offset) {
  return static_cast<std::uint16_t>(frame.at(offset) << 8U | frame.at(offset + 1));
}
Frame tagged(Frame frame, const std::vector<Tag>& tags) {
  std::vector<std::uint8_t> bytes;
  for (const auto& [protocol, tci] : tags) {
    for (const std::uint16_t word : {protocol, tci}) {
      bytes.push_back(static_cast<std::uint8_t>(word >> 8));
      bytes.push_back(static_cast<std::uint8_t>(word & 0xff));
    }
  }
  frame.insert(frame.begin() + 12, bytes.begin(), bytes.end());
  return frame;
}

std::uint16_t ether_type(const Frame& frame) { return word(frame, 12); }

Mac destination_mac(const Frame& frame) {
  Mac mac;
  std::copy_n(frame.begin(), 6, mac.octets.begin());
  return mac;
}

Mac source_mac(const Frame& frame) {
  Mac mac;
  std::copy_n(frame.begin() + 6, 6, mac.octets.begin());
  return mac;
}

Ipv4 address(const Frame& frame, std::size_t offset) {
  return {frame.at(offset), frame.at(offset + 1), frame.at(offset + 2), frame.at(offset + 3)};
}
Ipv4 ip_source(const Frame& frame) { return address(frame, kIp + 12); }
Ipv4 ip_destination(const Frame& frame) { return address(frame, kIp + 16); }

bool ip_checksum_right(const Frame& frame) {
  return sum(std::span{frame}.subspan(kIp, (frame[kIp] & 0xfU) * 4U)) == 0;
}

bool is_request_for(const Frame& frame, Ipv4 target) {
  return ether_type(frame) == 0x0806 && word(frame, kArpOperation) == 1 &&
         address(frame, kArpTarget) == target;
}

}  // namespace ringroad::test
