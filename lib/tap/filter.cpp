// SPDX-License-Identifier: BSD-3-Clause
#include "tap/filter.hpp"

#include <fmt/format.h>
#include <pcap/bpf.h>
#include <rte_bpf.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "tap/frame_program.hpp"

namespace ringroad::tap {
namespace {

constexpr std::size_t kDigits = 16;  // of an instruction
// Linux's BPF_MAXINSNS.
constexpr std::size_t kInstructionsMax = 4096;

template <class T>
bool read_hex(std::string_view digits, T& value) {
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value, 16);
  return error == std::errc{} && rest == end;
}

std::optional<std::vector<bpf_insn>> parse(std::string_view text) {
  std::vector<bpf_insn> program;
  for (; text.size() >= kDigits; text.remove_prefix(kDigits)) {
    bpf_insn& one = program.emplace_back();
    if (!read_hex(text.substr(0, 4), one.code) || !read_hex(text.substr(4, 2), one.jt) ||
        !read_hex(text.substr(6, 2), one.jf) || !read_hex(text.substr(8, 8), one.k)) {
      return std::nullopt;
    }
  }
  return text.empty() && !program.empty() ? std::optional{program} : std::nullopt;
}

// The octets of a frame in several buffers that filters see.
constexpr std::uint32_t kLookedAt = 2048;

bool interpret(const void* program, Packet& packet) {
  const auto* const instructions = static_cast<const bpf_insn*>(program);
  if (packet.nb_segs == 1) [[likely]] {
    return bpf_filter(instructions, rte_pktmbuf_mtod(&packet, const std::uint8_t*), packet.pkt_len,
                      packet.data_len) != 0;
  }
  std::array<std::uint8_t, kLookedAt> copy;
  const std::uint32_t bytes = std::min(packet.pkt_len, kLookedAt);
  const void* const octets = rte_pktmbuf_read(&packet, 0, bytes, copy.data());
  return octets != nullptr && bpf_filter(instructions, static_cast<const std::uint8_t*>(octets),
                                         packet.pkt_len, bytes) != 0;
}

}  // namespace

void Filter::Destroy::operator()(rte_bpf* program) const { rte_bpf_destroy(program); }

Filter::Filter() = default;
Filter::Filter(Filter&& other) noexcept = default;
Filter& Filter::operator=(Filter&& other) noexcept = default;
Filter::~Filter() = default;

Tap::SlowFilter Filter::run_slow() const { return instructions_.empty() ? nullptr : interpret; }

const void* Filter::program() const { return instructions_.data(); }

Result<Filter> Filter::load(std::string_view program) {
  if (program.size() > kDigits * kInstructionsMax) {
    return fail(fmt::format("the filter has more than {} instructions", kInstructionsMax));
  }
  auto instructions = parse(program);
  if (!instructions ||
      bpf_validate(instructions->data(), static_cast<int>(instructions->size())) == 0) {
    return fail("the filter's program is not valid BPF");
  }
  Filter filter;
  filter.instructions_ = std::move(*instructions);
  const auto faster = translate(filter.instructions_);
  if (!faster) {
    return filter;
  }
  // If rte_bpf refuses the program, the filter is only slower.
  rte_bpf_prm parameters{};
  parameters.ins = faster->instructions.data();
  parameters.nb_ins = static_cast<std::uint32_t>(faster->instructions.size());
  parameters.prog_arg.type = RTE_BPF_ARG_PTR;
  parameters.prog_arg.size = faster->bytes;
  filter.frame_program_.reset(rte_bpf_load(&parameters));
  rte_bpf_jit machine_code{};
  if (filter.frame_program_ && rte_bpf_get_jit(filter.frame_program_.get(), &machine_code) == 0) {
    filter.run_frame_ = machine_code.func;
    filter.frame_bytes_ = faster->bytes;
  }
  return filter;
}

}  // namespace ringroad::tap
