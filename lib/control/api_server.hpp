#pragma once
// The control socket, /run/ringroad/ringroad.sock by default, where roadctl and programs ask.
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "control/api_connection.hpp"
#include "control/api_protocol.hpp"

namespace ringroad::control {

// Belongs to one thread, whose loop watches poll_fd() and calls run_once(); nothing here blocks.
class ApiServer {
 public:
  static constexpr std::size_t kMaxClients = 32;

  // Listens at `path`, which only its owner can open (0600); makes the directory where it is
  // missing (0755) and takes over from a killed process, but not from a living one. Changes the
  // umask for a moment: call it before other threads create files.
  [[nodiscard]] static Result<std::unique_ptr<ApiServer>> open(const std::string& path,
                                                               Handler handler);
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  // Hangs up on every client and removes the socket file.
  ~ApiServer();

  // Readable when run_once() has something to do.
  [[nodiscard]] int poll_fd() const { return epoll_.get(); }
  // Accepts, reads, calls the handler and writes as far as it goes without waiting; each client
  // has a few requests answered at most, so that a talkative one starves neither the others nor
  // the caller.
  void run_once();

 private:
  struct Client {
    ApiConnection connection;
    std::uint32_t watched_events;
  };
  // Which file the socket is, as its path may be another's by the time it is to be removed.
  struct FileIdentity {
    dev_t device;
    ino_t inode;
  };

  ApiServer(std::string path, Handler handler, FileDescriptor listener, FileDescriptor epoll,
            FileIdentity file);
  void accept_clients();
  void admit(FileDescriptor socket);
  void serve(int fd);

  std::string path_;
  Handler handler_;
  FileDescriptor listener_;
  FileDescriptor epoll_;
  FileIdentity file_;
  std::unordered_map<int, Client> clients_;
};

}  // namespace ringroad::control
