// SPDX-License-Identifier: BSD-3-Clause
// Removes every learned neighbor, and answers {"removed": N} at the end.
#include <memory>
#include <utility>

#include "control/verb.hpp"

namespace ringroad::control {
namespace {

class FlushEnd final : public Later {
 public:
  explicit FlushEnd(std::shared_ptr<const host::Flushed> flushed) : flushed_{std::move(flushed)} {}

  bool advance(std::string& line) override {
    if (flushed_->over) {
      line += ok_line({{"removed", flushed_->removed}});
    }
    return flushed_->over;
  }

 private:
  std::shared_ptr<const host::Flushed> flushed_;
};

Reply neighbor_flush(Router& router, Options& options) {
  options.only({"port"});
  const std::optional<InterfaceId> only = optional_port(router, options);
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  return std::make_unique<FlushEnd>(router.neighbors().flush(only));
}

const Verb kNeighborFlush{"neighbor flush", neighbor_flush};

}  // namespace

}  // namespace ringroad::control
