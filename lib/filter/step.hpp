// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A step of a packet through the firewall, for traces and explanations. It can be copied octet by
// octet, so that a thread can record it; the pointers are good as long as its program runs.
#include <cstdint>
#include <type_traits>

#include "filter/tracked.hpp"
#include "filter/translate.hpp"
#include "nft/model.hpp"

namespace ringroad::filter {

struct Step {
  enum class What : std::uint8_t {
    kMatched,  // the rule went on to its end, without a verdict
    kVerdict,  // the rule gave a verdict
    kReject,
    kNat,         // the rule decided about a translation
    kPolicy,      // the packet came to the end of a base chain
    kPassed,      // as one of a known connection: no rule was asked
    kTracked,     // its connection was found, or begins
    kTranslated,  // an end of the packet was
  };
  // What an end of the packet is now.
  struct End {
    Manip which{};
    bool is_ipv6 = false;
    bool has_port = false;
    std::uint16_t port = 0;
    Ipv6 address{};  // of IPv4, the low 32 bits
  };

  What what = What::kMatched;
  std::uint64_t program = 0;  // Code::serial
  const nft::Table* table = nullptr;
  const nft::Chain* chain = nullptr;
  const nft::Rule* rule = nullptr;  // null for a policy
  nft::Verdict verdict{};           // of kVerdict: `chain` is an index in the table
  bool accepts = true;              // of kPolicy
  TrackedAs as{};                   // of kTracked
  Direction direction{};            // likewise
  End end{};                        // of kTranslated
};
static_assert(std::is_trivially_copyable_v<Step>);

}  // namespace ringroad::filter
