// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A field of all packet buffers that DPDK lends, and a flag that says that it was set: the flags of
// a packet that was just received are clear.
#include <rte_mbuf_dyn.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"
#include "packet/packet.hpp"

namespace ringroad {

// Where the field is in a buffer, and the flag's bit of ol_flags; 0: not reserved.
struct MbufPlace {
  std::size_t offset = 0;
  std::uint64_t flag = 0;
};
struct MbufNames {
  const char* field;
  const char* flag;
  std::string_view content;  // of packets, for the error
};
[[nodiscard]] Result<MbufPlace> reserve_mbuf_field(const MbufNames& names, std::size_t size,
                                                   std::size_t align);

template <class T>
class MbufField {
 public:
  // Once, before the first packet.
  [[nodiscard]] Status reserve(const MbufNames& names) {
    if (place_.flag != 0) {
      return {};
    }
    const auto place = reserve_mbuf_field(names, sizeof(T), alignof(T));
    if (!place) {
      return std::unexpected{place.error()};
    }
    place_ = *place;
    return {};
  }
  // For tests without an EAL.
  void place(MbufPlace place) { place_ = place; }

  [[nodiscard]] bool is_set(const Packet& packet) const {
    return (packet.ol_flags & place_.flag) != 0;
  }
  // What was set, otherwise the type's initial value.
  [[nodiscard]] T of(const Packet& packet) const {
    return is_set(packet) ? *at(const_cast<Packet&>(packet)) : T{};
  }
  // What was set, if it was.
  [[nodiscard]] const T& in(const Packet& packet) const { return *at(const_cast<Packet&>(packet)); }
  void set(Packet& packet, const T& value) const {
    packet.ol_flags |= place_.flag;
    *at(packet) = value;
  }
  void clear(Packet& packet) const { packet.ol_flags &= ~place_.flag; }

 private:
  [[nodiscard]] T* at(Packet& packet) const {
    return RTE_MBUF_DYNFIELD(&packet, place_.offset, T*);
  }

  MbufPlace place_;
};

}  // namespace ringroad
