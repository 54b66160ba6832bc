// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The five netfilter hook points of Linux, and the ingress of its devices. Each packet passes each
// hook point of its path exactly once, whether a worker or the control thread carries the packet,
// immediately or after a wait, whole or in fragments.
//
// At kIngress, frames are as they came, and no header behind Ethernet's is validated; a tagged one
// passes it again as a frame of its sub-interface.
//
// The control thread adds and removes hooks: it publishes a new chain by one store, and frees the
// old one after a quiescent state. A point without hooks costs a load and a branch a burst.
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

enum class HookPoint : std::uint8_t {
  kPreRouting,
  kInput,
  kForward,
  kOutput,
  kPostRouting,
  kIngress,
};
inline constexpr std::size_t kHookPoints = 6;

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

// What a hook decides about the packets of a burst. Packets without a verdict continue.
class HookVerdicts {
 public:
  void drop(std::size_t index, stats::DropReason reason = stats::DropReason::kHook) {
    dropped_ |= bit(index);
    reasons_[index] = reason;
  }
  // From now on the hook owns the packet. It calls StageContext::release() after it dropped the
  // packet or sent it on.
  void hold(std::size_t index) { held_ |= bit(index); }
  // The hook changed the packet's header. Before the route lookup, the new destination is used.
  void change(std::size_t index) { changed_ |= bit(index); }
  // The packet has this priority from now on, whatever its header says.
  void prioritize(std::size_t index, std::uint8_t priority) {
    prioritized_ |= bit(index);
    priorities_[index] = priority;
  }

  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t held() const { return held_; }
  [[nodiscard]] std::uint64_t changed() const { return changed_; }
  [[nodiscard]] std::uint64_t prioritized() const { return prioritized_; }
  [[nodiscard]] std::uint8_t priority(std::size_t index) const { return priorities_[index]; }
  [[nodiscard]] stats::DropReason reason(std::size_t index) const { return reasons_[index]; }

 private:
  static std::uint64_t bit(std::size_t index) { return std::uint64_t{1} << index; }

  std::uint64_t dropped_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t changed_ = 0;
  std::uint64_t prioritized_ = 0;
  std::array<std::uint8_t, kBurstMax> priorities_;
  std::array<stats::DropReason, kBurstMax> reasons_;
};

// Called on the thread that carries the burst. At kForward and kPostRouting the TTL is already
// decremented, and the adjacencies are known.
using HookFunction = void (*)(void* state, StageContext& context, const Burst& burst,
                              HookVerdicts& verdicts);

struct Hook {
  int priority = hook_priority::kFilter;
  HookFunction run = nullptr;
  // A state for each worker, then one for the control thread. The states must outlive the hook. May
  // be empty.
  std::vector<void*> states{};
  // Of a hook at kIngress: whether it looks at the frames of an interface. Null: at all of them.
  bool (*wants)(void* state, InterfaceId interface) = nullptr;

  [[nodiscard]] void* state(std::size_t thread) const {
    return states.empty() ? nullptr : states[thread];
  }
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

  // Control thread. Adds the hook behind those of the same priority.
  struct Id {
    HookPoint point;
    std::uint64_t number;
  };
  Id add(HookPoint point, Hook hook);
  // Control thread. Calls `gone` once no thread runs the hook any more.
  void remove(Id id, std::function<void()> gone = {});

  // Any thread. Null where the point has no hooks.
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
