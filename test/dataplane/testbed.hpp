// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A router between two hosts, which the test plays: frames that it puts into a port's RX ring are
// received, and frames in the TX ring were sent. One thread, one clock.
#include <rte_ring.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/model.hpp"
#include "control/router.hpp"
#include "frames.hpp"

namespace ringroad::test {

using namespace std::chrono_literals;

// Host A, 192.168.1.2, on port 0 (192.168.1.1); host B, 192.168.2.2, on port 1 (192.168.2.1).
inline constexpr PortId kPortA{0};
inline constexpr PortId kPortB{1};
inline constexpr Ipv4 kRouterA{192, 168, 1, 1};
inline constexpr Ipv4 kRouterB{192, 168, 2, 1};
inline constexpr Ipv4 kHostA{192, 168, 1, 2};
inline constexpr Ipv4 kHostB{192, 168, 2, 2};
inline constexpr Mac kMacA{{0x02, 0, 0, 0, 0, 0x0a}};
inline constexpr Mac kMacB{{0x02, 0, 0, 0, 0, 0x0b}};

// Returns an entry of the configuration's `vlans`.
[[nodiscard]] config::Port sub_interface(
    const std::string& name, const std::string& link, std::uint16_t id, InterfaceAddress4 address,
    config::VlanProtocol protocol = config::VlanProtocol::k8021Q);

class Testbed {
 public:
  struct Options {
    config::Config config = basic_config();
    unsigned tx_ring = 4096;  // frames that the device accepts before it refuses
    control::Identity identity{};
  };
  explicit Testbed(Options options);
  Testbed() : Testbed(Options{}) {}
  // Fails the test if a packet is not accounted for or a buffer is missing.
  ~Testbed();
  Testbed(const Testbed&) = delete;
  Testbed& operator=(const Testbed&) = delete;

  [[nodiscard]] static config::Config basic_config();

  // Makes the device of a port that is to come, and returns its name. The port's number is that of
  // the last one and one more.
  [[nodiscard]] std::string add_device(const std::string& port);

  void receive(PortId port, const Frame& frame);
  // The same from a device that removed an 802.1Q tag.
  void receive_stripped(PortId port, const Frame& frame, std::uint16_t tci);
  // The same in a buffer of the router's own pool, as devices receive. Returns false if none is
  // free.
  [[nodiscard]] bool receive_as_device(PortId port, const Frame& frame);
  // Runs the workers and the control thread until neither finds anything to do.
  void run();
  void advance(Nanoseconds by) {
    clock.advance(by);
    run();
  }
  // Advances in small steps, so that every timer fires in its turn.
  void advance_in_steps(Nanoseconds by, Nanoseconds step = 100ms);
  // Returns the frames that left by that port since the last call, oldest first.
  [[nodiscard]] std::vector<Frame> sent(PortId port, unsigned most = ~0U);
  // The same; returns only their number.
  std::uint64_t discard(PortId port);

  // Both hosts answer ARP requests: the router knows their MAC addresses from here on.
  void resolve_hosts();
  [[nodiscard]] Ipv4Fields from_a_to_b() const;
  [[nodiscard]] Ipv4Fields from_b_to_a() const;
  // Host B's ARP reply for its address.
  [[nodiscard]] Frame reply_from_b(Mac host = kMacB) const;
  // An echo request from host A.
  [[nodiscard]] Ipv4Fields ping(Ipv4 destination, std::size_t bytes = 56) const;
  // An echo request that the control thread answers, because it is longer than those that workers
  // answer.
  [[nodiscard]] Ipv4Fields long_ping(Ipv4 destination) const { return ping(destination, 600); }
  [[nodiscard]] Mac mac(PortId port) const { return router->ports().at(port.value())->mac(); }
  [[nodiscard]] std::uint64_t drops(stats::DropReason reason) const {
    return router->drops(reason);
  }
  [[nodiscard]] std::uint64_t all_drops() const;

  Clock clock{Clock::Manual{}};
  std::unique_ptr<control::Router> router;

 private:
  void check_drops_of_ports() const;

  void put(PortId port, rte_mbuf* packet, const Frame& frame);
  struct FreeRing {
    void operator()(rte_ring* ring) const { rte_ring_free(ring); }
  };
  struct Wire {
    std::unique_ptr<rte_ring, FreeRing> rx;
    std::unique_ptr<rte_ring, FreeRing> tx;
  };
  unsigned tx_ring_;
  std::vector<Wire> wires_;
  port::Pool hosts_;
};

// Calls `change` in each of 400 rounds, while the workers forward 100 of these frames a round.
// Fails the test unless all of them leave by port B.
void lose_nothing_while(Testbed& bed, const Frame& frame,
                        const std::function<void(int round)>& change);

}  // namespace ringroad::test
