// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The control socket's file and listener. One router at a time has the path.
#include <sys/types.h>

#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"

namespace ringroad::control {

// Listens from open() on, so that a second router at the same path is refused before it touches a
// device. Clients that connect before an ApiServer has the socket wait in its backlog.
class ApiSocket {
 public:
  // Listens at `path`, with mode 0600, and creates a missing directory with mode 0755. Takes over
  // the socket of a killed process, but not of a living one. Changes the umask for a moment, so it
  // must be called before other threads create files.
  [[nodiscard]] static Result<ApiSocket> open(const std::string& path);
  ApiSocket(ApiSocket&&) noexcept = default;
  ApiSocket& operator=(ApiSocket&&) = delete;
  // Removes the socket file.
  ~ApiSocket();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int listener() const { return listener_.get(); }

 private:
  // Identifies the socket file, because the path may belong to another process when the file is to
  // be removed.
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
