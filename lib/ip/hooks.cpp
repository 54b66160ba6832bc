#include "ip/hooks.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "ip/input.hpp"
#include "ip/stage.hpp"

namespace ringroad::ip {

Hooks::Id Hooks::add(HookPoint point, Hook hook) {
  const auto& before = owned_[static_cast<std::size_t>(point)];
  auto fresh = before ? std::make_shared<HookChain>(*before) : std::make_shared<HookChain>();
  const auto place = std::ranges::upper_bound(
      *fresh, hook.priority, {}, [](const HookEntry& entry) { return entry.hook.priority; });
  const Id id{point, next_number_++};
  fresh->insert(place, {std::move(hook), id.number});
  publish(point, std::move(fresh), {});
  return id;
}

void Hooks::remove(Id id, std::function<void()> gone) {
  auto fresh = std::make_shared<HookChain>(*owned_[static_cast<std::size_t>(id.point)]);
  fresh->erase(std::ranges::find(*fresh, id.number, &HookEntry::number));
  publish(id.point, fresh->empty() ? nullptr : std::move(fresh), std::move(gone));
}

void Hooks::publish(HookPoint point, std::shared_ptr<const HookChain> fresh,
                    std::function<void()> gone) {
  const auto index = static_cast<std::size_t>(point);
  chains_[index].store(fresh.get(), std::memory_order_release);
  auto old = std::exchange(owned_[index], std::move(fresh));
  reclaimer_.retire([old = std::move(old), gone = std::move(gone)] {
    if (gone) {
      gone();
    }
  });
}

void run_chain(const HookChain& chain, StageContext& context, Burst& burst) {
  for (const auto& [hook, number] : chain) {
    if (burst.count == 0) {
      return;
    }
    HookVerdicts verdicts;
    hook.run(hook.states.empty() ? nullptr : hook.states[context.thread], context, burst, verdicts);
    const std::uint64_t held = verdicts.held() & burst.all();
    const std::uint64_t dropped = verdicts.dropped() & burst.all() & ~held;
    for (std::uint64_t left = dropped; left != 0; left &= left - 1) {
      const auto index = static_cast<std::size_t>(std::countr_zero(left));
      context.drop(burst.packets[index], verdicts.reason(index), burst.ingress);
    }
    context.held_by_hooks.add(static_cast<std::uint64_t>(std::popcount(held)));
    for (std::uint64_t left = verdicts.changed() & burst.all() & ~held & ~dropped; left != 0;
         left &= left - 1) {
      describe(burst, static_cast<std::size_t>(std::countr_zero(left)));
    }
    burst.compact(~(held | dropped));
  }
}

}  // namespace ringroad::ip
