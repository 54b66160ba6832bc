// SPDX-License-Identifier: BSD-3-Clause
// Forgets connections, all or those that a filter selects, and answers {"removed": N} at the end.
#include <memory>

#include "control/connection_words.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

class ConnectionsFlush final : public Later {
 public:
  ConnectionsFlush(const ConnectionWalk& walk, const ConnectionFilter& filter)
      : walk_{walk}, filter_{filter} {}

  bool advance(std::string& line) override {
    if (!walk_.is_over()) {
      walk_.step([&](filter::Connections& connections, filter::Connection& connection) {
        if (filter_.matches(connection)) {
          connections.remove(connection);
          ++removed_;
        }
      });
    }
    if (!walk_.is_over()) {
      return false;
    }
    line += ok_line({{"removed", removed_}});
    return true;
  }

 private:
  ConnectionWalk walk_;
  ConnectionFilter filter_;
  std::uint64_t removed_ = 0;
};

Reply connections_flush(Router& router, Options& options) {
  options.only({"family", "proto", "src", "dst", "sport", "dport", "state", "mark"});
  const ConnectionFilter filter = read_connection_filter(options);
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  return std::make_unique<ConnectionsFlush>(router.firewall().connections(), filter);
}

const Verb kConnectionsFlush{"connections flush", connections_flush};

}  // namespace

}  // namespace ringroad::control
