// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// For tests of hooks: a hook that is registered as long as an object lives, and packets that hooks
// recognize.
#include <utility>
#include <vector>

#include "packet/hooks.hpp"
#include "testbed.hpp"

namespace ringroad::test {

class Hooked {
 public:
  Hooked(Testbed& bed, HookPoint point, Hook hook)
      : hooks_{bed.router->world().hooks()}, id_{hooks_.add(point, std::move(hook))} {}
  // Uses one state for all threads: the workers and the control thread.
  Hooked(Testbed& bed, HookPoint point, HookFunction run, void* state = nullptr)
      : Hooked{bed, point,
               Hook{.run = run,
                    .states = std::vector<void*>(bed.router->workers().size() + 1, state)}} {}
  Hooked(const Hooked&) = delete;
  Hooked& operator=(const Hooked&) = delete;
  ~Hooked() { hooks_.remove(id_); }

 private:
  Hooks& hooks_;
  Hooks::Id id_;
};

// Returns a packet from host A to host B with that identification.
[[nodiscard]] inline Ipv4Fields marked(const Testbed& bed, std::uint16_t id) {
  Ipv4Fields fields = bed.from_a_to_b();
  fields.id = id;
  return fields;
}

}  // namespace ringroad::test
