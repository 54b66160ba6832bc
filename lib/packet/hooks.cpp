// SPDX-License-Identifier: BSD-3-Clause
#include "packet/hooks.hpp"

#include <algorithm>
#include <utility>

namespace ringroad {

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

}  // namespace ringroad
