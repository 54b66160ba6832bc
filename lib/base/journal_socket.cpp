// SPDX-License-Identifier: BSD-3-Clause
#include "base/journal_socket.hpp"

#include <fmt/format.h>
#include <spdlog/common.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <utility>

namespace ringroad::log {
namespace {

constexpr std::string_view kPath = "/run/systemd/journal/socket";

// A journal's field has only capitals, digits and underscores.
std::string journal_name(std::string_view name) {
  std::string text{"RINGROAD_"};
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    text += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
  }
  return text;
}

}  // namespace

int priority_of(int level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return LOG_DEBUG;
    case spdlog::level::info:
      return LOG_INFO;
    case spdlog::level::warn:
      return LOG_WARNING;
    default:
      return LOG_ERR;
  }
}

std::string journal_entry(const Event& event) {
  // A value must not contain the newline that ends it.
  const auto value = [](std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
  };
  std::string entry = fmt::format("MESSAGE=ringroad: {}\nPRIORITY={}\nSYSLOG_IDENTIFIER=ringroad\n",
                                  value(event.what), priority_of(event.level));
  for (const auto& [name, text] : event.fields) {
    entry += fmt::format("{}={}\n", journal_name(name), value(text));
  }
  return entry;
}

JournalSocket JournalSocket::of_stderr() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat state{};
  JournalSocket journal;
  // The variable is inherited by programs whose stderr leads elsewhere, so it names the file.
  if (stream == nullptr || ::fstat(STDERR_FILENO, &state) != 0 ||
      fmt::format("{}:{}", state.st_dev, state.st_ino) != stream) {
    return journal;
  }
  FileDescriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(kPath, std::begin(address.sun_path));
  if (socket &&
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    journal.socket_ = std::move(socket);
  }
  return journal;
}

bool JournalSocket::send(const Event& event) {
  const std::string entry = journal_entry(event);
  return ::send(socket_.get(), entry.data(), entry.size(), MSG_NOSIGNAL) >= 0;
}

}  // namespace ringroad::log
