// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Where the control socket is: a path that one router has at a time.
#include <sys/types.h>

#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"

namespace ringroad::control {

// Listens from open() on, so that a second router at the same path is refused before it touches a
// device. Clients that come before an ApiServer has the socket wait in its backlog.
class ApiSocket {
 public:
  // Listens at `path`, which only its owner can open (0600); makes the directory where it is
  // missing (0755) and takes over from a killed process, but not from a living one. Changes the
  // umask for a moment: call it before other threads create files.
  [[nodiscard]] static Result<ApiSocket> open(const std::string& path);
  ApiSocket(ApiSocket&&) noexcept = default;
  ApiSocket& operator=(ApiSocket&&) = delete;
  // Removes the socket file.
  ~ApiSocket();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int listener() const { return listener_.get(); }

 private:
  // Which file the socket is, as its path may be another's by the time it is to be removed.
  struct FileIdentity {
    dev_t device;
    ino_t inode;
  };

  ApiSocket(std::string path, FileDescriptor listener, FileIdentity file)
      : path_{std::move(path)}, listener_{std::move(listener)}, file_{file} {}

  std::string path_;
  FileDescriptor listener_;
  FileIdentity file_;
};

}  // namespace ringroad::control
