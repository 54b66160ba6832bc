// SPDX-License-Identifier: BSD-3-Clause
#include "tap/frame_program.hpp"

#include <algorithm>

namespace ringroad::tap {
namespace {

// Registers that need not be saved: the result, the frame, which is the argument, BPF's accumulator
// and index register, and one for a sum.
constexpr std::uint8_t kResult = EBPF_REG_0;
constexpr std::uint8_t kFrame = EBPF_REG_1;
constexpr std::uint8_t kA = EBPF_REG_2;
constexpr std::uint8_t kX = EBPF_REG_3;
constexpr std::uint8_t kSum = EBPF_REG_4;

// The longest IPv4 header without options: a load behind a longer one is left to the other program,
// so that loads are within the bytes of a short frame.
constexpr std::uint32_t kIndexMax = 20;

class Translation {
 public:
  explicit Translation(std::span<const bpf_insn> classic) : classic_{classic} {}

  std::optional<FrameProgram> run() {
    for (const bpf_insn& one : classic_) {
      starts_.push_back(program_.instructions.size());
      if (!translate(one)) {
        return std::nullopt;
      }
    }
    // Where the program cannot tell. rte_bpf refuses instructions that are never reached.
    starts_.push_back(program_.instructions.size());
    if (std::ranges::any_of(jumps_,
                            [this](const Jump& jump) { return jump.target == classic_.size(); })) {
      add(EBPF_ALU64, EBPF_MOV | BPF_K, kResult, 0, FrameProgram::kUnknown);
      add(BPF_JMP, EBPF_EXIT, 0, 0);
    }
    for (const Jump& jump : jumps_) {
      const auto distance = static_cast<std::int64_t>(starts_.at(jump.target)) -
                            static_cast<std::int64_t>(jump.from) - 1;
      if (distance > INT16_MAX) {
        return std::nullopt;
      }
      program_.instructions[jump.from].off = static_cast<std::int16_t>(distance);
    }
    return std::move(program_);
  }

 private:
  struct Jump {
    std::size_t from;
    std::size_t target;  // a classic instruction
  };

  void add(unsigned code_class, unsigned operation, std::uint8_t to, std::uint8_t from,
           std::uint32_t immediate = 0, std::int16_t offset = 0) {
    ebpf_insn one{};
    one.code = static_cast<std::uint8_t>(code_class | operation);
    one.dst_reg = to & 0xfU;
    one.src_reg = from & 0xfU;
    one.off = offset;
    one.imm = static_cast<std::int32_t>(immediate);
    program_.instructions.push_back(one);
  }
  void jump(unsigned operation, std::uint8_t to, std::uint8_t from, std::uint32_t immediate,
            std::size_t target) {
    jumps_.push_back({program_.instructions.size(), target});
    add(BPF_JMP, operation, to, from, immediate);
  }

  static std::uint32_t bytes_of(std::uint16_t code) {
    return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
  }
  // Loads from `base`, and converts to host order.
  void load(std::uint16_t code, std::uint8_t base, std::uint32_t offset) {
    add(BPF_LDX, BPF_MEM | BPF_SIZE(code), kA, base, 0, static_cast<std::int16_t>(offset));
    if (const std::uint32_t bytes = bytes_of(code); bytes > 1) {
      add(BPF_ALU, EBPF_END | EBPF_TO_BE, kA, 0, bytes * 8);
    }
  }

  bool translate(const bpf_insn& one) {
    switch (BPF_CLASS(one.code)) {
      case BPF_LD:
        return translate_load(one);
      case BPF_LDX:
        return translate_index(one);
      case BPF_ALU:
        return translate_arithmetic(one);
      case BPF_JMP:
        return translate_jump(one);
      case BPF_RET:
        add(EBPF_ALU64, EBPF_MOV | BPF_K, kResult, 0, one.k != 0 ? 1 : 0);
        add(BPF_JMP, EBPF_EXIT, 0, 0);
        return BPF_RVAL(one.code) == BPF_K;
      case BPF_MISC: {
        const bool to_index = BPF_MISCOP(one.code) == BPF_TAX;
        add(EBPF_ALU64, EBPF_MOV | BPF_X, to_index ? kX : kA, to_index ? kA : kX);
        return true;
      }
      default:
        return false;
    }
  }

