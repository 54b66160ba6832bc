// SPDX-License-Identifier: BSD-3-Clause
#include "filter/firewall.hpp"

#include "rules.hpp"

namespace ringroad::filter {
namespace {

// Keeps what is retired until the test says that no thread has it any more.
struct Later : Reclaimer {
  std::vector<std::function<void()>> waiting;
  void retire(std::function<void()> release) override { waiting.push_back(std::move(release)); }
};

std::unique_ptr<Program> program(const std::string& hook, const Clock& clock) {
  return std::move(*compile(parse(Rules::chain("accept", "", hook)), {}, 2, clock));
}

}  // namespace

TEST_CASE("a firewall has hooks only where its ruleset has base chains") {
  Later reclaimer;
  Hooks hooks{reclaimer};
  const Clock clock;
  Firewall firewall{hooks, reclaimer, clock, 2};
  CHECK(hooks.at(HookPoint::kForward) == nullptr);
  firewall.load(program("forward", clock));
  CHECK(hooks.at(HookPoint::kForward)->size() == 1);
  CHECK(hooks.at(HookPoint::kInput) == nullptr);
  firewall.load(program("input", clock));
  CHECK(hooks.at(HookPoint::kForward) == nullptr);
  CHECK(hooks.at(HookPoint::kInput)->size() == 1);
  firewall.unload();
  CHECK(hooks.at(HookPoint::kInput) == nullptr);
  CHECK(firewall.program() == nullptr);
}

TEST_CASE("the program before is freed after a quiescent state") {
  Later reclaimer;
  Hooks hooks{reclaimer};
  const Clock clock;
  Firewall firewall{hooks, reclaimer, clock, 2};
  const auto ruleset = parse(Rules::chain("accept"));
  firewall.load(std::move(*compile(ruleset, {}, 2, clock)));
  CHECK(ruleset.use_count() == 2);
  firewall.unload();
  CHECK(ruleset.use_count() == 2);
  reclaimer.waiting.clear();
  CHECK(ruleset.use_count() == 1);
}

}  // namespace ringroad::filter
