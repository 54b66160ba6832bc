// SPDX-License-Identifier: BSD-3-Clause
#define ALLOW_EXPERIMENTAL_API  // NOLINT(readability-identifier-naming): DPDK's
#include "tap/filter.hpp"

#include <fmt/format.h>
#include <pcap/bpf.h>
#include <rte_bpf.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include <charconv>
#include <optional>
#include <vector>

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

struct Free {
  void operator()(rte_bpf_prm* parameters) const { rte_free(parameters); }
};

}  // namespace

void Filter::Destroy::operator()(rte_bpf* program) const { rte_bpf_destroy(program); }

Result<Filter> Filter::load(std::string_view program) {
  if (program.size() > kDigits * kInstructionsMax) {
    return fail(fmt::format("the filter has more than {} instructions", kInstructionsMax));
  }
  auto instructions = parse(program);
  if (!instructions ||
      bpf_validate(instructions->data(), static_cast<int>(instructions->size())) == 0) {
    return fail("the filter's program is not valid BPF");
  }
  const bpf_program classic{.bf_len = static_cast<unsigned>(instructions->size()),
                            .bf_insns = instructions->data()};
  const std::unique_ptr<rte_bpf_prm, Free> parameters{rte_bpf_convert(&classic)};
  if (!parameters) {
    return fail(fmt::format("the filter cannot be translated: {}", rte_strerror(rte_errno)));
  }
  Filter filter;
  filter.program_.reset(rte_bpf_load(parameters.get()));
  if (!filter.program_) {
    return fail(fmt::format("the filter cannot be loaded: {}", rte_strerror(rte_errno)));
  }
  rte_bpf_jit machine_code{};
  if (rte_bpf_get_jit(filter.program_.get(), &machine_code) != 0 || machine_code.func == nullptr) {
    return fail("the filter has no machine code on this processor");
  }
  filter.run_ = machine_code.func;
  return filter;
}

}  // namespace ringroad::tap
