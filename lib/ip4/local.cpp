// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/local.hpp"

#include <netinet/in.h>

#include <array>
#include <utility>

#include "ip4/echo.hpp"
#include "ip4/input.hpp"
#include "ip4/output.hpp"
#include "ip4/route.hpp"
#include "ip4/run_hooks.hpp"

namespace ringroad::ip4 {
namespace {

// A protocol's share of local delivery.
struct LocalProtocol {
  // Whether a worker answers this packet. It is no fragment and has no options.
  bool (*accepts)(Packet& packet) = nullptr;
  // Turns each packet of the burst into its answer, in place.
  void (*answer)(StageContext& context, Burst& burst) = nullptr;
};

void drop_unwanted(StageContext& context, Burst& burst) {
  for (std::size_t i = 0; i < burst.count; ++i) {
    context.drop(burst.packets[i], reason_of_unwanted(*burst.packets[i]), burst.ingress);
  }
  burst.count = 0;
}

// The table of protocols, with one row for each (Linux's inet_protos).
constexpr auto kProtocols = [] {
  std::array<LocalProtocol, 256> protocols{};
  protocols[IPPROTO_ICMP] = {.accepts = is_short_echo_request, .answer = answer_echo_requests};
  return protocols;
}();

// Packets to all nodes, which no protocol wants.
constexpr LocalProtocol kUnwanted{.accepts = nullptr, .answer = drop_unwanted};

const LocalProtocol* protocol_of(Packet& packet) {
  const rte_ipv4_hdr& header = ipv4(packet);
  if (meta(packet).punt == PuntReason::kBroadcast) {
    return is_fragment(header) ? nullptr : &kUnwanted;
  }
  const LocalProtocol& protocol = kProtocols[header.next_proto_id];
  const bool is_whole = packet.nb_segs == 1 && !is_fragment(header) &&
                        header.version_ihl == kVersion4NoOptions &&
                        meta(packet).l2_class == L2Class::kHost;
  return is_whole && protocol.accepts != nullptr && protocol.accepts(packet) ? &protocol : nullptr;
}

void add(Burst& burst, Packet* packet) {
  burst.packets[burst.count] = packet;
  burst.l2_classes[burst.count] = meta(*packet).l2_class;
  describe(burst, burst.count);
  ++burst.count;
}

// The packets of one protocol that arrived by one interface.
void deliver(StageContext& context, Burst& burst, const LocalProtocol& protocol) {
  run_hooks(HookPoint::kInput, context, burst);
  protocol.answer(context, burst);
  if (burst.count == 0) {
    return;
  }
  for (std::size_t i = 0; i < burst.count; ++i) {
    describe(burst, i);
  }
  burst.is_own = true;
  if (context.tables.hooks.at(HookPoint::kOutput) != nullptr) {
    route(context, burst);  // a rule may ask for the way out
    run_hooks(HookPoint::kOutput, context, burst);
  }
  route(context, burst);
  run_hooks(HookPoint::kPostRouting, context, burst);
  output(context, burst);
}

}  // namespace

void deliver_here(StageContext& context) {
  const auto packets =
      std::span{context.local.packets}.first(std::exchange(context.local.count, std::uint16_t{0}));
  const LocalProtocol* current = kProtocols.data();  // of the packets in the burst
  Burst burst;
  burst.begin({}, 0);
  for (Packet* const packet : packets) {
    const LocalProtocol* const protocol = protocol_of(*packet);
    if (protocol == nullptr) {
      context.punts.packets[context.punts.count++] = packet;
      continue;
    }
    if (burst.count > 0 && (protocol != current || meta(*packet).ingress != burst.ingress)) {
      deliver(context, burst, *current);
      burst.begin({}, 0);
    }
    if (burst.count == 0) {
      burst.begin(meta(*packet).ingress, 0);
      current = protocol;
    }
    add(burst, packet);
  }
  if (burst.count > 0) {
    deliver(context, burst, *current);
  }
}

}  // namespace ringroad::ip4
