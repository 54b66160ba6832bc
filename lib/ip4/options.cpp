// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/options.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "packet/checksum.hpp"

namespace ringroad::ip4 {
namespace {

using Octets = std::span<std::uint8_t>;

constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kNop = 1;
constexpr std::uint8_t kRecordRoute = 7;
constexpr std::uint8_t kTimestamp = 68;
constexpr std::uint8_t kLooseSourceRoute = 131;
constexpr std::uint8_t kCipso = 134;
constexpr std::uint8_t kStrictSourceRoute = 137;
constexpr std::uint8_t kRouterAlert = 148;
constexpr std::uint8_t kCopied = 0x80;

// Offsets inside an option. The option's pointer counts from 1.
constexpr std::size_t kLength = 1;
constexpr std::size_t kPointer = 2;
constexpr std::size_t kOverflowFlag = 3;
constexpr std::uint8_t kFirstRecord = 4;  // pointer to the first address of a route
constexpr std::uint8_t kFirstStamp = 5;
// The flag of a timestamp option.
constexpr std::uint8_t kFlagBits = 0xf;
constexpr std::uint8_t kTimeOnly = 0;
constexpr std::uint8_t kTimeAndAddress = 1;
constexpr std::uint8_t kPrespecified = 3;

void put(Octets option, std::size_t pointer, std::uint32_t value) {
  const be32 wire{value};
  std::memcpy(option.data() + pointer - 1, &wire, sizeof wire);
}
Ipv4 address_at(std::span<const std::uint8_t> option, std::size_t pointer) {
  be32 wire{};
  std::memcpy(&wire, option.data() + pointer - 1, sizeof wire);
  return Ipv4{wire};
}
void move_pointer(Octets option, std::uint8_t by) {
  option[kPointer] = static_cast<std::uint8_t>(option[kPointer] + by);
}

// The offset of a fault inside the option; nothing if the option is valid.
using Fault = std::optional<std::size_t>;

class Checker {
 public:
  Checker(Octets header, const OptionSource& source) : header_{header}, source_{source} {}

  CheckedOptions check() {
    std::size_t at = sizeof(rte_ipv4_hdr);
    while (at < header_.size()) {
      const Octets left = header_.subspan(at);
      if (left[0] == kEnd) {
        clear_behind_end(left.subspan(1));
        break;
      }
      if (left[0] == kNop) {
        ++at;
        continue;
      }
      if (left.size() < 2 || left[kLength] < 2 || left[kLength] > left.size()) {
        return fault(at);
      }
      if (const Fault inside = check_one(left.first(left[kLength]), at)) {
        return fault(at + *inside);
      }
      at += left[kLength];
    }
    return {options_, 0};
  }

 private:
  [[nodiscard]] CheckedOptions fault(std::size_t at) const {
    return {options_, static_cast<std::uint8_t>(at)};
  }

  void clear_behind_end(Octets padding) {
    if (std::ranges::any_of(padding, [](std::uint8_t octet) { return octet != kEnd; })) {
      std::ranges::fill(padding, kEnd);
      options_.changed = true;
    }
  }

  Fault check_one(Octets option, std::size_t at) {
    const auto place = static_cast<std::uint8_t>(at);
    switch (option[0]) {
      case kLooseSourceRoute:
      case kStrictSourceRoute:
        return source_route(option, place);
      case kRecordRoute:
        return record_route(option, place);
      case kTimestamp:
        return timestamp(option, place);
      case kCipso:
        return security_label(option, place);
      case kRouterAlert:
        return option.size() < 4 ? Fault{kLength} : std::nullopt;
      default:
        return std::nullopt;
    }
  }

  // Every label is a fault, as in Linux's cipso_v4_validate in the kernels of distributions: its
  // domain of interpretation is not configured, because no domain can be configured here.
  Fault security_label(Octets option, std::uint8_t place) {
    constexpr std::size_t kDomain = 2;
    constexpr std::size_t kBytesMin = 8;
    if (options_.security_label != 0) {
      return 0;
    }
    options_.security_label = place;
    return option.size() < kBytesMin ? kLength : kDomain;
  }

