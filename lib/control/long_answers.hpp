// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Answers that are made slice by slice, as the control thread has more to do than answer. They list
// what there is when its turn comes: what comes or goes meanwhile is in them or not. The router
// must outlive them.
#include <memory>

#include "control/api_protocol.hpp"
#include "control/report.hpp"

namespace ringroad::control {

// Those behind `filter.after`.
[[nodiscard]] std::unique_ptr<Later> list_routes(const Router& router, const RouteFilter& filter);
[[nodiscard]] std::unique_ptr<Later> list_neighbors(const Router& router,
                                                    std::optional<neigh::Key4> after);
// {"yaml": ...}: what runs now.
[[nodiscard]] std::unique_ptr<Later> write_config(const Router& router);
// {"removed": N} when it is over.
[[nodiscard]] std::unique_ptr<Later> await_flush(
    std::shared_ptr<const host::Neighbors::Flushed> flushed);

}  // namespace ringroad::control
