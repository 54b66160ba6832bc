// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/packet_filter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pcap/pcap.h>

#include <memory>
#include <sstream>
#include <vector>

namespace ringroad::roadctl {
namespace {

constexpr int kWholeFrames = 262144;

struct Close {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

// Returns the program, or libpcap's complaint.
std::expected<std::string, std::string> compile(pcap_t* handle, const std::string& text) {
  bpf_program program{};
  if (pcap_compile(handle, &program, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return std::unexpected{std::string{pcap_geterr(handle)}};
  }
  std::string hex;
  for (const bpf_insn& one : std::span{program.bf_insns, program.bf_len}) {
    hex += fmt::format("{:04x}{:02x}{:02x}{:08x}", one.code, one.jt, one.jf, one.k);
  }
  pcap_freecode(&program);
  return hex;
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

// libpcap does not say where it stumbled: the longest beginning that compiles shows it.
std::string place(pcap_t* handle, const std::string& text) {
  const std::vector<std::string> words = split(text);
  for (std::size_t count = words.size(); count-- > 1;) {
    const std::string beginning = joined(std::span{words}.first(count));
    if (compile(handle, beginning)) {
      return fmt::format(" after '{}', at '{}'", beginning, words[count]);
    }
  }
  return words.empty() ? std::string{} : fmt::format(" at '{}'", words.front());
}

}  // namespace

std::string joined(std::span<const std::string> words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::expected<std::string, std::string> compile_filter(std::span<const std::string> words) {
  const std::unique_ptr<pcap_t, Close> handle{pcap_open_dead(DLT_EN10MB, kWholeFrames)};
  if (!handle) {
    return std::unexpected{std::string{"no memory for a filter"}};
  }
  const std::string text = joined(words);
  auto program = compile(handle.get(), text);
  if (!program) {
    return std::unexpected{fmt::format("filter '{}'{}: {}; the language is that of pcap-filter(7)",
                                       text, place(handle.get(), text), program.error())};
  }
  return program;
}

}  // namespace ringroad::roadctl
