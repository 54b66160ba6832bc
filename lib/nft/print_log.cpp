// SPDX-License-Identifier: BSD-3-Clause
// The statement `log`.
#include <fmt/format.h>

#include "nft/print_rule.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {
namespace {

std::string flags_text(std::uint8_t flags) {
  if ((flags & Log::kAll) == Log::kAll) {
    return " flags all";
  }
  std::string text;
  if ((flags & (Log::kTcpSequence | Log::kTcpOptions)) != 0) {
    const bool has_both = (flags & Log::kTcpSequence) != 0 && (flags & Log::kTcpOptions) != 0;
    text += fmt::format(" flags tcp {}", has_both                           ? "sequence,options"
                                         : (flags & Log::kTcpSequence) != 0 ? "sequence"
                                                                            : "options");
  }
  if ((flags & Log::kIpOptions) != 0) {
    text += " flags ip options";
  }
  if ((flags & Log::kUser) != 0) {
    text += " flags skuid";
  }
  if ((flags & Log::kEther) != 0) {
    text += " flags ether";
  }
  return text;
}

}  // namespace

// Without a group, nft gives the kernel neither its length nor its threshold.
std::string print_log(const Log& log) {
  constexpr std::uint8_t kWarn = 4;
  std::string text = "log";
  if (!log.prefix.empty()) {
    text += fmt::format(" prefix \"{}\"", log.prefix);
  }
  if (log.group) {
    text += fmt::format(" group {}", *log.group);
    if (log.snaplen) {
      text += fmt::format(" snaplen {}", *log.snaplen);
    }
    if (log.queue_threshold) {
      text += fmt::format(" queue-threshold {}", *log.queue_threshold);
    }
  } else if (log.level != kWarn) {
    text += fmt::format(" level {}", kLevels.at(log.level));
  }
  return text + flags_text(log.flags);
}

}  // namespace ringroad::nft
