#include "control/api_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace ringroad::control {
namespace {

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

// unix(7) casts it exactly so.
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

// Makes the directory and locks it until the result is destroyed: of two routers that start at the
// same time, neither takes the other's socket, bound but not yet listening, for an abandoned one.
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
  // EAGAIN: the backlog is full, so somebody listens.
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
    // bind() creates the file with 0777 less the umask: 0600 from the start, not after a chmod.
    const Umask owner_only{0177};
    if (::bind(listener.get(), generic(address), sizeof address) < 0) {
      return fail_errno("create the control socket", path);
    }
  }
  if (::listen(listener.get(), static_cast<int>(ApiServer::kMaxClients)) < 0) {
    return fail_errno("listen at", path);
  }
  return listener;
}

bool watch(int epoll, int operation, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

bool is_trusted(int socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
         (peer.uid == 0 || peer.uid == ::geteuid());
}

void refuse(const FileDescriptor& socket, std::string_view reason) {
  const std::string line = error_line(reason);
  // The buffer of a fresh connection has room; where it has not, the client learns nothing.
  [[maybe_unused]] const ssize_t sent =
      ::send(socket.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::open(const std::string& path, Handler handler) {
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
  FileDescriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (::lstat(path.c_str(), &file) < 0 || !epoll ||
      !watch(epoll.get(), EPOLL_CTL_ADD, listener->get(), EPOLLIN)) {
    return fail_errno("watch", path);
  }
  return std::unique_ptr<ApiServer>{new ApiServer{path,
                                                  std::move(handler),
                                                  std::move(*listener),
                                                  std::move(epoll),
                                                  {file.st_dev, file.st_ino}}};
}

ApiServer::ApiServer(std::string path, Handler handler, FileDescriptor listener,
                     FileDescriptor epoll, FileIdentity file)
    : path_{std::move(path)},
      handler_{std::move(handler)},
      listener_{std::move(listener)},
      epoll_{std::move(epoll)},
      file_{file} {}

ApiServer::~ApiServer() {
  struct stat file{};
  if (::lstat(path_.c_str(), &file) == 0 && file.st_dev == file_.device &&
      file.st_ino == file_.inode) {
    ::unlink(path_.c_str());
  }
}

void ApiServer::run_once() {
  std::array<epoll_event, kMaxClients + 1> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (const epoll_event& event :
       std::span{events}.first(count > 0 ? static_cast<std::size_t>(count) : 0)) {
    if (event.data.fd == listener_.get()) {
      accept_clients();
    } else {
      serve(event.data.fd);
    }
  }
}

void ApiServer::accept_clients() {
  for (std::size_t i = 0; i < kMaxClients; ++i) {
    FileDescriptor socket{
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket) {
      return;
    }
    admit(std::move(socket));
  }
}

void ApiServer::admit(FileDescriptor socket) {
  if (!is_trusted(socket.get())) {
    refuse(socket, "only root and the router's own user may ask");
    return;
  }
  if (clients_.size() >= kMaxClients) {
    refuse(socket, fmt::format("{} clients are connected already: try again later", kMaxClients));
    return;
  }
  const int fd = socket.get();
  if (watch(epoll_.get(), EPOLL_CTL_ADD, fd, EPOLLIN)) {
    clients_.try_emplace(fd, Client{ApiConnection{std::move(socket)}, EPOLLIN});
  }
}

void ApiServer::serve(int fd) {
  const auto found = clients_.find(fd);
  if (found == clients_.end()) {
    return;
  }
  Client& client = found->second;
  if (!client.connection.advance(handler_)) {
    clients_.erase(found);
    return;
  }
  const std::uint32_t wanted = client.connection.wanted_events();
  if (wanted != client.watched_events) {
    if (!watch(epoll_.get(), EPOLL_CTL_MOD, fd, wanted)) {
      clients_.erase(found);
      return;
    }
    client.watched_events = wanted;
  }
}

}  // namespace ringroad::control
