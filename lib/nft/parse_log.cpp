// SPDX-License-Identifier: BSD-3-Clause
// The statement `log`.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "nft/parser.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {

// Behind `flags`: all, ether, skuid, ip options, or `tcp` and a list of sequence and options.
std::uint8_t Parser::log_flags() {
  const auto expect = [&](std::string_view word) {
    if (!cursor_.accept_word(word)) {
      refuse(cursor_.peek(), fmt::format("expected '{}'", word));
    }
  };
  const Token& what = cursor_.next();
  if (what.is_word("all")) {
    return Log::kAll;
  }
  if (what.is_word("ether")) {
    return Log::kEther;
  }
  if (what.is_word("skuid")) {
    return Log::kUser;
  }
  if (what.is_word("ip")) {
    expect("options");
    return Log::kIpOptions;
  }
  static constexpr std::array<std::string_view, 5> kKnown{"tcp", "ip", "skuid", "ether", "all"};
  if (!what.is_word("tcp")) {
    refuse(what,
           fmt::format("{} is no flag of 'log'{}", shown(what.text), hint(what.text, kKnown)));
  }
  std::uint8_t flags = 0;
  do {
    if (cursor_.accept_word("sequence")) {
      flags |= Log::kTcpSequence;
    } else {
      expect("options");
      flags |= Log::kTcpOptions;
    }
  } while (cursor_.accept_symbol(","));
  return flags;
}

void Parser::log_level(Log& log) {
  const Token& level = cursor_.next();
  const auto* const found = std::ranges::find(kLevels, level.text);
  if (found == kLevels.end()) {
    refuse(level, fmt::format("{} is no level{}", shown(level.text), hint(level.text, kLevels)));
  }
  log.level = static_cast<std::uint8_t>(found - kLevels.begin());
}

// What excludes each other is what nft's stmt_evaluate_log refuses.
Log Parser::log() {
  constexpr std::size_t kPrefixMax = 127;  // Linux's NF_LOG_PREFIXLEN - 1
  const Token& begin = cursor_.peek();
  Log log;
  bool has_level = false;
  while (true) {
    const Token& what = cursor_.peek();
    if (cursor_.accept_word("prefix")) {
      log.prefix = cursor_.expect_string("the prefix");
      if (log.prefix.size() > kPrefixMax) {
        refuse(what, "a prefix has at most 127 characters");
      }
    } else if (cursor_.accept_word("level")) {
      log_level(log);
      has_level = true;
    } else if (cursor_.accept_word("flags")) {
      log.flags |= log_flags();
    } else if (cursor_.accept_word("group")) {
      log.group = static_cast<std::uint16_t>(single({Type::kInteger, 16}).low);
    } else if (cursor_.accept_word("snaplen")) {
      log.snaplen = static_cast<std::uint32_t>(single({Type::kInteger, 32}).low);
    } else if (cursor_.accept_word("queue-threshold")) {
      log.queue_threshold = static_cast<std::uint16_t>(single({Type::kInteger, 16}).low);
    } else {
      break;
    }
  }
  if (log.group && (has_level || log.flags != 0)) {
    refuse(begin, fmt::format("'log group' has no {}", has_level ? "level" : "flags"));
  }
  const bool has_more =
      !log.prefix.empty() || log.flags != 0 || log.group || log.snaplen || log.queue_threshold;
  if (log.level == Log::kAudit && has_more) {
    refuse(begin, "'log level audit' has nothing else");
  }
  return log;
}

}  // namespace ringroad::nft
