// SPDX-License-Identifier: BSD-3-Clause
#include "fib/prefix_file.hpp"

#include <unistd.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace ringroad::fib {
namespace {

// A temporary file.
class TemporaryFile {
 public:
  TemporaryFile() {
    std::string name = std::filesystem::temp_directory_path() / "ringroad-prefixes-XXXXXX";
    ::close(::mkstemp(name.data()));
    path_ = name;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view text) const { std::ofstream{path_, std::ios::binary} << text; }
  void write_gzip(std::string_view text) const {
    const gzFile file = gzopen(path_.c_str(), "wb");
    REQUIRE(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) > 0);
    REQUIRE(gzclose(file) == Z_OK);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

constexpr std::string_view kText =
    "# a table\n"
    "10.0.0.0/8\r\n"
    "\n"
    "  192.0.2.0/24\t# documentation\n"
    "2001:db8::/32\n"
    "::/0\r\n"
    "2001:db8::1\n"
    "::ffff:192.0.2.0/120\n"
    "default\n"
    "198.51.100.7";

void check(const Result<PrefixFile>& file) {
  REQUIRE(file);
  CHECK(file->prefixes == std::vector{Prefix4{Ipv4{10, 0, 0, 0}, 8},
                                      Prefix4{Ipv4{192, 0, 2, 0}, 24}, Prefix4{},
                                      Prefix4{Ipv4{198, 51, 100, 7}, 32}});
  CHECK(file->prefixes6 == std::vector{Prefix6::parse("2001:db8::/32").value(), Prefix6{},
                                       Prefix6::parse("2001:db8::1").value(),
                                       Prefix6::parse("::ffff:192.0.2.0/120").value()});
  CHECK(file->bad_lines == 0);
}

std::string error_of(std::string_view text) {
  const TemporaryFile file;
  file.write(text);
  const auto result = read_prefix_file(file.path());
  REQUIRE_FALSE(result);
  const std::string& what = result.error().what;
  REQUIRE(what.starts_with(file.path()));
  return what.substr(file.path().size());
}

TEST_CASE("prefixes of both families are read in order, comments and blanks passed over") {
  const TemporaryFile file;
  file.write(kText);
  check(read_prefix_file(file.path()));
}

TEST_CASE("a compressed file reads as the plain one, whatever its name") {
  const TemporaryFile file;
  file.write_gzip(kText);
  check(read_prefix_file(file.path()));
}

TEST_CASE("an empty file has no prefixes") {
  const TemporaryFile file;
  const auto result = read_prefix_file(file.path());
  REQUIRE(result);
  CHECK(result->prefixes.empty());
  CHECK(result->prefixes6.empty());
}

TEST_CASE("more lines than one read are all there") {
  std::string text;
  for (unsigned i = 0; i < 50'000; ++i) {
    text += Prefix4{Ipv4{i << 12}, 20}.to_string() + "\n";
  }
  const TemporaryFile file;
  file.write_gzip(text);
  const auto result = read_prefix_file(file.path());
  REQUIRE(result);
  REQUIRE(result->prefixes.size() == 50'000);
  CHECK(result->prefixes.back() == Prefix4{Ipv4{49'999U << 12}, 20});
}

TEST_CASE("a line that is no prefix fails the file and is named") {
  CHECK(error_of("10.0.0.0/8\n\n10.0.0.1/8\n") ==
        ":3: 10.0.0.1/8 has bits set beyond its length; the prefix is 10.0.0.0/8");
  CHECK(error_of("10.0.0.0/33") == ":1: \"10.0.0.0/33\" is not a prefix such as 192.0.2.0/24");
  CHECK(error_of("# x\n10.0.0/8\n").starts_with(":2: \"10.0.0/8\" is not a prefix"));
  for (const std::string_view bad :
       {"10.0.0.0/", "10.0.0.0/-1", "10.0.0.0 /8", "hello", "10.0.0.0/8 10.1.0.0/16", "/8",
        "2001:db8::/129", "2001:db8:::/32", "2001:db8::/", "2001:db8::/ 32", ":", "fe80::1%eth0",
        "::/4294967296"}) {
    INFO(bad);
    CHECK(error_of(bad).starts_with(":1: \""));
  }
  CHECK(error_of("2001:db8::1/64") ==
        ":1: 2001:db8::1/64 has bits set beyond its length; the prefix is 2001:db8::/64");
  CHECK(error_of(std::string_view{"2001:db8::\0/32", 14}).starts_with(":1: \""));
}

TEST_CASE("a file that cannot be read says so") {
  CHECK(read_prefix_file("/nonexistent/prefixes.txt").error().what ==
        "cannot open /nonexistent/prefixes.txt: No such file or directory");
  CHECK(read_prefix_file("/").error().what == "cannot read /: Is a directory");
}

TEST_CASE("a compressed file that was cut off is not half a table") {
  const TemporaryFile file;
  std::string text;
  for (unsigned i = 0; i < 10'000; ++i) {
    text += Ipv4{i * 2654435761U}.to_string() + "\n";
  }
  file.write_gzip(text);
  std::filesystem::resize_file(file.path(), std::filesystem::file_size(file.path()) / 2);
  const auto result = read_prefix_file(file.path());
  REQUIRE_FALSE(result);
  CHECK(result.error().what.starts_with("cannot read " + file.path() + ": "));
  CHECK_FALSE(read_prefix_file(file.path(), BadLines::kPassOver));
}

TEST_CASE("bad lines are passed over where that is asked for, counted and the first ones named") {
  std::string text = "10.0.0.0/8\nhello\r\n2001:db8::/32\n";
  for (unsigned i = 0; i < 100; ++i) {
    text += "10.0.0.1/8\n";
  }
  const TemporaryFile file;
  file.write_gzip(text + "11.0.0.0/8");
  const auto result = read_prefix_file(file.path(), BadLines::kPassOver);
  REQUIRE(result);
  CHECK(result->prefixes.size() == 2);
  CHECK(result->prefixes6.size() == 1);
  CHECK(result->bad_lines == 101);
  CHECK(result->complaints.size() == 20);
  CHECK(result->complaints[0] ==
        file.path() + ":2: \"hello\" is not a prefix such as 192.0.2.0/24");
  CHECK(result->complaints[1] ==
        file.path() + ":4: 10.0.0.1/8 has bits set beyond its length; the prefix is 10.0.0.0/8");
}

TEST_CASE("the first bad line of the file is named, however many chunks it takes") {
  std::string text;
  for (unsigned i = 0; i < 200'000; ++i) {
    text += i == 150'000 || i == 199'000 ? "x\n" : "10.0.0.0/8\n";
  }
  CHECK(error_of(text).starts_with(":150001: \"x\""));
}

TEST_CASE("a line too long is named, and the lines after it keep their numbers") {
  // Longer than a chunk, longer than several chunks, and just too long.
  for (const std::size_t length :
       {std::size_t{2'000'000}, std::size_t{300'000}, kPrefixLineMax + 1}) {
    INFO(length);
    const std::string text = "10.0.0.0/8\n#" + std::string(length - 1, 'x') + "\n11.0.0.0/8\nbad";
    const TemporaryFile file;
    file.write_gzip(text);
    const auto result = read_prefix_file(file.path(), BadLines::kPassOver);
    REQUIRE(result);
    CHECK(result->prefixes.size() == 2);
    CHECK(result->complaints ==
          std::vector{
              file.path() + ":2: the line has more than 1024 characters; write one prefix a line",
              file.path() + ":4: \"bad\" is not a prefix such as 192.0.2.0/24"});
  }
  const std::string longest = "10.0.0.0/8 #" + std::string(kPrefixLineMax - 12, 'x');
  const TemporaryFile file;
  file.write(longest);
  CHECK(read_prefix_file(file.path())->prefixes.size() == 1);
}

TEST_CASE("bytes that are no text are shown so that no terminal obeys them") {
  CHECK(error_of(std::string_view{"\0\x1b[2J\xff", 6}) ==
        ":1: \"\\x00\\x1b[2J\\xff\" is not a prefix such as 192.0.2.0/24");
}

// Writes the same text many times, as a gzip file of many members: small to make, large to unpack.
void write_many(const TemporaryFile& file, const std::string& text, unsigned times) {
  file.write_gzip(text);
  std::ifstream stream{file.path(), std::ios::binary};
  const std::string member{std::istreambuf_iterator<char>{stream}, {}};
  std::string all;
  for (unsigned i = 0; i < times; ++i) {
    all += member;
  }
  file.write(all);
}

TEST_CASE("a small file that unpacks to a huge one is refused") {
  const TemporaryFile file;
  std::string comments;
  for (unsigned i = 0; i < 8192; ++i) {
    comments += '#' + std::string(1022, 'x') + '\n';
  }
  write_many(file, comments, 65);
  CHECK(read_prefix_file(file.path(), BadLines::kPassOver).error().what ==
        "cannot read " + file.path() + ": it has more than 512 MiB of text; split it");
  // A line without an end is not stored either.
  write_many(file, std::string(std::size_t{8} << 20, '\0'), 65);
  CHECK_FALSE(read_prefix_file(file.path()));
  std::string routes;
  for (unsigned i = 0; i < 1'000'000; ++i) {
    routes += "default\n";
  }
  write_many(file, routes, 11);
  CHECK(read_prefix_file(file.path()).error().what ==
        "cannot read " + file.path() + ": it has more than 10000000 prefixes; split it");
}

TEST_CASE("what has no end is not read") {
  CHECK(read_prefix_file("/dev/zero").error().what ==
        "cannot read /dev/zero: it is no regular file; copy it into one");
}

TEST_CASE("a reading is seen and can be stopped") {
  const TemporaryFile file;
  file.write(kText);
  Reading reading;
  REQUIRE(read_prefix_file(file.path(), BadLines::kRefuse, &reading));
  CHECK(reading.done == kText.size());
  CHECK(reading.total == kText.size());
  reading.stop = true;
  CHECK(read_prefix_file(file.path(), BadLines::kRefuse, &reading).error().what ==
        "cannot read " + file.path() + ": stopped");
}

}  // namespace
}  // namespace ringroad::fib
