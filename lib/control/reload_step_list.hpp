// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Collects the steps of a reload, each with what undoes it.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/reload_actions.hpp"
#include "control/reload_steps.hpp"

namespace ringroad::control {

class StepList {
 protected:
  using Action = std::function<void()>;
  void add(const WholeStep::Apply& apply, const Action& undo, const Action& keep = {}) {
    steps_.push_back(std::make_unique<WholeStep>(apply, undo, keep));
  }
  // A step that cannot be refused: sets a value, and sets the value before.
  template <class Set, class Value>
  void add_setting(const Set& set, const Value& after, const Value& before,
                   const Action& keep = {}) {
    add(
        [set, after]() -> Done {
          set(after);
          return {};
        },
        [set, before] { set(before); }, keep);
  }
  // The same for a value that may be refused.
  template <class Set, class Value>
  void add_refusable(const Set& set, const Value& after, const Value& before,
                     std::string_view key) {
    add(
        [set, after, key]() -> Done {
          if (const Status status = set(after); !status) {
            return std::unexpected{Refusal{std::string{key}, status.error().what}};
          }
          return {};
        },
        [set, before] { static_cast<void>(set(before)); });
  }

  std::vector<std::unique_ptr<ReloadStep>> steps_;
};

}  // namespace ringroad::control
