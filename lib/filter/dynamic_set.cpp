// SPDX-License-Identifier: BSD-3-Clause
#include "filter/dynamic_set.hpp"

#include <immintrin.h>

#include <bit>

#include "filter/multiply.hpp"

namespace ringroad::filter {
namespace {

// In the link of an element that is free: a reader that comes here was overtaken.
constexpr std::uint32_t kFree = std::uint32_t{1} << 31U;

std::uint32_t load(std::uint32_t& word) {
  return std::atomic_ref{word}.load(std::memory_order_acquire);
}
void store(std::uint32_t& word, std::uint32_t value) {
  std::atomic_ref{word}.store(value, std::memory_order_release);
}

}  // namespace

// Holds a chain's lock.
class DynamicSet::Locked {
 public:
  explicit Locked(Bucket& bucket) : bucket_{bucket} {
    const std::atomic_ref version{bucket.version};
    version_ = version.load(std::memory_order_relaxed) & ~1U;
    while (!version.compare_exchange_weak(version_, version_ | 1U, std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
      _mm_pause();
      version_ &= ~1U;
    }
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  ~Locked() { store(bucket_.version, version_); }

  // Takes an element out of the chain. `link`: what leads to it.
  void take_out(std::uint32_t& link, std::uint32_t next) {
    store(link, next);
    version_ += 2;
  }

 private:
  Bucket& bucket_;
  std::uint32_t version_;
};

DynamicSet::DynamicSet(const Shape& shape, const ElementForms& forms, std::uint64_t seed)
    : shape_{shape},
      forms_{forms},
      seed_{seed},
      mask_{std::bit_ceil(std::max(shape.most, 1U)) - 1},
      stride_{(sizeof(ElementState) + 4 * (std::size_t{shape.key_words} + shape.data_words) + 63) /
              64},
      buckets_{std::size_t{mask_} + 1},
      lines_{(std::size_t{shape.most} + 1) * stride_} {}

// Senders choose the keys, but cannot know the seed.
std::uint32_t DynamicSet::hash(Words key) const {
  std::uint64_t hash = seed_;
  for (const std::uint32_t word : key) {
    hash = mixed(hash ^ word, seed_ ^ 0x9e37'79b9'7f4a'7c15U);
  }
  return static_cast<std::uint32_t>(hash ^ hash >> 32U);
}

bool DynamicSet::has_key(std::uint32_t number, Words key) const {
  std::uint32_t* const its = words(number);
  std::uint32_t differs = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    differs |= load(its[i]) ^ key[i];
  }
  return differs == 0;
}

std::uint32_t DynamicSet::search(const Bucket& bucket, Words key, Nanoseconds now,
                                 std::uint32_t* data) const {
  for (std::uint32_t number = load(const_cast<std::uint32_t&>(bucket.first));
       number != 0 && number < kFree; number = load(state(number).next)) {
    if (has_key(number, key) && !state(number).has_expired(now)) {
      for (unsigned i = 0; i < shape_.data_words; ++i) {
        data[i] = load(words(number)[shape_.key_words + i]);
      }
      return number;
    }
  }
  return kNone;
}

std::uint32_t DynamicSet::find(Words key, std::uint32_t hash, Nanoseconds now,
                               std::uint32_t* data) const {
  Bucket& bucket = buckets_[hash & mask_];
  for (;;) {
    const std::uint32_t before = load(bucket.version);
    const std::uint32_t found = search(bucket, key, now, data);
    // An element that was taken out on the way may be in another chain by now.
    if (load(bucket.version) >> 1U == before >> 1U) [[likely]] {
      return found;
    }
  }
}

std::uint32_t DynamicSet::add(Words key, std::uint32_t hash, const Moment& moment,
                              const NewElement& fresh, Words data) {
  std::uint32_t number = allot();
  if (number == kNone && shape_.ends) {
    sweep(moment);
    number = allot();
  }
  std::array<std::uint32_t, kDataWordsMax> ignored;
  if (number == kNone) {
    return find(key, hash, moment.now, ignored.data());
  }
  fill(number, moment.now, fresh, key, data);
  std::uint32_t expired = 0;
  std::uint32_t there = kNone;
  {
    Bucket& bucket = buckets_[hash & mask_];
    Locked locked{bucket};
    // Another thread may have added it meanwhile. What has expired makes room.
    for (std::uint32_t* link = &bucket.first; *link != 0;) {
      const std::uint32_t each = *link;
      if (state(each).has_expired(moment.now)) {
        locked.take_out(*link, state(each).next);
        expired = each;
        break;
      }
      if (has_key(each, key)) {
        there = each;
        break;
      }
      link = &state(each).next;
    }
    if (there == kNone && expired != 0) {
      // The rest of the chain, without taking out any more.
      there = search(bucket, key, moment.now, ignored.data());
    }
    if (there == kNone) {
      store(state(number).next, bucket.first);
      store(bucket.first, number);
    }
  }
  if (expired != 0) {
    free(expired);
  }
  if (there != kNone) {
    free(number);
    return there;
  }
  return number;
}

void DynamicSet::remove(Words key, std::uint32_t hash, Nanoseconds now) {
  std::uint32_t removed = 0;
  {
    Bucket& bucket = buckets_[hash & mask_];
    Locked locked{bucket};
    for (std::uint32_t* link = &bucket.first; *link != 0; link = &state(*link).next) {
      const std::uint32_t each = *link;
      if (has_key(each, key) && !state(each).has_expired(now)) {
        locked.take_out(*link, state(each).next);
        removed = each;
        break;
      }
    }
  }
  if (removed != 0) {
    free(removed);
  }
}

void DynamicSet::set_catch_all(Nanoseconds now, const NewElement& fresh, Words data) {
  fill(kCatchAll, now, fresh, {}, {});
  std::ranges::copy(data, words(kCatchAll) + shape_.key_words);
}

bool DynamicSet::has_room() const {
  return used_.load(std::memory_order_relaxed) < shape_.most ||
         static_cast<std::uint32_t>(free_.load(std::memory_order_relaxed)) != 0;
}

void DynamicSet::fill(std::uint32_t number, Nanoseconds now, const NewElement& fresh, Words key,
                      Words data) {
  ElementState& element = state(number);
  std::atomic_ref{element.form}.store(fresh.form, std::memory_order_relaxed);
  if (fresh.lifetime == Nanoseconds{0}) {
    std::atomic_ref{element.deadline}.store(ElementState::kNever, std::memory_order_relaxed);
  } else {
    element.expire_at(now + fresh.lifetime);
  }
  forms_.begin(fresh.form, element.words, now);
  for (std::size_t i = 0; i < key.size(); ++i) {
    store(words(number)[i], key[i]);
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    store(words(number)[shape_.key_words + i], data[i]);
  }
}

// The count beside the first free element changes with each that is taken, so that no thread takes
// one that another has taken and given back.
std::uint32_t DynamicSet::allot() {
  std::uint64_t first = free_.load(std::memory_order_acquire);
  while (static_cast<std::uint32_t>(first) != 0) {
    const auto number = static_cast<std::uint32_t>(first);
    const std::uint64_t next = ((first >> 32U) + 1) << 32U | (load(state(number).next) & ~kFree);
    if (free_.compare_exchange_weak(first, next, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return number;
    }
  }
  std::uint32_t used = used_.load(std::memory_order_relaxed);
  while (used < shape_.most) {
    if (used_.compare_exchange_weak(used, used + 1, std::memory_order_acq_rel)) {
      return used + 1;
    }
  }
  return kNone;
}

void DynamicSet::free(std::uint32_t number) {
  ElementState& element = state(number);
  forms_.end(element.form_number(), element.words);
  std::uint64_t first = free_.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    store(element.next, static_cast<std::uint32_t>(first) | kFree);
    next = (first >> 32U) << 32U | number;
  } while (!free_.compare_exchange_weak(first, next, std::memory_order_acq_rel));
}

// Linux's nft_rhash_gc collects elements that have expired, and those that count connections and
// have none.
bool DynamicSet::is_over(std::uint32_t number, const Moment& moment) const {
  ElementState& element = state(number);
  if (element.has_expired(moment.now)) {
    return true;
  }
  const auto& statements = forms_.all[element.form_number()].statements;
  for (std::size_t i = 0; i < statements.size() && moment.connections != nullptr; ++i) {
    if (std::holds_alternative<nft::ConnectionCount>(statements[i]) &&
        forms_.counts->is_over(std::span{element.words}.subspan(2 * i).first<2>(),
                               *moment.connections)) {
      return true;
    }
  }
  return false;
}

// Looks for elements that are over, each time at other places.
void DynamicSet::sweep(const Moment& moment) {
  const std::uint32_t count = std::min(kSwept, shape_.most);
  const std::uint32_t from = swept_.fetch_add(count, std::memory_order_relaxed);
  std::array<std::uint32_t, kKeyWordsMax> key;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t number = (from + i) % shape_.most + 1;
    if (moment.connections == nullptr && !state(number).has_expired(moment.now)) {
      continue;
    }
    for (unsigned word = 0; word < shape_.key_words; ++word) {
      key[word] = load(words(number)[word]);
    }
    std::uint32_t removed = 0;
    {
      Bucket& bucket = buckets_[hash(Words{key.data(), shape_.key_words}) & mask_];
      Locked locked{bucket};
      for (std::uint32_t* link = &bucket.first; *link != 0; link = &state(*link).next) {
        if (*link == number && is_over(number, moment)) {
          locked.take_out(*link, state(number).next);
          removed = number;
          break;
        }
      }
    }
    if (removed != 0) {
      free(removed);
    }
  }
}

}  // namespace ringroad::filter
