#include "ip/options.hpp"

#include <algorithm>

namespace ringroad::ip {
namespace {

constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kNop = 1;
constexpr std::uint8_t kCopied = 0x80;

}  // namespace

void blank_uncopied(std::span<std::uint8_t> options) {
  while (!options.empty() && options[0] != kEnd) {
    if (options[0] == kNop) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) {
      return;
    }
    const std::size_t length = options[1];
    if ((options[0] & kCopied) == 0) {
      std::ranges::fill(options.first(length), kNop);
    }
    options = options.subspan(length);
  }
}

}  // namespace ringroad::ip