  Fault source_route(Octets option, std::uint8_t place) {
    if (option.size() < 3) {
      return kLength;
    }
    if (option[kPointer] < kFirstRecord) {
      return kPointer;
    }
    if (options_.source_route != 0) {
      return 0;
    }
    options_.source_route = place;
    return std::nullopt;
  }

  Fault record_route(Octets option, std::uint8_t place) {
    if (options_.record_route != 0) {
      return 0;
    }
    if (option.size() < 3) {
      return kLength;
    }
    const std::size_t pointer = option[kPointer];
    if (pointer < kFirstRecord) {
      return kPointer;
    }
    if (pointer <= option.size()) {
      if (pointer + 3 > option.size()) {
        return kPointer;
      }
      put(option, pointer, source_.address.value());
      move_pointer(option, 4);
      options_.changed = true;
      options_.record_address = true;
    }
    options_.record_route = place;
    return std::nullopt;
  }

  Fault timestamp(Octets option, std::uint8_t place) {
    if (options_.timestamp != 0) {
      return 0;
    }
    if (option.size() < 4) {
      return kLength;
    }
    if (option[kPointer] < kFirstStamp) {
      return kPointer;
    }
    const Fault fault = option[kPointer] <= option.size() ? stamp(option) : count_overflow(option);
    if (!fault) {
      options_.timestamp = place;
    }
    return fault;
  }

  Fault stamp(Octets option) {
    const std::size_t pointer = option[kPointer];
    const std::uint8_t flag = option[kOverflowFlag] & kFlagBits;
    const bool with_address = flag == kTimeAndAddress || flag == kPrespecified;
    if (pointer + 3 > option.size() || (with_address && pointer + 7 > option.size())) {
      return kPointer;
    }
    if (flag == kTimeOnly) {
      put(option, pointer, source_.time);
      move_pointer(option, 4);
    } else if (flag == kTimeAndAddress) {
      put(option, pointer, source_.address.value());
      put(option, pointer + 4, source_.time);
      move_pointer(option, 8);
      options_.stamp_address = true;
    } else if (flag == kPrespecified && !source_.is_elsewhere(address_at(option, pointer))) {
      put(option, pointer + 4, source_.time);
      move_pointer(option, 8);
    } else {
      return std::nullopt;
    }
    options_.stamp_time = true;
    options_.changed = true;
    return std::nullopt;
  }

  // Counts the routers that had no room for their time stamp, up to fifteen.
  Fault count_overflow(Octets option) {
    if ((option[kOverflowFlag] & kFlagBits) == kPrespecified) {
      return std::nullopt;
    }
    if (option[kOverflowFlag] >> 4U == 0xf) {
      return kOverflowFlag;
    }
    option[kOverflowFlag] = static_cast<std::uint8_t>(option[kOverflowFlag] + 0x10);
    options_.changed = true;
    return std::nullopt;
  }

