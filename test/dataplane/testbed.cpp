#include "testbed.hpp"

#include <fmt/format.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>

#include <array>
#include <cstring>

#include "expect.hpp"

namespace ringroad::test {
namespace {

constexpr unsigned kRxRing = 8192;
// Each testbed's names are its own: DPDK forgets none while the process lives.
unsigned serial = 0;

}  // namespace

config::Port sub_interface(const std::string& name, const std::string& link, std::uint16_t id,
                           InterfaceAddress address, config::VlanProtocol protocol) {
  config::Port port;
  port.name = name;
  port.addresses = {address};
  port.vlan = config::Vlan{.link = link, .id = id, .protocol = protocol};
  return port;
}

config::Config Testbed::basic_config() {
  config::Config config;
  config.engine.memory.buffers = 8191;
  config.arp.notify = false;  // what a test finds in a TX ring it asked for itself
  config.ports = {
      {.name = "a", .device = "", .addresses = {{kRouterA, 24}}, .queues = {}, .scheduler = ""},
      {.name = "b", .device = "", .addresses = {{kRouterB, 24}}, .queues = {}, .scheduler = ""}};
  return config;
}

Testbed::Testbed(Options options) {
  ++serial;
  for (config::Port& port : options.config.ports) {
    if (port.vlan) {
      continue;
    }
    const std::string name = fmt::format("{}{}", port.name, serial);
    Wire wire;
    wire.rx.reset(rte_ring_create(("rx-" + name).c_str(), kRxRing, SOCKET_ID_ANY, 0));
    wire.tx.reset(
        rte_ring_create(("tx-" + name).c_str(), options.tx_ring, SOCKET_ID_ANY, RING_F_EXACT_SZ));
    rte_ring* const rx = wire.rx.get();
    rte_ring* const tx = wire.tx.get();
    REQUIRE(rte_eth_from_rings(name.c_str(), &rx, 1, &tx, 1, 0) >= 0);
    port.device = "net_ring_" + name;
    wires_.push_back(std::move(wire));
  }
  auto hosts = port::make_pool(fmt::format("hosts{}", serial), 16383, 9000);
  REQUIRE(hosts);
  hosts_ = std::move(*hosts);
  auto opened = control::Router::open(options.config, clock);
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
  for (std::uint16_t i = 0; i < wires_.size(); ++i) {
    static_cast<void>(sent(PortId{i}));
  }
  const Status status = router->shut_down();
  CHECK(status.has_value());
  router.reset();
  CHECK(rte_mempool_avail_count(hosts_.get()) == hosts_->size);
}

void Testbed::receive(PortId port, const Frame& frame) {
  rte_mbuf* const packet = rte_pktmbuf_alloc(hosts_.get());
  REQUIRE(packet != nullptr);
  char* const room = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size()));
  REQUIRE(room != nullptr);
  std::memcpy(room, frame.data(), frame.size());
  REQUIRE(rte_ring_enqueue(wires_.at(port.value()).rx.get(), packet) == 0);
}

void Testbed::run() {
  // A shaped or refused queue stays busy without end: so many rounds empty any other.
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

std::uint64_t Testbed::all_drops() const {
  std::uint64_t packets = 0;
  for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
    packets += drops(static_cast<stats::DropReason>(i));
  }
  return packets;
}

}  // namespace ringroad::test
