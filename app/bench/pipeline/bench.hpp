// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A whole router in this process between two ports that are rings, and packets that circulate
// through it.
#include <fmt/core.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "bench/pipeline/cases.hpp"
#include "control/router.hpp"

namespace ringroad::bench {

inline constexpr unsigned kRing = 1024;
// The number of circulating packets, as many as a mempool's cache may hold.
inline constexpr unsigned kBuffers = 256;

struct FreeRing {
  void operator()(rte_ring* ring) const { rte_ring_free(ring); }
};
using Ring = std::unique_ptr<rte_ring, FreeRing>;

inline Ring make_ring(const std::string& name) {
  Ring ring{rte_ring_create(name.c_str(), kRing, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ)};
  if (!ring) {
    throw std::runtime_error{"no memory for a ring"};
  }
  return ring;
}

// A device made of two rings.
struct Wire {
  explicit Wire(std::string port)
      : name{std::move(port)},
        rx{make_ring(fmt::format("{}-rx", name))},
        tx{make_ring(fmt::format("{}-tx", name))} {
    rte_ring* const from = rx.get();
    rte_ring* const to = tx.get();
    if (rte_eth_from_rings(name.c_str(), &from, 1, &to, 1, 0) < 0) {
      throw std::runtime_error{"no port of rings"};
    }
  }
  std::string name;
  Ring rx;
  Ring tx;
};

class Bench {
 public:
  Bench(const Case& test, const std::string& table, std::span<const Prefix4> prefixes)
      // DPDK never frees the name of a port.
      : in_{fmt::format("in-{}", test.name)}, out_{fmt::format("out-{}", test.name)} {
    auto opened = control::Router::open(configuration(test, table, in_.name, out_.name), clock_);
    if (!opened) {
      throw std::runtime_error{opened.error().what};
    }
    router_ = std::move(*opened);
    worker_ = router_->workers()[0].get();
    const Mac mac = router_->ports()[0]->mac();
    frames_ = frames(test, prefixes, mac);
    auto pool = port::make_pool("hosts", 1023, 1500);
    if (!pool || rte_pktmbuf_alloc_bulk(pool->get(), buffers_.data(), unsigned{kBuffers}) != 0) {
      throw std::runtime_error{"no memory for packets"};
    }
    pool_ = std::move(*pool);
    for (rte_mbuf* const buffer : buffers_) {
      if (rte_pktmbuf_append(buffer, kFrameBytes) == nullptr) {
        throw std::runtime_error{"a packet does not fit its buffer"};
      }
    }
    for (std::size_t i = 0; test.odd != 0 && i < buffers_.size(); i += test.odd) {
      buffers_[i]->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_NONE;  // makes no difference to the router
    }
    for (int i = 0; i < 10; ++i) {  // lets the control thread finish its work
      worker_->poll_once();
      router_->run_once();
    }
  }
  ~Bench() {
    rte_pktmbuf_free_bulk(buffers_.data(), unsigned{kBuffers});
    static_cast<void>(router_->shut_down());
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void through_router(std::size_t packets, unsigned burst) {
    for (std::size_t done = 0; done < packets; done += burst) {
      receive(burst);
      worker_->poll_once();
      if (take_sent() != burst) {
        throw std::runtime_error{"packets were dropped: " + drops()};
      }
    }
  }
  void through_ports(std::size_t packets, unsigned burst) {
    const std::uint16_t in = router_->ports()[0]->device();
    const std::uint16_t out = router_->ports()[1]->device();
    std::array<rte_mbuf*, kBurstMax> some;
    for (std::size_t done = 0; done < packets; done += burst) {
      receive(burst);
      for (std::size_t left = burst; left > 0;) {
        const std::uint16_t count = rte_eth_rx_burst(in, 0, some.data(), some.size());
        left -= rte_eth_tx_burst(out, 0, some.data(), count);
      }
      if (rte_eth_rx_burst(out, 0, some.data(), some.size()) != 0 || take_sent() != burst) {
        throw std::runtime_error{"a packet was lost"};
      }
    }
  }

  void set_tap(tap::Request request) {
    const auto serial = router_->taps().open(std::move(request));
    if (!serial) {
      throw std::runtime_error{serial.error().what};
    }
    tap_ = *serial;
    while (!router_->taps().in_force()) {
      worker_->poll_once();
    }
  }
  // Takes and forgets what the tap recorded. Fails if it lost something.
  void empty_taps() {
    if (tap_ == 0) {
      return;
    }
    while (router_->taps().advance()) {
    }
    tap::Taps::Session& session = *router_->taps().find(tap_);
    session.blocks.clear();
    if (session.lost != 0) {
      throw std::runtime_error{"the tap lost records"};
    }
  }

  // One packet with this stamp in its payload arrives. Returns false if all packets are in use.
  [[nodiscard]] bool arrive(std::uint64_t stamp) {
    if (under_way_ == kBuffers) {
      return false;
    }
    Frame& frame = frames_[next_frame_];
    std::memcpy(frame.bytes + kStampOffset, &stamp, sizeof stamp);
    receive(1);
    ++under_way_;
    return true;
  }
  void poll() { worker_->poll_once(); }
  // Calls leave(stamp) for each packet that was sent since the last call.
  template <class Leave>
  void take_stamped(Leave&& leave) {
    std::array<void*, kBuffers> packets;
    const unsigned count =
        rte_ring_sc_dequeue_burst(out_.tx.get(), packets.data(), packets.size(), nullptr);
    for (unsigned i = 0; i < count; ++i) {
      std::uint64_t stamp = 0;
      std::memcpy(&stamp,
                  rte_pktmbuf_mtod_offset(static_cast<rte_mbuf*>(packets[i]), void*, kStampOffset),
                  sizeof stamp);
      leave(stamp);
    }
    under_way_ -= count;
  }

  [[nodiscard]] const stats::StageTimes& times() const { return worker_->times(); }

 private:
  [[nodiscard]] std::string drops() const {
    std::string list;
    for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
      const auto reason = static_cast<stats::DropReason>(i);
      if (const std::uint64_t packets = router_->drops(reason); packets != 0) {
        list += fmt::format("{} {} ", packets, stats::name(reason));
      }
    }
    return list;
  }

