// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Finds options and extension headers, as Linux's nft_exthdr.c does. All that they say is checked.
#include <cstdint>
#include <optional>

#include "filter/transport.hpp"
#include "nft/model.hpp"
#include "packet/packet.hpp"

namespace ringroad::filter {

struct OptionPlace {
  std::uint32_t offset = 0;  // from the frame's start
  std::uint32_t length = 0;
};

// The first option of the kind (Linux's nft_exthdr_tcp_eval). The packet has all of it.
[[nodiscard]] std::optional<OptionPlace> find_tcp_option(const Packet& packet,
                                                         const Transport& transport,
                                                         std::uint8_t kind);
// Whether an IPv4 header has the option: Linux's ipv4_find_option.
[[nodiscard]] bool has_ip_option(const Packet& packet, std::uint8_t type);
// Where the first IPv6 header with this number begins: Linux's ipv6_find_hdr.
[[nodiscard]] std::optional<std::uint32_t> find_extension(const Packet& packet,
                                                          std::uint8_t number);
// Where the data of TCP, UDP, GRE or IP in IP begin: Linux's nft_payload_inner_offset.
[[nodiscard]] std::optional<std::uint32_t> find_inner(const Packet& packet,
                                                      const Transport& transport);

// Writes a field of a TCP option and updates the checksum: Linux's nft_exthdr_tcp_set_eval. A
// maximum segment size only becomes smaller. Returns false if the packet is no TCP, or the option
// too short; a packet without the option stays as it is.
bool write_tcp_option(Packet& packet, bool is_ipv6, const Transport& transport,
                      const nft::Field& field, const nft::Value& value);

}  // namespace ringroad::filter
