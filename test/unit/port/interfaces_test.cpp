// SPDX-License-Identifier: BSD-3-Clause
// Messages of rtnetlink as the kernel sends them, and malformed ones.
#include "port/interfaces.hpp"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <vector>

using namespace ringroad::port;

namespace {

constexpr unsigned kIndex = 7;
constexpr unsigned kUp = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;

// A datagram to which messages are appended.
class Datagram {
 public:
  struct Link {
    std::uint16_t type = RTM_NEWLINK;
    unsigned index = kIndex;
    unsigned flags = kUp;
    std::uint32_t mtu = 1500;
    const char* name = "eth1";
    bool moved = false;
    bool forwards = false;
    std::uint32_t sequence = 0;
    std::uint16_t header_flags = 0;
    unsigned char family = AF_UNSPEC;
  };

  Datagram& link(const Link& link) {
    nlmsghdr* const message = begin(link.type, link.sequence, link.header_flags);
    auto* const info =
        static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
    info->ifi_family = link.family;
    info->ifi_index = static_cast<int>(link.index);
    info->ifi_flags = link.flags;
    mnl_attr_put_strz(message, IFLA_IFNAME, link.name);
    mnl_attr_put_u32(message, IFLA_MTU, link.mtu);
    if (link.moved) {
      mnl_attr_put_u32(message, IFLA_NEW_NETNSID, 0);
    }
    nlattr* const families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
    nlattr* const inet = mnl_attr_nest_start(message, AF_INET);
    const std::array<std::uint32_t, 4> values{link.forwards ? 1U : 0U, 1, 1, 1};
    mnl_attr_put(message, 1 /* IFLA_INET_CONF */, sizeof values, values.data());
    mnl_attr_nest_end(message, inet);
    mnl_attr_nest_end(message, families);
    used_ += message->nlmsg_len;
    return *this;
  }
  Datagram& end(std::uint32_t sequence, std::uint16_t type = NLMSG_DONE,
                std::uint16_t header_flags = 0) {
    used_ += begin(type, sequence, header_flags)->nlmsg_len;
    return *this;
  }

  [[nodiscard]] std::span<std::byte> bytes() {
    return {reinterpret_cast<std::byte*>(room_.data()), used_};
  }

 private:
  nlmsghdr* begin(std::uint16_t type, std::uint32_t sequence, std::uint16_t flags) {
    nlmsghdr* const message = mnl_nlmsg_put_header(room_.data() + used_);
    message->nlmsg_type = type;
    message->nlmsg_seq = sequence;
    message->nlmsg_flags = flags;
    return message;
  }

  alignas(8) std::array<char, 8192> room_{};
  std::size_t used_ = 0;
};

// Returns interfaces that follow kIndex, which was listed as up.
Interfaces up() {
  Interfaces interfaces;
  interfaces.follow(kIndex);
  interfaces.begin_listing(1);
  interfaces.read(Datagram{}.link({.sequence = 1}).end(1).bytes());
  return interfaces;
}

}  // namespace

TEST_CASE("an interface is what its listing says") {
  const Interfaces interfaces = up();
  CHECK_FALSE(interfaces.listing());
  const InterfaceState& state = interfaces.state(kIndex);
  CHECK(state.linked());
  CHECK(state.name == "eth1");
  CHECK(state.mtu == 1500);
  CHECK_FALSE(state.forwards);
  CHECK_FALSE(interfaces.state(kIndex + 1).present);
}

TEST_CASE("an interface follows the events of its link, its name and its MTU") {
  Interfaces interfaces = up();
  struct Event {
    Datagram::Link link;
    bool linked;
    const char* why;
  };
  const auto [link, linked, why] = GENERATE(
      Event{{.flags = IFF_UP}, false, "has no carrier"}, Event{{.flags = 0}, false, "is down"},
      // 802.1X keeps the interface dormant; Linux uses it for routes.
      Event{{.flags = IFF_UP | IFF_LOWER_UP}, true, ""},
      Event{{.flags = IFF_UP | IFF_RUNNING}, true, ""},
      Event{{.mtu = 67}, false, "has an MTU of 67, and IPv4 wants 68"},
      Event{{.mtu = 68}, true, ""}, Event{{.name = "wan0"}, true, ""},
      Event{{.type = RTM_DELLINK}, false, "was deleted"},
      Event{{.type = RTM_DELLINK, .moved = true}, false, "was moved to another network namespace"});
  const std::uint64_t generation = interfaces.generation();
  const InterfaceState before = interfaces.state(kIndex);
  interfaces.read(Datagram{}.link(link).bytes());
  const InterfaceState& state = interfaces.state(kIndex);
  CHECK(state.linked() == linked);
  CHECK(state.name == link.name);
  CHECK(state.mtu == link.mtu);
  CHECK((linked || why_down(state) == why));
  CHECK((interfaces.generation() != generation) == (state != before));
}

