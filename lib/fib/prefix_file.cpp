#include "fib/prefix_file.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace ringroad::fib {
namespace {

// gzread passes through what is not gzip.
Result<std::string> read_all(const std::string& path) {
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  errno = 0;
  const std::unique_ptr<gzFile_s, Close> file{gzopen(path.c_str(), "rb")};
  if (!file) {
    return fail(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  }
  std::string content;
  std::array<char, 1 << 16> buffer;
  int got = 0;
  while ((got = gzread(file.get(), buffer.data(), buffer.size())) > 0) {
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
  // A gzip file that was cut off reads like one that ended, but for this error.
  int error = Z_OK;
  const std::string_view what = gzerror(file.get(), &error);
  if (error != Z_OK) {
    return fail(fmt::format("cannot read {}: {}", path,
                            error == Z_ERRNO ? std::string_view{std::strerror(errno)} : what));
  }
  return content;
}

std::string_view trim(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  line = line.substr(0, line.find('#'));
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  return line.substr(0, line.find_last_not_of(kBlanks) + 1);
}

std::optional<unsigned> parse_length(std::string_view text) {
  unsigned length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{length}
                                                                  : std::nullopt;
}

// "2001:db8::/32" or an address; host bits set are refused as in Prefix4.
bool is_ipv6_prefix(std::string_view text) {
  if (text.find_first_not_of("0123456789abcdefABCDEF:./") != std::string_view::npos) {
    return false;  // inet_pton would stop at a NUL and call the rest good
  }
  const auto slash = text.find('/');
  const auto length =
      slash == std::string_view::npos ? 128U : parse_length(text.substr(slash + 1)).value_or(129);
  std::array<std::uint8_t, 16> address{};
  if (length > 128 ||
      inet_pton(AF_INET6, std::string{text.substr(0, slash)}.c_str(), address.data()) != 1) {
    return false;
  }
  for (unsigned bit = length; bit < 128; ++bit) {
    if ((address.at(bit / 8) >> (7 - bit % 8) & 1) != 0) {
      return false;
    }
  }
  return true;
}

std::string complaint(std::string_view text) {
  if (const auto address = InterfaceAddress::parse(text)) {
    return fmt::format("{} has bits set beyond its length; the prefix is {}", text,
                       address->subnet().to_string());
  }
  return fmt::format("\"{:.60}\" is not a prefix such as 192.0.2.0/24", text);
}

}  // namespace

Result<PrefixFile> read_prefix_file(const std::string& path) {
  const auto content = read_all(path);
  if (!content) {
    return std::unexpected{content.error()};
  }
  PrefixFile file;
  std::string_view rest = *content;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view text = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (text.empty()) {
      continue;
    }
    if (const auto prefix = Prefix4::parse(text)) {
      file.prefixes.push_back(*prefix);
    } else if (is_ipv6_prefix(text)) {
      ++file.ipv6_skipped;
    } else {
      return fail(fmt::format("{}:{}: {}", path, number, complaint(text)));
    }
  }
  return file;
}

}  // namespace ringroad::fib
