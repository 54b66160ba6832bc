// SPDX-License-Identifier: BSD-3-Clause
#include "control/api_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace ringroad::control {
namespace {

// The number of clients that an ApiServer serves at a time. Further ones wait until they are
// refused with a reason.
constexpr int kBacklog = 32;

class Umask {
 public:
  explicit Umask(mode_t mask) : before_{::umask(mask)} {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

std::unexpected<Error> fail_errno(std::string_view doing, const std::string& path) {
  return fail(fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(errno)));
}

// unix(7) uses the same cast.
const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::span room{address.sun_path};
  if (path.empty() || path.size() >= room.size()) {
    return fail(fmt::format("the control socket's path has {} bytes; 1 to {} are possible",
                            path.size(), room.size() - 1));
  }
  path.copy(room.data(), path.size());
  return address;
}

// Creates the directory and locks it until the result is destroyed. Otherwise, if two routers start
// at the same time, one could take the other's socket, which is bound but does not listen yet, for
// an abandoned one.
Result<FileDescriptor> lock_directory(const std::filesystem::path& directory) {
  std::error_code error;
  {
    const Umask readable_by_all{0022};
    std::filesystem::create_directories(directory, error);
  }
  if (error) {
    return fail(fmt::format("cannot make {}: {}", directory.string(), error.message()));
  }
  FileDescriptor lock{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!lock || ::flock(lock.get(), LOCK_EX) < 0) {
    return fail_errno("lock", directory.string());
  }
  return lock;
}

Status remove_abandoned(const std::string& path, const sockaddr_un& address) {
  struct stat file{};
  if (::lstat(path.c_str(), &file) < 0) {
    return errno == ENOENT ? Status{} : fail_errno("look at", path);
  }
  if (!S_ISSOCK(file.st_mode)) {
    return fail(
        fmt::format("{} exists and is not a socket: remove it or choose another path", path));
  }
  const FileDescriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!probe) {
    return fail_errno("ask who listens at", path);
  }
  // EAGAIN means that the backlog is full, so a process listens.
  if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno == EAGAIN) {
    return fail(fmt::format("another ringroad runs at {}", path));
  }
  if (errno != ECONNREFUSED) {
    return fail_errno("find out who listens at", path);
  }
  return ::unlink(path.c_str()) == 0 ? Status{} : fail_errno("remove", path);
}

Result<FileDescriptor> listen_at(const std::string& path, const sockaddr_un& address) {
  FileDescriptor listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!listener) {
    return fail_errno("make a socket for", path);
  }
  {
    // bind() creates the file with mode 0777 less the umask, so the mode is 0600 from the start; a
    // chmod would come too late.
    const Umask owner_only{0177};
    if (::bind(listener.get(), generic(address), sizeof address) < 0) {
      return fail_errno("create the control socket", path);
    }
  }
  if (::listen(listener.get(), kBacklog) < 0) {
    return fail_errno("listen at", path);
  }
  return listener;
}

}  // namespace

Result<ApiSocket> ApiSocket::open(const std::string& path) {
  const auto address = address_of(path);
  if (!address) {
    return std::unexpected{address.error()};
  }
  const std::filesystem::path parent = std::filesystem::path{path}.parent_path();
  const auto lock = lock_directory(parent.empty() ? "." : parent);
  if (!lock) {
    return std::unexpected{lock.error()};
  }
  if (const auto removed = remove_abandoned(path, *address); !removed) {
    return std::unexpected{removed.error()};
  }
  auto listener = listen_at(path, *address);
  if (!listener) {
    return std::unexpected{listener.error()};
  }
  struct stat file{};
  if (::lstat(path.c_str(), &file) < 0) {
    return fail_errno("look at", path);
  }
  return ApiSocket{path, std::move(*listener), {file.st_dev, file.st_ino}};
}

ApiSocket::~ApiSocket() {
  struct stat file{};
  if (listener_ && ::lstat(path_.c_str(), &file) == 0 && file.st_dev == file_.device &&
      file.st_ino == file_.inode) {
    ::unlink(path_.c_str());
  }
}

}  // namespace ringroad::control
