// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the kernel says of its network interfaces, read from the messages of rtnetlink(7).
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

struct nlmsghdr;

namespace ringroad::port {

struct InterfaceState {
  bool present = false;   // in the network namespace of the socket that is read
  bool moved = false;     // not present: it went to another namespace, and was not deleted
  bool up = false;        // IFF_UP
  bool carrier = false;   // as Linux's fib_netdev_event() asks for it
  bool forwards = false;  // the kernel forwards the IPv4 packets that it receives
  std::uint32_t mtu = 0;
  std::string name;  // stays when it is gone

  // IPv4 wants 68 bytes (RFC 791); Linux takes IPv4 off an interface with less (inetdev_event()).
  [[nodiscard]] bool linked() const { return present && up && carrier && mtu >= 68; }
  bool operator==(const InterfaceState&) const = default;
};

// Why an interface is not linked(): "is down".
[[nodiscard]] std::string why_down(const InterfaceState& state);

// The interfaces that are followed, by their index, which they keep when they are renamed. One that
// is gone stays gone: what is bound to it does not come back with another of its index or name.
class Interfaces {
 public:
  void follow(unsigned index) { followed_[index] = {}; }
  // All messages of a datagram, which lies at a multiple of 4 bytes. What is malformed is skipped.
  void read(std::span<const std::byte> datagram);

  // The kernel was asked to list all interfaces; its answers have this sequence number.
  void begin_listing(std::uint32_t sequence);
  [[nodiscard]] bool listing() const { return listing_; }
  // The last listing was cut short or changed while it was made: it has to be asked for again.
  [[nodiscard]] bool must_list() const { return must_list_; }

  [[nodiscard]] const InterfaceState& state(unsigned index) const;
  // Changes with every change of an interface that is followed, and when another one appears.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

 private:
  struct Followed {
    InterfaceState state;
    bool known = false;   // its state was read
    bool listed = false;  // in the listing that is being read
  };

  void read(const nlmsghdr& message);
  void end_listing(bool complete);

  std::map<unsigned, Followed> followed_;
  std::uint32_t sequence_ = 0;
  bool listing_ = false;
  bool interrupted_ = false;
  bool must_list_ = false;
  std::uint64_t generation_ = 0;
};

}  // namespace ringroad::port
