// SPDX-License-Identifier: BSD-3-Clause
#include "filter/generate.hpp"

#include <bit>
#include <cstring>
#include <utility>

namespace ringroad::filter {
namespace {

// A key has at most 15 fields of 16 octets.
constexpr std::size_t kKeyOctetsMax = 256;

// Linux's reciprocal_scale().
std::uint32_t scaled(std::uint32_t value, std::uint32_t modulus) {
  return static_cast<std::uint32_t>(std::uint64_t{value} * modulus >> 32U);
}

std::uint32_t load(const std::uint8_t* octets) {
  std::uint32_t word = 0;
  std::memcpy(&word, octets, sizeof word);
  return word;
}

void store_big(std::uint8_t* to, std::uint32_t word, std::size_t octets) {
  for (std::size_t i = 0; i < octets; ++i) {
    to[i] = static_cast<std::uint8_t>(word >> 8 * (octets - 1 - i));
  }
}

}  // namespace

std::uint32_t jenkins_hash(std::span<const std::uint8_t> octets, std::uint32_t seed) {
  constexpr std::uint32_t kInitial = 0xdeadbeef;  // JHASH_INITVAL
  std::uint32_t a = kInitial + static_cast<std::uint32_t>(octets.size()) + seed;
  std::uint32_t b = a;
  std::uint32_t c = a;
  const auto mix = [&](std::uint32_t& x, std::uint32_t& y, std::uint32_t& z, int bits) {
    x -= z;
    x ^= std::rotl(z, bits);
    z += y;
  };
  const std::uint8_t* at = octets.data();
  std::size_t left = octets.size();
  for (; left > 12; left -= 12, at += 12) {
    a += load(at);
    b += load(at + 4);
    c += load(at + 8);
    mix(a, b, c, 4);
    mix(b, c, a, 6);
    mix(c, a, b, 8);
    mix(a, b, c, 16);
    mix(b, c, a, 19);
    mix(c, a, b, 4);
  }
  if (left == 0) {
    return c;
  }
  std::array<std::uint8_t, 12> tail{};
  std::memcpy(tail.data(), at, left);
  a += load(tail.data());
  b += load(tail.data() + 4);
  c += load(tail.data() + 8);
  const auto end = [](std::uint32_t& x, std::uint32_t y, int bits) {
    x ^= y;
    x -= std::rotl(y, bits);
  };
  end(c, b, 14);
  end(a, c, 11);
  end(b, a, 25);
  end(c, b, 16);
  end(a, c, 4);
  end(b, a, 14);
  end(c, b, 24);
  return c;
}

std::uint64_t GeneratorCode::make(Facts& facts, Dice& dice, std::uint64_t m, bool is_dry) const {
  for (const HashPart& part : key) {
    for (const ColumnIndex each : part.columns) {
      static_cast<void>(facts.values(each));
      m &= facts.valid(each);
    }
  }
  static_cast<void>(facts.values(column));
  for (std::uint64_t left = m; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    facts.store(column, i, generator->offset + number(facts, dice, i, is_dry));
  }
  return m;
}

std::uint32_t GeneratorCode::number(Facts& facts, Dice& dice, std::size_t index,
                                    bool is_dry) const {
  switch (generator->kind) {
    case nft::Generator::Kind::kIncrement:
      return take(is_dry);
    case nft::Generator::Kind::kRandom:
      return scaled(dice.roll(), generator->modulus);
    case nft::Generator::Kind::kHash:
      return scaled(hash(facts, index), generator->modulus);
    case nft::Generator::Kind::kSymmetricHash:
      return scaled(symmetric_hash(facts, index), generator->modulus);
  }
  return 0;
}

std::uint32_t GeneratorCode::take(bool is_dry) const {
  std::uint32_t now = sequence->next.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint32_t next = now + 1 < generator->modulus ? now + 1 : 0;
    if (is_dry || sequence->next.compare_exchange_weak(now, next, std::memory_order_relaxed)) {
      return now;
    }
  }
}

// Each field of a concatenation fills whole words.
std::uint32_t GeneratorCode::hash(Facts& facts, std::size_t index) const {
  std::array<std::uint8_t, kKeyOctetsMax> octets{};
  std::size_t size = 0;
  for (const HashPart& part : key) {
    std::size_t rest = part.octets;
    std::size_t at = size;
    for (const ColumnIndex each : part.columns) {
      const std::uint32_t word = facts.values(each)[index];
      const std::size_t bytes = rest % 4 == 0 ? 4 : rest % 4;
      if (part.is_host_order) {
        std::memcpy(octets.data() + at, &word, bytes);
      } else {
        store_big(octets.data() + at, word, bytes);
      }
      at += bytes;
      rest -= bytes;
    }
    size += key.size() == 1 ? part.octets : (part.octets + 3U) / 4 * 4;
  }
  return jenkins_hash(std::span{octets}.first(size), seed);
}

// The same for both directions of a flow (Linux's __flow_hash_consistentify).
std::uint32_t GeneratorCode::symmetric_hash(Facts& facts, std::size_t index) const {
  constexpr std::size_t kEndWords = 5;  // an address of IPv6, and a port
  std::array<std::array<std::uint32_t, kEndWords>, 2> ends{};
  const std::size_t address_words = (flow.size() - 3) / 2;
  const std::uint32_t protocol = facts.values(flow[2 * address_words])[index];
  for (std::size_t end = 0; end < 2; ++end) {
    for (std::size_t i = 0; i < address_words; ++i) {
      ends[end][i] = facts.values(flow[end * address_words + i])[index];
    }
    const ColumnIndex port = flow[2 * address_words + 1 + end];
    const std::uint32_t number = facts.values(port)[index];
    const bool has_port =
        has_ports(static_cast<std::uint8_t>(protocol)) && (facts.valid(port) >> index & 1U) != 0;
    ends[end].back() = has_port ? number : 0;
  }
  if (ends[1] < ends[0]) {
    std::swap(ends[0], ends[1]);
  }
  std::array<std::uint8_t, sizeof ends + sizeof protocol> octets{};
  std::memcpy(octets.data(), ends.data(), sizeof ends);
  std::memcpy(octets.data() + sizeof ends, &protocol, sizeof protocol);
  return jenkins_hash(octets, seed);
}

}  // namespace ringroad::filter
