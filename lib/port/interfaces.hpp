// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The state of the kernel's network interfaces, read from rtnetlink(7) messages.
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

struct nlmsghdr;

namespace ringroad::port {

struct InterfaceState {
  bool present = false;   // in the network namespace of the socket
  bool moved = false;     // absent because it moved to another namespace
  bool up = false;        // IFF_UP
  bool carrier = false;   // as Linux's fib_netdev_event() determines it
  bool forwards = false;  // the kernel forwards the IPv4 packets that it receives
  std::uint32_t mtu = 0;
  std::string name;  // kept when the interface is removed

  // IPv4 requires 68 bytes (RFC 791); Linux disables IPv4 on an interface with less
  // (inetdev_event()).
  [[nodiscard]] bool linked() const { return present && up && carrier && mtu >= 68; }
  bool operator==(const InterfaceState&) const = default;
};

// Why an interface is not linked(), for example "is down".
[[nodiscard]] std::string why_down(const InterfaceState& state);

// The followed interfaces by index, which stays the same when an interface is renamed. A removed
// interface stays removed: sockets bound to it do not work with a new interface of the same index
// or name.
class Interfaces {
 public:
  void follow(unsigned index) { followed_[index] = {}; }
  // Reads all messages of a datagram, which must be aligned to 4 bytes. Malformed messages are
  // skipped.
  void read(std::span<const std::byte> datagram);

  // The kernel was asked to list all interfaces; its answers carry this sequence number.
  void begin_listing(std::uint32_t sequence);
  [[nodiscard]] bool listing() const { return listing_; }
  // The last listing was truncated or interrupted by a change: it must be requested again.
  [[nodiscard]] bool must_list() const { return must_list_; }

  [[nodiscard]] const InterfaceState& state(unsigned index) const;
  // Changes with every change of a followed interface, and when another interface appears.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

 private:
  struct Followed {
    InterfaceState state;
    bool known = false;   // its state was read
    bool listed = false;  // it was in the current listing
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