  bool translate_load(const bpf_insn& one) {
    constexpr std::uint32_t kOffsetMax = 16384;
    if (BPF_MODE(one.code) == BPF_IMM) {
      add(BPF_ALU, EBPF_MOV | BPF_K, kA, 0, one.k);
      return true;
    }
    if (one.k > kOffsetMax) {
      return false;
    }
    if (BPF_MODE(one.code) == BPF_ABS) {
      program_.bytes = std::max(program_.bytes, one.k + bytes_of(one.code));
      load(one.code, kFrame, one.k);
      return true;
    }
    if (BPF_MODE(one.code) != BPF_IND) {
      return false;
    }
    program_.bytes = std::max(program_.bytes, kIndexMax + one.k + bytes_of(one.code));
    // rte_bpf derives the range of unsigned and signed values each from its own comparison.
    for (const unsigned comparison : {unsigned{BPF_JGT}, unsigned{EBPF_JSGT}}) {
      jump(comparison | BPF_K, kX, 0, kIndexMax, classic_.size());
    }
    jump(EBPF_JSLT | BPF_K, kX, 0, 0, classic_.size());
    add(EBPF_ALU64, EBPF_MOV | BPF_X, kSum, kFrame);
    add(EBPF_ALU64, BPF_ADD | BPF_X, kSum, kX);
    load(one.code, kSum, one.k);
    return true;
  }

  bool translate_index(const bpf_insn& one) {
    if (BPF_MODE(one.code) == BPF_IMM) {
      add(BPF_ALU, EBPF_MOV | BPF_K, kX, 0, one.k);
      return true;
    }
    if (BPF_MODE(one.code) != BPF_MSH) {
      return false;
    }
    program_.bytes = std::max(program_.bytes, one.k + 1);
    add(BPF_LDX, BPF_MEM | BPF_B, kX, kFrame, 0, static_cast<std::int16_t>(one.k));
    add(BPF_ALU, BPF_AND | BPF_K, kX, 0, 0xf);
    add(BPF_ALU, BPF_LSH | BPF_K, kX, 0, 2);
    return true;
  }

  bool translate_arithmetic(const bpf_insn& one) {
    switch (BPF_OP(one.code)) {
      case BPF_ADD:
      case BPF_SUB:
      case BPF_MUL:
      case BPF_AND:
      case BPF_OR:
      case BPF_XOR:
        break;
      case BPF_LSH:
      case BPF_RSH:
        if (BPF_SRC(one.code) == BPF_X || one.k > 31) {
          return false;
        }
        break;
      default:
        return false;
    }
    const bool by_index = BPF_SRC(one.code) == BPF_X;
    add(BPF_ALU, static_cast<unsigned>(BPF_OP(one.code) | BPF_SRC(one.code)), kA, by_index ? kX : 0,
        by_index ? 0 : one.k);
    return true;
  }

  bool translate_jump(const bpf_insn& one) {
    const std::size_t next = starts_.size();  // this instruction is the one before
    if (BPF_OP(one.code) == BPF_JA) {
      jump(BPF_JA, 0, 0, 0, next + one.k);
      return next + one.k < classic_.size();
    }
    // A comparison's constant is sign-extended to 64 bits. Before DPDK 23.07, rte_bpf's machine
    // code of BPF_JSET with a constant of 8 bits is wrong.
    if (BPF_SRC(one.code) == BPF_K && (one.k > INT32_MAX || BPF_OP(one.code) == BPF_JSET)) {
      add(BPF_ALU, EBPF_MOV | BPF_K, kSum, 0, one.k);
      jump(static_cast<unsigned>(BPF_OP(one.code) | BPF_X), kA, kSum, 0, next + one.jt);
    } else {
      const bool by_index = BPF_SRC(one.code) == BPF_X;
      jump(static_cast<unsigned>(BPF_OP(one.code) | BPF_SRC(one.code)), kA, by_index ? kX : 0,
           by_index ? 0 : one.k, next + one.jt);
    }
    if (one.jf != 0) {
      jump(BPF_JA, 0, 0, 0, next + one.jf);
    }
    return true;
  }

  std::span<const bpf_insn> classic_;
  FrameProgram program_;
  std::vector<std::size_t> starts_;  // of each classic instruction
  std::vector<Jump> jumps_;
};

}  // namespace

std::optional<FrameProgram> translate(std::span<const bpf_insn> classic) {
  return Translation{classic}.run();
}

}  // namespace ringroad::tap
