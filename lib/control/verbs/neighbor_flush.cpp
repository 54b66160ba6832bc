// SPDX-License-Identifier: BSD-3-Clause
// Removes every learned neighbor, of both families or of one, and answers {"removed": N} at the
// end.
#include <memory>
#include <utility>
#include <vector>

#include "control/verb.hpp"

namespace ringroad::control {
namespace {

using Flushes = std::vector<std::shared_ptr<const host::Flushed>>;

class FlushEnd final : public Later {
 public:
  explicit FlushEnd(Flushes flushes) : flushes_{std::move(flushes)} {}

  bool advance(std::string& line) override {
    std::size_t removed = 0;
    for (const auto& flushed : flushes_) {
      if (!flushed->over) {
        return false;
      }
      removed += flushed->removed;
    }
    line += ok_line({{"removed", removed}});
    return true;
  }

 private:
  Flushes flushes_;
};

Reply neighbor_flush(Router& router, Options& options) {
  options.only({"port", "family"});
  const std::optional<InterfaceId> only = optional_port(router, options);
  const std::uint32_t family = options.family();
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  Flushes flushes;
  if (family != 6) {
    flushes.push_back(router.neighbors().flush(only));
  }
  if (family != 4) {
    flushes.push_back(router.neighbors6().flush(only));
  }
  return std::make_unique<FlushEnd>(std::move(flushes));
}

const Verb kNeighborFlush{"neighbor flush", neighbor_flush};

}  // namespace

}  // namespace ringroad::control
