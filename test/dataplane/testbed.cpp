// SPDX-License-Identifier: BSD-3-Clause
#include "testbed.hpp"

#include <fmt/format.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>

#include <array>
#include <cstring>
#include <thread>

#include "control/verbs.hpp"
#include "expect.hpp"

namespace ringroad::test {
namespace {

constexpr unsigned kRxRing = 8192;
// Each testbed uses new names, because DPDK keeps names as long as the process lives.
unsigned serial = 0;

}  // namespace

config::Port sub_interface(const std::string& name, const std::string& link, std::uint16_t id,
                           InterfaceAddress4 address, config::VlanProtocol protocol) {
  config::Port port;
  port.name = name;
  port.addresses = {address};
  port.vlan = config::Vlan{.link = link, .id = id, .protocol = protocol};
  return port;
}

config::Config Testbed::basic_config() {
  config::Config config;
  config.engine.memory.buffers = 8191;
  config.arp.notify = false;  // so that TX rings contain only frames that the test caused
  config.ports = {
      {.name = "a", .device = "", .addresses = {{kRouterA, 24}}, .queues = {}, .scheduler = ""},
      {.name = "b", .device = "", .addresses = {{kRouterB, 24}}, .queues = {}, .scheduler = ""}};
  return config;
}

std::string Testbed::add_device(const std::string& port) {
  const std::string name = fmt::format("{}{}x{}", port, serial, wires_.size());
  Wire wire;
  wire.rx.reset(rte_ring_create(("rx-" + name).c_str(), kRxRing, SOCKET_ID_ANY, 0));
  wire.tx.reset(rte_ring_create(("tx-" + name).c_str(), tx_ring_, SOCKET_ID_ANY, RING_F_EXACT_SZ));
  rte_ring* const rx = wire.rx.get();
  rte_ring* const tx = wire.tx.get();
  REQUIRE(rte_eth_from_rings(name.c_str(), &rx, 1, &tx, 1, 0) >= 0);
  wires_.push_back(std::move(wire));
  return "net_ring_" + name;
}

Testbed::Testbed(Options options) : tx_ring_{options.tx_ring} {
  ++serial;
  for (config::Port& port : options.config.ports) {
    if (!port.vlan) {
      port.device = add_device(port.name);
    }
  }
  auto hosts = port::make_pool(fmt::format("hosts{}", serial), 16383, 9000);
  REQUIRE(hosts);
  hosts_ = std::move(*hosts);
  auto opened =
      control::Router::open(options.config, clock, {.flow_seed = 1, .identity = options.identity});
  if (!opened) {
    FAIL(opened.error().what);
  }
  router = std::move(*opened);
}

Testbed::~Testbed() {
  run();
  const control::Ledger ledger = router->ledger();
  CHECK(ledger.received + ledger.generated ==
        ledger.sent + ledger.delivered + ledger.dropped + ledger.held);
  check_drops_of_ports();
  std::uint64_t completed = 0;
  for (const auto& port : router->ports()) {
    completed += port->device_counts().tx_completed;
  }
  CHECK(completed == ledger.sent);
  for (std::uint16_t i = 0; i < wires_.size(); ++i) {
    static_cast<void>(sent(PortId{i}));
  }
  const Status status = router->shut_down();
  CHECK(status.has_value());
  router.reset();
  CHECK(rte_mempool_avail_count(hosts_.get()) == hosts_->size);
}

// Checks that every drop is counted at a port that the operator can query.
void Testbed::check_drops_of_ports() const {
  std::uint64_t of_ports = 0;
  for (const interface::InterfaceView& port : router->world().ports()) {
    const auto drops = control::carry_out(
        *router, {{"verb", {"show", "drops"}}, {"options", {{"port", port.name}}}});
    for (const auto& row : drops.value()) {
      of_ports += row.at("packets").get<std::uint64_t>();
    }
  }
  // Those of ports that a reload took away are only in the list of all.
  for (const interface::InterfaceView& port : router->world().all_ports()) {
    for (std::size_t i = 0; port.gone && i < stats::kDropReasons; ++i) {
      of_ports += router->drops(port.id, static_cast<stats::DropReason>(i));
    }
  }
  std::uint64_t of_all = 0;
  const auto drops = control::carry_out(*router, {{"verb", {"show", "drops"}}, {"options", {}}});
  for (const auto& row : drops.value()) {
    for (const auto& [port, packets] : row.at("ports").items()) {
      of_all += packets.get<std::uint64_t>();
    }
  }
  CHECK(of_all == all_drops());
  CHECK(of_ports == all_drops());
}

void Testbed::receive(PortId port, const Frame& frame) {
  rte_mbuf* const packet = rte_pktmbuf_alloc(hosts_.get());
  REQUIRE(packet != nullptr);
  put(port, packet, frame);
}

void Testbed::receive_stripped(PortId port, const Frame& frame, std::uint16_t tci) {
  rte_mbuf* const packet = rte_pktmbuf_alloc(hosts_.get());
  REQUIRE(packet != nullptr);
  packet->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
  packet->vlan_tci = tci;
  put(port, packet, frame);
}

bool Testbed::receive_as_device(PortId port, const Frame& frame) {
  rte_mbuf* const packet = rte_pktmbuf_alloc(rte_mempool_lookup("packets"));
  if (packet != nullptr) {
    put(port, packet, frame);
  }
  return packet != nullptr;
}

void Testbed::put(PortId port, rte_mbuf* packet, const Frame& frame) {
  char* const room = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size()));
  REQUIRE(room != nullptr);
  std::memcpy(room, frame.data(), frame.size());
  REQUIRE(rte_ring_enqueue(wires_.at(port.value()).rx.get(), packet) == 0);
}

