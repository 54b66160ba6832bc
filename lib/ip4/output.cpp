// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/output.hpp"

#include "ip4/redirect_notes.hpp"
#include "packet/link_output.hpp"
#include "packet/tos.hpp"

namespace ringroad::ip4 {

void output(StageContext& context, Burst& burst) {
  output_each(context, burst, PuntReason::kFragment,
              [](Packet& packet) { return priority_of_tos(ipv4(packet).type_of_service); });
}

void lower_ttls(const Burst& burst) {
  for (std::size_t i = 0; i < burst.count; ++i) {
    burst.lower_ttl(i);
  }
}

void send_straight(StageContext& context, Burst& burst) {
  const std::size_t count = burst.count;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t* const octets = burst.frames[i];
    write_link_header(burst, i, octets);
    burst.lower_ttl(i, octets);
  }
  stage_all(context, burst);
}

void send_lowered(StageContext& context, Burst& burst) {
  const std::size_t count = burst.count;
  for (std::size_t i = 0; i < count; ++i) {
    write_link_header(burst, i, burst.frames[i]);
  }
  stage_all(context, burst);
}

void note_hairpins(StageContext& context, const Burst& burst) {
  if (has_hairpin(burst)) [[unlikely]] {
    note_redirects(context, burst, burst.all());
  }
}

}  // namespace ringroad::ip4
