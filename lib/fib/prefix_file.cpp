// SPDX-License-Identifier: BSD-3-Clause
#include "fib/prefix_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace ringroad::fib {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;
// The number of chunks that are processed at once.
constexpr std::size_t kChunks = 16;
constexpr std::size_t kComplaintsMax = 20;

// Reads the file in chunks of whole lines.
class Lines {
 public:
  Lines(std::string path, Reading& reading) : path_{std::move(path)}, reading_{reading} {}

  [[nodiscard]] Status open();
  // Returns nothing at the end of the file, or on an error, which error() describes.
  [[nodiscard]] std::optional<std::string> next();
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };

  [[nodiscard]] std::unexpected<Error> cannot_read(std::string_view why) const {
    return fail(fmt::format("cannot read {}: {}", path_, why));
  }
  [[nodiscard]] std::size_t read_into(std::string& text);

  std::string path_;
  Reading& reading_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::string rest_;  // the beginning of a line whose end has not been read
  std::uint64_t unpacked_ = 0;
  std::optional<Error> error_;
};

// Only regular files are opened: a pipe could keep the reader waiting forever.
Status Lines::open() {
  const int fd = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    return fail(fmt::format("cannot open {}: {}", path_, std::strerror(errno)));
  }
  struct stat status{};
  const bool known = ::fstat(fd, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return S_ISDIR(status.st_mode) ? cannot_read(std::strerror(EISDIR))
                                   : cannot_read("it is no regular file; copy it into one");
  }
  // gzread returns the bytes of a file that is not gzip unchanged.
  file_.reset(gzdopen(fd, "rb"));
  if (!file_) {
    ::close(fd);
    return cannot_read(std::strerror(ENOMEM));
  }
  gzbuffer(file_.get(), kChunk);
  reading_.total.store(static_cast<std::uint64_t>(status.st_size), std::memory_order_relaxed);
  return {};
}

std::size_t Lines::read_into(std::string& text) {
  const std::size_t old = text.size();
  text.resize(old + kChunk);
  const int got = gzread(file_.get(), &text[old], static_cast<unsigned>(kChunk));
  text.resize(old + static_cast<std::size_t>(std::max(got, 0)));
  // Only this error distinguishes a truncated gzip file from a complete one.
  int code = Z_OK;
  const std::string_view what = gzerror(file_.get(), &code);
  if (code != Z_OK) {
    error_ = cannot_read(code == Z_ERRNO ? std::string_view{std::strerror(errno)} : what).error();
    return 0;
  }
  reading_.done.store(static_cast<std::uint64_t>(gzoffset(file_.get())), std::memory_order_relaxed);
  return text.size() - old;
}

std::optional<std::string> Lines::next() {
  std::string text = std::exchange(rest_, {});
  while (true) {
    if (reading_.stop.load(std::memory_order_relaxed)) {
      error_ = cannot_read("stopped").error();
      return std::nullopt;
    }
    const std::size_t got = read_into(text);
    unpacked_ += got;
    if (unpacked_ > kPrefixTextMax.count) {
      error_ = cannot_read(fmt::format("it has more than {} MiB of text; split it",
                                       kPrefixTextMax.count >> 20U))
                   .error();
    }
    if (error_) {
      return std::nullopt;
    }
    const std::size_t end = text.rfind('\n');
    if (got == 0) {
      return text.empty() ? std::nullopt : std::optional{std::move(text)};
    }
    // If a line is too long, only enough of it is kept to tell that it is.
    const auto keep = [](std::string_view line) { return line.substr(0, kPrefixLineMax + 1); };
    if (end != std::string::npos) {
      rest_ = keep(std::string_view{text}.substr(end + 1));
      text.resize(end + 1);
      return text;
    }
    text = std::string{keep(text)};
  }
}

// The result of parsing the lines of a chunk.
struct Parsed {
  std::vector<Prefix4> prefixes;
  std::vector<Prefix6> prefixes6;
  std::size_t lines = 0;
  std::size_t bad_lines = 0;
  struct Complaint {
    std::size_t line;  // in the chunk, from 0
    std::string what;
  };
  std::vector<Complaint> complaints;
};

std::string_view trim(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  line = line.substr(0, line.find('#'));
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  return line.substr(0, line.find_last_not_of(kBlanks) + 1);
}

// Enough of the line to recognize it, without characters that a terminal would interpret.
std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text.substr(0, 60)) {
    quoted += c >= ' ' && c <= '~' ? std::string{c}
                                   : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return quoted + "\"";
}

