// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Compiles tcpdump's language with libpcap, for frames of Ethernet. The router gets the program:
// it parses no language and resolves no names.
#include <expected>
#include <span>
#include <string>

namespace ringroad::roadctl {

// Returns instructions in hexadecimal, 16 digits each: code (4), jt (2), jf (2), k (8). Fails with
// what is wrong, and where.
[[nodiscard]] std::expected<std::string, std::string> compile_filter(
    std::span<const std::string> words);
// The words as one text.
[[nodiscard]] std::string joined(std::span<const std::string> words);

}  // namespace ringroad::roadctl