TEST_CASE("the kernel's forwarding on an interface is seen") {
  Interfaces interfaces = up();
  interfaces.read(Datagram{}.link({.forwards = true}).bytes());
  CHECK(interfaces.state(kIndex).forwards);
}

TEST_CASE("what is gone stays gone, whoever has its index then") {
  Interfaces interfaces = up();
  interfaces.read(Datagram{}.link({.type = RTM_DELLINK}).bytes());
  const std::uint64_t generation = interfaces.generation();
  interfaces.read(Datagram{}.link({}).bytes());
  CHECK_FALSE(interfaces.state(kIndex).present);
  // The new interface may have the name for which a port waits.
  CHECK(interfaces.generation() != generation);
  interfaces.begin_listing(2);
  interfaces.read(Datagram{}.link({.sequence = 2}).end(2).bytes());
  CHECK_FALSE(interfaces.state(kIndex).present);
  // The interface is ignored until it is followed again.
  interfaces.follow(kIndex);
  interfaces.read(Datagram{}.link({}).bytes());
  CHECK(interfaces.state(kIndex).linked());
}

TEST_CASE("an interface that a listing does not have is gone") {
  Interfaces interfaces = up();
  interfaces.begin_listing(2);
  interfaces.read(Datagram{}.link({.index = kIndex + 1, .sequence = 2}).bytes());
  CHECK(interfaces.state(kIndex).present);
  interfaces.read(Datagram{}.end(2).bytes());
  CHECK_FALSE(interfaces.state(kIndex).present);
  CHECK_FALSE(interfaces.must_list());
}

TEST_CASE("a listing that was cut short tells of nothing that is gone, and is asked for again") {
  Interfaces interfaces = up();
  interfaces.begin_listing(2);
  SECTION("changed while it was made") {
    interfaces.read(Datagram{}
                        .link({.index = 3, .sequence = 2, .header_flags = NLM_F_DUMP_INTR})
                        .end(2)
                        .bytes());
  }
  SECTION("refused") { interfaces.read(Datagram{}.end(2, NLMSG_ERROR).bytes()); }
  CHECK(interfaces.must_list());
  CHECK(interfaces.state(kIndex).linked());
  interfaces.begin_listing(3);
  // The end of the previous listing is not the end of this one.
  interfaces.read(Datagram{}.end(2).bytes());
  CHECK(interfaces.listing());
  interfaces.read(Datagram{}.link({.flags = 0, .sequence = 3}).end(3).bytes());
  CHECK_FALSE(interfaces.must_list());
  CHECK(interfaces.state(kIndex).present);
  CHECK_FALSE(interfaces.state(kIndex).up);
}

TEST_CASE("an interface that becomes a bridge's port, and leaves it, is not gone") {
  Interfaces interfaces = up();
  interfaces.read(Datagram{}.link({.type = RTM_DELLINK, .family = AF_BRIDGE}).bytes());
  CHECK(interfaces.state(kIndex).linked());
}

TEST_CASE("messages of every wrong length are survived, and right ones before them are read") {
  const auto send = [](std::size_t length_at, std::uint16_t length, std::size_t cut) {
    Interfaces interfaces = up();
    Datagram datagram;
    datagram.link({.flags = 0}).link({.index = 9});
    const auto bytes = datagram.bytes();
    if (length_at + sizeof length <= bytes.size()) {
      std::memcpy(bytes.data() + length_at, &length, sizeof length);
    }
    // The copy has exactly the datagram's size, so that a read beyond its end is detected.
    std::vector<std::uint32_t> exact((bytes.size() - cut + 3) / 4);
    std::copy_n(bytes.data(), bytes.size() - cut, reinterpret_cast<std::byte*>(exact.data()));
    interfaces.read({reinterpret_cast<const std::byte*>(exact.data()), bytes.size() - cut});
    return interfaces.state(kIndex).up;
  };
  const std::size_t size = Datagram{}.link({.flags = 0}).link({.index = 9}).bytes().size();
  for (std::size_t at = 0; at < size; at += 2) {
    for (const unsigned length : {0U, 1U, 3U, 4U, 5U, 15U, 16U, 17U, 31U, 32U, 0x7fffU, 0xffffU}) {
      send(at, static_cast<std::uint16_t>(length), 0);
    }
  }
  for (std::size_t cut = 0; cut <= size; ++cut) {
    CHECK(send(size, 0, cut) == (cut > size / 2));
  }
}

TEST_CASE("random bytes are survived") {
  std::mt19937 random{42};  // NOLINT(bugprone-random-generator-seed): the same each time
  Interfaces interfaces = up();
  for (int round = 0; round < 20'000; ++round) {
    Datagram datagram;
    datagram.link({}).link({.index = 9}).end(1);
    const auto bytes = datagram.bytes();
    for (unsigned flips = random() % 8; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    interfaces.read(bytes);
  }
}
