// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// An Ethernet port: a DPDK device from probe to close. Control thread only; the workers use its
// queues through RxQueue and TxQueue.
#include <rte_ethdev.h>

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/mac.hpp"
#include "port/device_counter.hpp"
#include "port/interface_watch.hpp"
#include "port/pools.hpp"
#include "port/profile.hpp"
#include "port/removal.hpp"

namespace ringroad::port {

struct Link {
  bool up = false;
  std::uint32_t speed_mbps = 0;  // 0: the device does not say
};

// How to learn that an RX queue holds a packet without polling it.
struct RxEvent {
  int descriptor = -1;     // for epoll; -1: there is none
  bool by_driver = false;  // told only while rte_eth_dev_rx_intr_enable() says so
};

class Port {
 public:
  struct Settings {
    PortId id;
    std::string name;    // the configuration's
    std::string device;  // PCI address, vdev string, or the name of a device that exists already
    std::uint16_t mtu = 1500;
    std::uint16_t workers = 1;
    std::uint16_t rx_queues = 0;           // 0: one a worker, as far as the device has them
    std::vector<std::uint16_t> vlans{};    // of its sub-interfaces, 0 for priority tags
    bool rx_interrupts = false;            // wanted, where the device has them
    InterfaceWatch* interfaces = nullptr;  // outlives the port; null: no interface is followed
  };

  // What open() refuses: the MTU, or the device as a whole.
  struct OpenError : Error {
    bool mtu = false;
  };
  // Probes and configures; the queues take their buffers from its node's pool as start() runs.
  [[nodiscard]] static std::expected<std::unique_ptr<Port>, OpenError> open(
      const Settings& settings, Pools& pools);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] Status start();
  void stop();

  // Whether the device is to be unplugged: the kernel waits until detach() lets go of it.
  [[nodiscard]] bool removal_asked() const {
    return removal_asked_.load(std::memory_order_relaxed);
  }
  // Gives the device up; no worker uses it any more. From then on there is no link, and nothing to
  // be changed.
  void detach();
  [[nodiscard]] bool detached() const { return closed_ && removal_asked(); }

  // While it runs.
  Status set_mtu(std::uint16_t mtu);
  Status set_mac(Mac mac);
  // Stops and starts again, empty; where the driver cannot, or the interface is another one now,
  // the device is closed and opened anew, and device() may change. No worker uses it meanwhile.
  Status reset();
  // As far as the device can be told; what it still receives is the caller's to drop.
  void set_link(bool up);

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] std::uint16_t device() const { return device_; }
  [[nodiscard]] const std::string& driver() const { return driver_; }
  // The NUMA node at which it is; SOCKET_ID_ANY, which is negative, where the machine does not say.
  [[nodiscard]] int node() const { return rte_eth_dev_socket_id(device_); }
  [[nodiscard]] Mac mac() const { return mac_; }
  [[nodiscard]] std::uint16_t rx_queues() const { return rx_queues_; }
  // As many as there are workers, or fewer where the device has fewer.
  [[nodiscard]] std::uint16_t tx_queues() const { return tx_queues_; }
  // The device writes a packet's 802.1Q tag where the mbuf asks for it.
  [[nodiscard]] bool inserts_tags() const { return inserts_tags_; }
  // In each TX queue's ring; 0 where the device does not tell of each whether it is sent.
  [[nodiscard]] std::uint16_t reported_descriptors() const { return reported_descriptors_; }
  // Whether a frame to be sent may lie in several buffers.
  [[nodiscard]] bool gathers() const { return gathers_; }
  // Which of the pools is its own.
  [[nodiscard]] int pool_node() const { return pool_->socket_id; }
  // Packet buffers that its RX rings, and at the most its TX rings, keep.
  [[nodiscard]] std::uint32_t rx_buffers() const { return rx_buffers_; }
  [[nodiscard]] std::uint32_t tx_buffers() const { return tx_buffers_; }
  // While it runs: another after it was started again.
  [[nodiscard]] RxEvent rx_event(std::uint16_t queue) const;
  [[nodiscard]] TxRetry tx_retry(std::uint16_t queue) const;
  [[nodiscard]] Link link() const;
  // The one truth of the link: the kernel's, where the device is an interface of its; else the
  // device's.
  [[nodiscard]] bool link_up() const;
  // Whether link_up() reads memory at most, or makes one system call; a device without an interrupt
  // for its link is asked through its registers.
  [[nodiscard]] bool link_is_at_hand() const { return link_is_at_hand_; }
  // "its interface eth1 has no carrier"; empty where there is no more to say.
  [[nodiscard]] std::string why_down() const;
  // Before a link that was lost is used again, while no worker sends.
  void discard_unsent();
  // The kernel's interface that the device is; null where it is none.
  [[nodiscard]] const InterfaceState* interface() const {
    return interface_ != 0 ? &settings_.interfaces->state(interface_) : nullptr;
  }
  // The interface by which the device sends and receives; null where it has none.
  [[nodiscard]] const InterfaceState* shared_interface() const;
  [[nodiscard]] bool interface_is_lost() const;
  // Its interface is gone, and one of its name is there: reset() takes that.
  [[nodiscard]] bool interface_is_back() const;
  // Not const: some counters of the kernel begin anew when they are read.
  const DeviceCounts& device_counts();
  // The driver's own counters by its names for them, without those at 0.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> extended_stats() const;

 private:
  Port(Settings settings, std::uint16_t device, Pools& pools)
      : settings_{std::move(settings)}, device_{device}, pools_{pools} {}

  [[nodiscard]] Status configure();
  [[nodiscard]] Status set_up_queues(const Tuning& tuning);
  [[nodiscard]] std::string_view device_arguments() const;
  void find_mac();
  [[nodiscard]] Status follow_interface(const rte_eth_dev_info& info);
  [[nodiscard]] bool has_link_interrupt(const rte_eth_dev_info& info) const;
  // Why the device takes no change.
  [[nodiscard]] Status check_device() const;
  void close();
  [[nodiscard]] Status open_anew();
  Status filter_vlans();
  void spread_evenly();
  // "port lan (net_tap0): what"
  [[nodiscard]] std::unexpected<Error> failed(const std::string& what) const;

  Settings settings_;
  std::uint16_t device_;
  Pools& pools_;
  rte_mempool* pool_ = nullptr;
  std::string driver_;
  Mac mac_;
  std::uint16_t rx_queues_ = 0;
  std::uint16_t tx_queues_ = 0;
  bool inserts_tags_ = false;
  bool filters_vlans_ = false;
  bool gathers_ = false;
  bool spreads_ = false;  // flows over its RX queues
  std::uint16_t reported_descriptors_ = 0;
  std::uint32_t rx_buffers_ = 0;
  std::uint32_t tx_buffers_ = 0;
  bool started_ = false;
  bool refused_mtu_ = false;
  const Profile* profile_ = nullptr;
  unsigned interface_ = 0;      // of the kernel's, that is followed
  std::string interface_name_;  // as the driver knows it
  int far_end_ = -1;
  bool link_is_at_hand_ = true;
  std::atomic<bool> removal_asked_{false};
  bool closed_ = false;  // there is no device
  std::optional<DeviceCounter> counter_;
  std::optional<RemovalWatch> removal_watch_;
};

}  // namespace ringroad::port