template <class Address>
std::optional<std::string> complaint_of_host_bits(std::string_view text) {
  const auto parsed = AddressAndLength<Address>::parse(text);
  return parsed ? std::optional{fmt::format(
                      "{} has bits set beyond its length; the prefix is {}", text,
                      Prefix<Address>{parsed->address, parsed->length}.to_string())}
                : std::nullopt;
}

std::string complaint_about(std::string_view text) {
  if (auto what = complaint_of_host_bits<Ipv4>(text)) {
    return *std::move(what);
  }
  return complaint_of_host_bits<Ipv6>(text).value_or(quoted(text) +
                                                     " is not a prefix such as 192.0.2.0/24");
}

void parse_line(std::string_view line, Parsed& parsed) {
  const auto complain = [&](std::string what) {
    ++parsed.bad_lines;
    if (parsed.complaints.size() < kComplaintsMax) {
      parsed.complaints.push_back({parsed.lines, std::move(what)});
    }
  };
  if (line.size() > kPrefixLineMax) {
    complain(fmt::format("the line has more than {} characters; write one prefix a line",
                         kPrefixLineMax));
    return;
  }
  const std::string_view text = trim(line);
  if (text.empty()) {
    return;
  }
  if (const auto prefix = Prefix4::parse(text)) {
    parsed.prefixes.push_back(*prefix);
  } else if (const auto prefix6 = Prefix6::parse(text)) {
    parsed.prefixes6.push_back(*prefix6);
  } else {
    complain(complaint_about(text));
  }
}

Parsed parse(const std::string& text) {
  Parsed parsed;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    parse_line(rest.substr(0, end), parsed);
    ++parsed.lines;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parsed;
}

// Joins the results of the chunks, in the order of the file.
class Collector {
 public:
  Collector(std::string path, BadLines bad_lines) : path_{std::move(path)}, bad_lines_{bad_lines} {}

  void add(const Parsed& parsed) {
    if (error_) {
      return;
    }
    const auto append = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(file_.prefixes, parsed.prefixes);
    append(file_.prefixes6, parsed.prefixes6);
    file_.bad_lines += parsed.bad_lines;
    for (const auto& [line, what] : parsed.complaints) {
      if (file_.complaints.size() < kComplaintsMax) {
        file_.complaints.push_back(fmt::format("{}:{}: {}", path_, lines_ + line + 1, what));
      }
    }
    lines_ += parsed.lines;
    if (bad_lines_ == BadLines::kRefuse && file_.bad_lines > 0) {
      error_ = Error{file_.complaints.front()};
    } else if (file_.prefixes.size() + file_.prefixes6.size() > kPrefixesMax) {
      error_ = Error{fmt::format("cannot read {}: it has more than {} prefixes; split it", path_,
                                 kPrefixesMax)};
    }
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] PrefixFile take() { return std::move(file_); }

 private:
  std::string path_;
  BadLines bad_lines_;
  PrefixFile file_;
  std::size_t lines_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<PrefixFile> read_prefix_file(const std::string& path, BadLines bad_lines, Reading* reading) {
  Reading unseen;
  Lines lines{path, reading == nullptr ? unseen : *reading};
  if (const Status opened = lines.open(); !opened) {
    return std::unexpected{opened.error()};
  }
  Collector collector{path, bad_lines};
  std::atomic<bool> failed{false};
  using tbb::filter_mode;
  const auto unpack = [&](tbb::flow_control& flow) {
    auto text = failed.load(std::memory_order_relaxed) ? std::nullopt : lines.next();
    if (!text) {
      flow.stop();
    }
    return std::move(text).value_or(std::string{});
  };
  const auto collect = [&](const Parsed& parsed) {
    collector.add(parsed);
    failed.store(collector.error().has_value(), std::memory_order_relaxed);
  };
  tbb::parallel_pipeline(kChunks,
                         tbb::make_filter<void, std::string>(filter_mode::serial_in_order, unpack) &
                             tbb::make_filter<std::string, Parsed>(filter_mode::parallel, &parse) &
                             tbb::make_filter<Parsed, void>(filter_mode::serial_in_order, collect));
  for (const std::optional<Error>* const error : {&collector.error(), &lines.error()}) {
    if (*error) {
      return std::unexpected{**error};
    }
  }
  return collector.take();
}

}  // namespace ringroad::fib
