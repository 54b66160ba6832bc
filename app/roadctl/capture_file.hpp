// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Writes a capture to a file, or to standard output. With a limit, a file that would exceed it is
// followed by another, each of which has the blocks with which a pcapng file begins.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace ringroad::roadctl {

class CaptureFile {
 public:
  // "-" is standard output. `limit` in bytes; 0: none.
  [[nodiscard]] static Result<CaptureFile> open(const std::string& path, std::string header,
                                                std::uint64_t limit);

  // Writes whole blocks.
  [[nodiscard]] Status write(std::string_view blocks);
  [[nodiscard]] Status close();
  // The reader of the pipe went away: not an error.
  [[nodiscard]] bool reader_left() const { return reader_left_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdout) {
        static_cast<void>(std::fclose(file));
      }
    }
  };

  CaptureFile(std::string path, std::string header, std::uint64_t limit)
      : path_{std::move(path)}, header_{std::move(header)}, limit_{limit} {}

  Status begin();
  Status put(std::string_view octets);
  [[nodiscard]] std::string name() const;

  std::string path_;
  std::string header_;
  std::uint64_t limit_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t written_ = 0;
  unsigned number_ = 0;
  bool reader_left_ = false;
};

}  // namespace ringroad::roadctl
