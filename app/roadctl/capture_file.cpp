// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/capture_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "tap/pcapng.hpp"

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
    // A file has at least one block beside those with which it begins.
    std::size_t end =
        limit_ == 0 ? blocks.size()
                    : tap::pcapng::fitting_blocks(blocks, limit_ - std::min(written_, limit_));
    if (end == 0 && written_ <= header_.size()) {
      end = tap::pcapng::block_bytes(blocks);
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
    // A port that came since the capture began.
    header_ += tap::pcapng::interface_blocks(blocks.substr(0, end));
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
