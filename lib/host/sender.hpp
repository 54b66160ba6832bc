// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How the control thread sends: a whole frame, handed to a worker, through the bands of its egress
// port like any other. And where it drops and counts what it handles. Control thread only.
#include <memory>
#include <vector>

#include "interface/world.hpp"
#include "packet/packet.hpp"
#include "worker/worker.hpp"

namespace ringroad::host {

class Sender {
 public:
  Sender(const interface::World& world, rte_mempool& pool)
      : world_{world},
        pool_{pool},
        context_{std::make_unique<StageContext>(world.tables())},
        interfaces_(world.tables().interfaces.size()) {
    context_->interfaces = interfaces_;
    context_->thread = world.workers();
  }

  void set_workers(std::vector<worker::Worker*> workers) { workers_ = std::move(workers); }

  // A copy of these bytes, as a packet that the router itself made; null, and counted, where the
  // pool is empty.
  [[nodiscard]] OwnedPacket make_frame(std::span<const std::uint8_t> bytes);
  // Counts a packet that did not come from a port: an answer in a new buffer or in an old one.
  void count_generated(std::uint64_t packets = 1) { context_->generated.add(packets); }
  // The packet ended at the router, as it should.
  void deliver(OwnedPacket packet) {
    packet.reset();
    count_delivered();
  }
  void count_delivered(std::uint64_t packets = 1) { context_->delivered.add(packets); }
  // Counted at the port by which the packet came in, or for an answer, the packet it answers.
  void drop(OwnedPacket packet, stats::DropReason reason) {
    const InterfaceId ingress = meta(*packet).ingress;
    drop_at(ingress, std::move(packet), reason);
  }
  // Counted at the port by which it was to leave.
  void drop_at(InterfaceId port, OwnedPacket packet, stats::DropReason reason) {
    packet.reset();
    context_->drops.add(port, reason);
  }

  // A whole frame without tags; those of a sub-interface are added. It goes by the worker that
  // punted it, so that a flow keeps its order.
  void send(OwnedPacket frame, InterfaceId port, std::uint8_t priority);
  // Whether the worker by which the packet goes has room for packets that waited, which must
  // neither be dropped there nor hold it up for long.
  [[nodiscard]] bool has_room_behind(Packet& packet) const;
  // An IPv4 packet with room for its Ethernet header, to that station.
  void send_ip(OwnedPacket packet, InterfaceId port, Mac destination);

  [[nodiscard]] rte_mempool& pool() { return pool_; }
  [[nodiscard]] StageContext& context() const { return *context_; }
  [[nodiscard]] const InterfaceCounters& interface(InterfaceId port) const {
    return interfaces_[port.value()];
  }

 private:
  const interface::World& world_;
  rte_mempool& pool_;
  std::vector<worker::Worker*> workers_;
  std::unique_ptr<StageContext> context_;
  std::vector<InterfaceCounters> interfaces_;
};

}  // namespace ringroad::host
