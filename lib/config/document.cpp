// SPDX-License-Identifier: BSD-3-Clause
#include "config/document.hpp"

#include <fmt/format.h>

#include <utility>

namespace ringroad::config {
namespace {

// The length of the UTF-8 sequence at the front, or 0 if there is none (RFC 3629 4).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  std::size_t length = 0;
  if (lead >= 0xc2 && lead <= 0xf4) {
    length = 2U + (lead >= 0xe0 ? 1U : 0U) + (lead >= 0xf0 ? 1U : 0U);
  }
  if (length == 0 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) {
      return 0;
    }
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) >= 0xa0;
  const bool beyond = lead == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

// Such a file is refused before yaml-cpp reads it, because yaml-cpp would read something else: it
// replaces invalid bytes, may guess that the file is UTF-16, and stops at a byte 0x04.
bool is_text(std::string_view text, Report& report) {
  Position where{1, 1};
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const bool control =
        (byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
    const std::size_t length = control ? 0 : sequence_length(text);
    if (length == 0) {
      report.add(where, "",
                 fmt::format("byte 0x{:02x} is not text; a configuration is UTF-8", byte));
      return false;
    }
    where = byte == '\n' ? Position{where.line + 1, 1}
                         : Position{where.line, where.column + static_cast<int>(length)};
    text.remove_prefix(length);
  }
  return true;
}

void add_syntax_error(const SyntaxError& error, Report& report) {
  // yaml-cpp's message about a misplaced tab does not mention tabs.
  const auto tab = report.first_tab_indent();
  if (tab && tab->line <= error.where.line) {
    report.add(*tab, "", "is indented with a tab; YAML takes only blanks");
  } else {
    report.add(error.where, "", error.what);
  }
}

}  // namespace

std::optional<Tree> read_document(std::string_view text, Report& report) {
  if (text.size() > kTextMax) {
    report.add({}, "", "is larger than 1MiB; long lists of routes belong in a route file");
    return std::nullopt;
  }
  if (!is_text(text, report)) {
    return std::nullopt;
  }
  auto tree = parse_tree(text);
  if (!tree) {
    add_syntax_error(tree.error(), report);
    return std::nullopt;
  }
  if (tree->root.node == nullptr || tree->root.node->kind == Node::Kind::kNull) {
    report.add({}, "", "is empty; a configuration has at least 'ports'");
    return std::nullopt;
  }
  return *std::move(tree);
}

}  // namespace ringroad::config
