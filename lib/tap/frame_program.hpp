// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Translates classic BPF to extended BPF that reads a frame at its address, in one piece of memory.
// rte_bpf_convert() would make a program that reads packet buffers: it checks each load, which
// costs twice as much, and the machine code of BPF_JSET with a constant of 8 bits is wrong in
// DPDK 22.11.
#include <sys/types.h>
// Needs the types of the header above.
#include <pcap/bpf.h>
#include <rte_bpf.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "packet/watch.hpp"

namespace ringroad::tap {

struct FrameProgram {
  // The program's answer if it cannot tell: the other one must be asked.
  static constexpr std::uint32_t kUnknown = static_cast<std::uint32_t>(Tap::kUnknown);

  std::vector<ebpf_insn> instructions;
  std::uint32_t bytes = 0;  // that a frame must have at least
};

// Returns nothing if the program has an instruction that is not translated.
[[nodiscard]] std::optional<FrameProgram> translate(std::span<const bpf_insn> classic);

}  // namespace ringroad::tap
