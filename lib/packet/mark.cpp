// SPDX-License-Identifier: BSD-3-Clause
#include "packet/mark.hpp"

namespace ringroad {

Status Mark::reserve() {
  if (mark_flag != 0) {
    return {};
  }
  const rte_mbuf_dynfield field{.name = "ringroad_mark",
                                .size = sizeof(std::uint32_t),
                                .align = alignof(std::uint32_t),
                                .flags = 0};
  const rte_mbuf_dynflag flag{.name = "ringroad_marked", .flags = 0};
  const int offset = rte_mbuf_dynfield_register(&field);
  const int bit = rte_mbuf_dynflag_register(&flag);
  if (offset < 0 || bit < 0) {
    return fail("no field of packet buffers is free for the marks of packets");
  }
  place(static_cast<std::size_t>(offset), std::uint64_t{1} << static_cast<unsigned>(bit));
  return {};
}

}  // namespace ringroad
