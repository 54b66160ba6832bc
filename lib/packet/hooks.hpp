// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Where filters and translation stand: Linux's five netfilter hooks. Each packet passes each hook
// of its way once, whoever carries it: worker or control thread, at once or after it waited, whole
// or in pieces.
//
// The control thread adds and removes; a chain is published by one store, and the old one freed
// after a quiescent state. A point without hooks costs a load and a branch a burst.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "base/reclaim.hpp"
#include "packet/burst.hpp"
#include "stats/drop_reason.hpp"

namespace ringroad {

struct StageContext;

enum class HookPoint : std::uint8_t { kPreRouting, kInput, kForward, kOutput, kPostRouting };
inline constexpr std::size_t kHookPoints = 5;

// Linux's enum nf_ip_hook_priorities: the lower runs first.
namespace hook_priority {
inline constexpr int kFirst = std::numeric_limits<int>::min();
inline constexpr int kRaw = -300;
inline constexpr int kConntrack = -200;
inline constexpr int kMangle = -150;
inline constexpr int kNatDestination = -100;
inline constexpr int kFilter = 0;
inline constexpr int kSecurity = 50;
inline constexpr int kNatSource = 100;
inline constexpr int kLast = std::numeric_limits<int>::max();
}  // namespace hook_priority

// What a hook says of the packets of a burst. Of which it says nothing, those go on.
class HookVerdicts {
 public:
  void drop(std::size_t index, stats::DropReason reason = stats::DropReason::kHook) {
    dropped_ |= bit(index);
    reasons_[index] = reason;
  }
  // The packet is the hook's from here on; StageContext::release() says that it is no more.
  void hold(std::size_t index) { held_ |= bit(index); }
  // The hook wrote to the packet's header. Before the route lookup it is looked up as it is then.
  void change(std::size_t index) { changed_ |= bit(index); }

  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t held() const { return held_; }
  [[nodiscard]] std::uint64_t changed() const { return changed_; }
  [[nodiscard]] stats::DropReason reason(std::size_t index) const { return reasons_[index]; }

 private:
  static std::uint64_t bit(std::size_t index) { return std::uint64_t{1} << index; }

  std::uint64_t dropped_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t changed_ = 0;
  std::array<stats::DropReason, kBurstMax> reasons_;
};

// Sees the burst as it is at that point; at kForward and kPostRouting the TTL is lowered and the
// adjacencies say where each packet goes. Runs on the thread that carries the burst.
using HookFunction = void (*)(void* state, StageContext& context, const Burst& burst,
                              HookVerdicts& verdicts);

struct Hook {
  int priority = hook_priority::kFilter;
  HookFunction run = nullptr;
  // Of each worker, then of the control thread; it outlives the hook. Empty: it has none.
  std::vector<void*> states{};
};

struct HookEntry {
  Hook hook;
  std::uint64_t number;
};
using HookChain = std::vector<HookEntry>;  // in the order in which they run

class Hooks {
 public:
  explicit Hooks(Reclaimer& reclaimer) : reclaimer_{reclaimer} {}
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;
  ~Hooks() = default;

  // Control thread. Behind those of the same priority.
  struct Id {
    HookPoint point;
    std::uint64_t number;
  };
  Id add(HookPoint point, Hook hook);
  // Control thread. `gone` is called once no thread runs it any more.
  void remove(Id id, std::function<void()> gone = {});

  // Any reader; null where there are none.
  [[nodiscard]] const HookChain* at(HookPoint point) const {
    return chains_[static_cast<std::size_t>(point)].load(std::memory_order_acquire);
  }

 private:
  void publish(HookPoint point, std::shared_ptr<const HookChain> fresh, std::function<void()> gone);

  Reclaimer& reclaimer_;
  std::array<std::atomic<const HookChain*>, kHookPoints> chains_{};
  std::array<std::shared_ptr<const HookChain>, kHookPoints> owned_;
  std::uint64_t next_number_ = 0;
};

}  // namespace ringroad
