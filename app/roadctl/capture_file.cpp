// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/capture_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace ringroad::roadctl {
namespace {

std::string reason() { return std::generic_category().message(errno); }

}  // namespace

Result<CaptureFile> CaptureFile::open(const std::string& path, std::string header,
                                      std::uint64_t limit) {
  CaptureFile file{path, std::move(header), limit};
  if (path == "-" && ::isatty(STDOUT_FILENO) != 0) {
    return fail(
        "packets are not for a terminal: write to a file or a pipe, as in "
        "`roadctl capture any - | wireshark -k -i -`");
  }
  if (Status status = file.begin(); !status) {
    return std::unexpected{status.error()};
  }
  return file;
}

// capture.pcapng, capture.1.pcapng, capture.2.pcapng, ...
std::string CaptureFile::name() const {
  if (number_ == 0) {
    return path_;
  }
  std::filesystem::path path{path_};
  const std::string extension = path.extension().string();
  path.replace_extension(fmt::format("{}{}", number_, extension));
  return path.string();
}

Status CaptureFile::begin() {
  if (path_ == "-") {
    file_.reset(stdout);
  } else {
    file_.reset(std::fopen(name().c_str(), "wbe"));
  }
  if (!file_) {
    return fail(fmt::format("{}: {}", name(), reason()));
  }
  written_ = 0;
  return put(header_);
}

Status CaptureFile::put(std::string_view octets) {
  if (std::fwrite(octets.data(), 1, octets.size(), file_.get()) != octets.size() ||
      std::fflush(file_.get()) != 0) {
    reader_left_ = errno == EPIPE;
    return fail(fmt::format("{}: {}", name(), reason()));
  }
  written_ += octets.size();
  return {};
}

Status CaptureFile::write(std::string_view blocks) {
  while (!blocks.empty()) {
    std::size_t end = blocks.size();
    if (limit_ != 0 && written_ + blocks.size() > limit_) {
      // The blocks that fit; at least one.
      end = 0;
      while (end < blocks.size()) {
        std::uint32_t length = 0;
        std::memcpy(&length, blocks.data() + end + sizeof length, sizeof length);
        if (written_ + end + length > limit_ && end + written_ > header_.size()) {
          break;
        }
        end += length;
      }
    }
    if (end == 0) {
      ++number_;
      if (Status status = begin(); !status) {
        return status;
      }
      continue;
    }
    if (Status status = put(blocks.substr(0, end)); !status) {
      return status;
    }
    blocks.remove_prefix(end);
  }
  return {};
}

Status CaptureFile::close() {
  std::FILE* const file = file_.release();
  if (file != nullptr && file != stdout && std::fclose(file) != 0) {
    return fail(fmt::format("{}: {}", name(), reason()));
  }
  return {};
}

}  // namespace ringroad::roadctl
