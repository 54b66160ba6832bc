// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A file descriptor that closes itself.
#include <unistd.h>

#include <utility>

namespace ringroad {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  // Takes ownership; -1, which a failed system call returns, means none.
  explicit FileDescriptor(int fd) : fd_{fd} {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace ringroad
