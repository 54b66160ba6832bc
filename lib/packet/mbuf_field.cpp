// SPDX-License-Identifier: BSD-3-Clause
#include "packet/mbuf_field.hpp"

#include <fmt/format.h>
#include <rte_string_fns.h>

namespace ringroad {

Result<MbufPlace> reserve_mbuf_field(const MbufNames& names, std::size_t size, std::size_t align) {
  rte_mbuf_dynfield field{.name = {}, .size = size, .align = align, .flags = 0};
  rte_mbuf_dynflag flag{.name = {}, .flags = 0};
  rte_strscpy(field.name, names.field, sizeof field.name);
  rte_strscpy(flag.name, names.flag, sizeof flag.name);
  const int offset = rte_mbuf_dynfield_register(&field);
  const int bit = rte_mbuf_dynflag_register(&flag);
  if (offset < 0 || bit < 0) {
    return fail(
        fmt::format("no field of packet buffers is free for the {} of packets", names.content));
  }
  return MbufPlace{static_cast<std::size_t>(offset),
                   std::uint64_t{1} << static_cast<unsigned>(bit)};
}

}  // namespace ringroad