  Octets header_;
  const OptionSource& source_;
  Options options_;
};

Octets header_octets(Packet& packet) {
  rte_ipv4_hdr& header = ipv4(packet);
  return {reinterpret_cast<std::uint8_t*>(&header), header_bytes(header)};
}

Octets option_at(Octets header, std::size_t place) {
  return header.subspan(place, header[place + kLength]);
}

// Returns false if the room left is less than a whole address.
bool answer_route(Octets option, const Options& options, const OptionSource& source) {
  const std::size_t pointer = option[kPointer];
  if (!options.record_address || pointer > option.size()) {
    return true;
  }
  if (pointer + 3 > option.size()) {
    return false;
  }
  put(option, pointer, source.address.value());
  move_pointer(option, 4);
  return true;
}

bool answer_timestamp(Octets option, const Options& options, const OptionSource& source) {
  std::size_t pointer = option[kPointer];
  if (pointer > option.size()) {
    return true;
  }
  if (options.stamp_address) {
    if (pointer + 3 > option.size()) {
      return false;
    }
    put(option, pointer, source.address.value());
    pointer += 4;
  }
  if (options.stamp_time) {
    if (pointer + 3 > option.size()) {
      return false;
    }
    if ((option[kOverflowFlag] & kFlagBits) != kPrespecified) {
      put(option, pointer, source.time);
      pointer += 4;
    } else if (pointer + 7 <= option.size() && !source.is_elsewhere(address_at(option, pointer))) {
      put(option, pointer + 4, source.time);
      pointer += 8;
    }
  }
  option[kPointer] = static_cast<std::uint8_t>(pointer);
  return true;
}

// Returns the route that the packet has taken so far, reversed and without the sender at its start.
std::vector<Ipv4> way_back(Packet& packet) {
  std::vector<Ipv4> hops;
  const std::size_t place = meta(packet).options.source_route;
  if (place == 0) {
    return hops;
  }
  const Octets option = option_at(header_octets(packet), place);
  std::size_t pointer = std::min<std::size_t>(option[kPointer], option.size() + 1);
  for (; pointer >= kFirstRecord + 4U; pointer -= 4) {
    hops.push_back(address_at(option, pointer - 4));
  }
  // Some senders include their own address; RFC 1812 requires that it is removed.
  if (!hops.empty() && hops.back() == source_of(packet)) {
    hops.pop_back();
  }
  return hops;
}

// The answer is addressed to the first hop; its source route lists the other hops and ends with the
// receiver.
void answer_source_route(AnswerOptions& answer, Packet& packet) {
  std::vector<Ipv4> hops = way_back(packet);
  if (hops.empty()) {
    return;
  }
  hops.erase(hops.begin());
  hops.push_back(source_of(packet));
  const std::uint8_t kind = header_octets(packet)[meta(packet).options.source_route];
  const auto length = static_cast<std::uint8_t>(3 + 4 * hops.size());
  const Octets option = Octets{answer.bytes}.subspan(answer.length, length);
  option[0] = kind;
  option[kLength] = length;
  option[kPointer] = kFirstRecord;
  for (std::size_t i = 0; i < hops.size(); ++i) {
    put(option, kFirstRecord + 4 * i, hops[i].value());
  }
  answer.length = static_cast<std::uint8_t>(answer.length + length);
}

}  // namespace

CheckedOptions check_options(std::span<std::uint8_t> header, const OptionSource& source) {
  return Checker{header, source}.check();
}

void forward_options(Packet& packet, Ipv4 address) {
  const Options& options = meta(packet).options;
  const Octets header = header_octets(packet);
  // The address that was written on arrival lies directly before the pointer.
  if (options.record_address) {
    const Octets option = option_at(header, options.record_route);
    put(option, option[kPointer] - 4U, address.value());
  }
  if (options.stamp_address) {
    const Octets option = option_at(header, options.timestamp);
    put(option, option[kPointer] - 8U, address.value());
  }
  if (options.changed) {
    ipv4(packet).hdr_checksum = 0;
    ipv4(packet).hdr_checksum = checksum(header);
  }
}

std::optional<AnswerOptions> answer_options(Packet& packet, const OptionSource& source) {
  AnswerOptions answer;
  const Options& options = meta(packet).options;
  const auto echo = [&](std::size_t place, auto&& fill) {
    if (place == 0) {
      return true;
    }
    const Octets option = option_at(header_octets(packet), place);
    std::ranges::copy(option, answer.bytes.begin() + answer.length);
    const Octets copy = Octets{answer.bytes}.subspan(answer.length, option.size());
    answer.length = static_cast<std::uint8_t>(answer.length + option.size());
    return fill(copy, options, source);
  };
  if (!echo(options.record_route, answer_route) || !echo(options.timestamp, answer_timestamp)) {
    return std::nullopt;
  }
  answer_source_route(answer, packet);
  echo(options.security_label,
       [](Octets, const Options&, const OptionSource&) { return true; });  // unchanged
  // The rest of the last word is zero, which ends the list.
  answer.length = static_cast<std::uint8_t>((answer.length + 3U) & ~3U);
  return answer;
}

std::optional<Ipv4> first_hop_back(Packet& packet) {
  const std::vector<Ipv4> hops = way_back(packet);
  return hops.empty() ? std::nullopt : std::optional{hops.front()};
}

void blank_uncopied(std::span<std::uint8_t> options) {
  while (!options.empty() && options[0] != kEnd) {
    if (options[0] == kNop) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[kLength] < 2 || options[kLength] > options.size()) {
      return;
    }
    const std::size_t length = options[kLength];
    if ((options[0] & kCopied) == 0) {
      std::ranges::fill(options.first(length), kNop);
    }
    options = options.subspan(length);
  }
}

}  // namespace ringroad::ip4
