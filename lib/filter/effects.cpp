// SPDX-License-Identifier: BSD-3-Clause
#include "filter/effects.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <bit>
#include <cstddef>

#include "filter/assign.hpp"
#include "filter/options.hpp"
#include "packet/mark.hpp"
#include "packet/read.hpp"

namespace ringroad::filter {
namespace {

// Linux's TC_PRIO_MAX.
constexpr std::uint64_t kPriorityMask = 15;

}  // namespace

void Effects::count(std::uint32_t counter, std::uint64_t m) {
  if (is_dry_) {
    return;
  }
  Count& count = state_.counts[counter];
  count.packets.add(static_cast<std::uint64_t>(std::popcount(m)));
  count.bytes.add(best_kernels().sum(state_.facts.lengths(), m));
}

void Effects::hit(std::uint32_t place, std::uint64_t m) {
  if (!is_dry_) {
    state_.hits[place].add(static_cast<std::uint64_t>(std::popcount(m)));
  }
}

template <class Passes>
std::uint64_t Effects::each_in_order(std::uint64_t m, Passes&& passes) {
  const std::uint32_t* const lengths = state_.facts.lengths();
  std::uint64_t passed = 0;
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    passed |= std::uint64_t{passes(lengths[i])} << i;
  }
  return passed;
}

std::uint64_t Effects::limit(Limit& limit, std::uint64_t m) {
  return each_in_order(m, [&](std::uint32_t length) {
    return is_dry_ ? limit.would_pass(length, now()) : limit.passes(length, now());
  });
}

std::uint64_t Effects::quota(Quota& quota, std::uint64_t m) {
  return each_in_order(m, [&](std::uint32_t length) {
    return is_dry_ ? quota.would_pass(length) : quota.passes(length);
  });
}

void Effects::log(const nft::Log& log, std::uint64_t m) {
  if (is_dry_ || run_.sinks.log == nullptr || run_.context == nullptr) {
    return;
  }
  for (; m != 0; m &= m - 1) {
    run_.sinks.log(run_.sinks.log_state, *run_.context, run_.burst,
                   static_cast<std::size_t>(std::countr_zero(m)), run_.point, log);
  }
}

void Effects::reject(const nft::Reject& reject, std::uint64_t m) {
  rejected_ |= m;
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    rejects_[i] = &reject;
    // The connection stays for the answer, but does not come into being.
    Connection* const connection =
        run_.tracker == nullptr ? nullptr : run_.tracker->connection_of(*run_.burst.packets[i]);
    if (connection != nullptr && !connection->has(connection_status::kConfirmed)) {
      connection->status |= connection_status::kDying;
    }
    if (connection != nullptr && reject.kind == nft::Reject::Kind::kTcpReset &&
        connection->protocol() == IPPROTO_TCP) {
      close(*connection, i);
    }
  }
}

// Both ends are reset, unless the packet is a reset itself (Linux's nf_send_reset).
void Effects::close(Connection& connection, std::size_t index) {
  constexpr std::uint32_t kFlags = 13;  // their place in the header
  const Transport transport = state_.facts.transport(index);
  const auto flags = read_at<std::uint8_t>(*run_.burst.packets[index], transport.offset + kFlags);
  if (transport.protocol != IPPROTO_TCP || !transport.has_header || !flags ||
      (*flags & TH_RST) != 0) {
    return;
  }
  if (const auto timeout = filter::close(connection.tcp, run_.tracker->settings().tcp)) {
    run_.tracker->connections().set_timeout(connection, *timeout);
  }
}

void Effects::finish() {
  const bool has_sink = run_.sinks.reject != nullptr && run_.context != nullptr;
  for (std::uint64_t left = rejected_; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    if (has_sink) {
      run_.verdicts.hold(i);
      run_.sinks.reject(run_.sinks.reject_state, *run_.context, run_.burst, i, run_.point,
                        *rejects_[i]);
    } else {
      run_.verdicts.drop(i, stats::DropReason::kFirewall);
    }
  }
}

nft::Value Effects::number_of(const nft::Field& target, std::span<const ColumnIndex> columns,
                              std::size_t index) {
  nft::Value value;
  for (const ColumnIndex column : columns) {
    value = value.shifted_left(32) | nft::Value{state_.facts.values(column)[index]};
  }
  return value & nft::Value::ones(target.width);
}

std::uint64_t Effects::assign(const AssignCode& assignment, std::uint64_t m) {
  const nft::Field& target = *assignment.target;
  std::array<nft::Value, kLanes> numbers;
  std::array<std::uint32_t, kLanes> answers;
  const auto* const columns = std::get_if<std::vector<ColumnIndex>>(&assignment.value);
  const auto* const map = std::get_if<std::uint32_t>(&assignment.value);
  if (columns != nullptr) {
    for (const ColumnIndex column : *columns) {
      static_cast<void>(state_.facts.values(column));
      m &= state_.facts.valid(column);
    }
  } else if (map != nullptr) {
    m &= comparisons_.look_up(code_.keys[*map], m, answers.data());
  }
  // All values are read before the first packet is changed: then the columns are read again.
  for (std::uint64_t left = m; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    numbers[i] = columns != nullptr ? number_of(target, *columns, i)
                 : map != nullptr   ? comparisons_.data(code_.keys[*map], answers[i], i, 0).first
                                    : std::get<nft::Value>(assignment.value);
  }
  std::uint64_t done = 0;
  for (std::uint64_t left = m; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    done |= std::uint64_t{write(target, i, numbers[i])} << i;
  }
  state_.facts.forget();
  return done;
}

bool Effects::write(const nft::Field& target, std::size_t index, const nft::Value& value) {
  Packet& packet = *run_.burst.packets[index];
  if (target.source == nft::Source::kMeta) {
    if (static_cast<nft::Meta>(target.offset) == nft::Meta::kMark) {
      Mark::set(packet, static_cast<std::uint32_t>(value.low));
    } else {
      const auto priority = static_cast<std::uint8_t>(value.low & kPriorityMask);
      run_.verdicts.prioritize(index, priority);
      state_.facts.set_priority(index, priority);
    }
    return true;
  }
  if (target.source == nft::Source::kCt) {
    if (Connection* const connection =
            run_.tracker == nullptr ? nullptr : run_.tracker->connection_of(packet)) {
      connection->mark = static_cast<std::uint32_t>(value.low);
      connection->outcome = 0;  // rules may compare it
    }
    return true;
  }
  wrote_ = true;
  if (target.source == nft::Source::kTcpOption) {
    return write_tcp_option(packet, run_.burst.is_ipv6, state_.facts.transport(index), target,
                            value);
  }
  if (!write_field(packet, run_.burst.is_ipv6, state_.facts.transport(index), target, value)) {
    return false;
  }
  // Behind the route lookup, nothing is read from the header again.
  const bool is_before_route =
      run_.point == HookPoint::kPreRouting || run_.point == HookPoint::kOutput;
  if (is_before_route && target.source == nft::Source::kNetwork) {
    run_.verdicts.change(index);
  }
  return true;
}

}  // namespace ringroad::filter