  // After the headers of Ethernet, IPv4 and UDP.
  static constexpr std::size_t kStampOffset = 42;

  void receive(unsigned burst) {
    for (unsigned i = 0; i < burst; ++i) {
      rte_mbuf* const packet = buffers_[next_buffer_ + i];
      rte_memcpy(rte_pktmbuf_mtod(packet, void*), &frames_[next_frame_], sizeof(Frame));
      next_frame_ = next_frame_ + 1 == frames_.size() ? 0 : next_frame_ + 1;
    }
    rte_ring_sp_enqueue_bulk(in_.rx.get(), reinterpret_cast<void**>(&buffers_[next_buffer_]), burst,
                             nullptr);
    next_buffer_ = (next_buffer_ + burst) % kBuffers;
  }
  [[nodiscard]] unsigned take_sent() const {
    std::array<void*, kBuffers> packets;
    return rte_ring_sc_dequeue_burst(out_.tx.get(), packets.data(), packets.size(), nullptr);
  }

  Wire in_;
  Wire out_;
  // It stands still, so that the router says nothing by itself meanwhile.
  Clock clock_{Clock::Manual{}};
  std::unique_ptr<control::Router> router_;
  worker::Worker* worker_ = nullptr;
  port::Pool pool_;
  std::vector<Frame> frames_;
  std::size_t next_frame_ = 0;
  std::array<rte_mbuf*, kBuffers> buffers_{};
  std::size_t next_buffer_ = 0;
  unsigned under_way_ = 0;
  std::uint32_t tap_ = 0;
};

}  // namespace ringroad::bench