void Testbed::run() {
  // A shaped or refused queue stays busy forever; any other queue is empty after this many rounds.
  constexpr int kRounds = 300;
  int quiet = 0;
  for (int round = 0; round < kRounds && quiet < 3; ++round) {
    bool busy = false;
    for (const auto& worker : router->workers()) {
      busy = worker->poll_once() || busy;
    }
    busy = router->run_once() || busy;
    quiet = busy ? 0 : quiet + 1;
  }
}

void Testbed::advance_in_steps(Nanoseconds by, Nanoseconds step) {
  for (Nanoseconds gone{}; gone < by; gone += step) {
    advance(step);
  }
}

std::vector<Frame> Testbed::sent(PortId port, unsigned most) {
  std::vector<Frame> frames;
  void* object = nullptr;
  while (frames.size() < most && rte_ring_dequeue(wires_.at(port.value()).tx.get(), &object) == 0) {
    auto* const packet = static_cast<rte_mbuf*>(object);
    Frame frame(packet->pkt_len);
    const void* const bytes = rte_pktmbuf_read(packet, 0, packet->pkt_len, frame.data());
    if (bytes != frame.data()) {
      std::memcpy(frame.data(), bytes, frame.size());
    }
    rte_pktmbuf_free(packet);
    frames.push_back(std::move(frame));
  }
  return frames;
}

std::uint64_t Testbed::discard(PortId port) {
  std::array<void*, 64> objects{};
  std::uint64_t packets = 0;
  while (const unsigned count = rte_ring_dequeue_burst(wires_.at(port.value()).tx.get(),
                                                       objects.data(), objects.size(), nullptr)) {
    rte_pktmbuf_free_bulk(reinterpret_cast<rte_mbuf**>(objects.data()), count);
    packets += count;
  }
  return packets;
}

void Testbed::resolve_hosts() {
  receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac));
  receive(kPortB, make_arp(1, kMacB, kHostB, {}, kRouterB, kBroadcastMac));
  run();
  static_cast<void>(sent(kPortA));
  static_cast<void>(sent(kPortB));
}

Ipv4Fields Testbed::from_a_to_b() const {
  Ipv4Fields fields;
  fields.destination_mac = mac(kPortA);
  fields.source = kHostA;
  fields.destination = kHostB;
  return fields;
}

Ipv4Fields Testbed::from_b_to_a() const {
  Ipv4Fields fields = from_a_to_b();
  fields.destination_mac = mac(kPortB);
  std::swap(fields.source, fields.destination);
  return fields;
}

Frame Testbed::reply_from_b(Mac host) const {
  return make_arp(2, host, kHostB, mac(kPortB), kRouterB, mac(kPortB));
}

Ipv4Fields Testbed::ping(Ipv4 destination, std::size_t bytes) const {
  Ipv4Fields fields = from_a_to_b();
  fields.destination = destination;
  fields.protocol = 1;
  fields.payload = echo_request(1, bytes);
  return fields;
}

std::uint64_t Testbed::all_drops() const {
  std::uint64_t packets = 0;
  for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
    packets += drops(static_cast<stats::DropReason>(i));
  }
  return packets;
}

void lose_nothing_while(Testbed& bed, const Frame& frame,
                        const std::function<void(int round)>& change) {
  constexpr int kRounds = 400;
  constexpr int kBurst = 100;
  REQUIRE(bed.router->start_workers());
  std::uint64_t out = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kBurst; ++i) {
      bed.receive(kPortA, frame);
    }
    change(round);
    out += bed.discard(kPortB);
    std::this_thread::yield();
  }
  for (int wait = 0; wait < 100000 && out < std::uint64_t{kRounds} * kBurst; ++wait) {
    out += bed.discard(kPortB);
    std::this_thread::yield();
  }
  bed.router->stop_workers();
  CHECK(out == std::uint64_t{kRounds} * kBurst);
  CHECK(bed.all_drops() == 0);
}

}  // namespace ringroad::test
