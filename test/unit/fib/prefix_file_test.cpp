#include "fib/prefix_file.hpp"

#include <unistd.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace ringroad::fib {
namespace {

// A file that is gone with the test.
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
  CHECK(file->ipv6_skipped == 4);
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

TEST_CASE("prefixes are read in order, comments, blanks and IPv6 passed over") {
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
  CHECK(result->ipv6_skipped == 0);
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
        "2001:db8::/129", "2001:db8::1/64", "2001:db8:::/32", "2001:db8::/", "2001:db8::/ 32", ":",
        "fe80::1%eth0", "::/4294967296"}) {
    INFO(bad);
    CHECK(error_of(bad).starts_with(":1: \""));
  }
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
}

}  // namespace
}  // namespace ringroad::fib
