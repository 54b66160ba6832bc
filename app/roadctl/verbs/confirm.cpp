// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

const Registration kConfirm{{.group = "confirm",
                             .name = "",
                             .usage = "",
                             .summary = "keep what `reload --confirm` applied",
                             .options = no_words,
                             .examples = {"confirm"}}};

}  // namespace
}  // namespace ringroad::roadctl
