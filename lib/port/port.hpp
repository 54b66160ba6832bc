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
#include "base/file_descriptor.hpp"
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
  std::uint32_t speed_mbps = 0;  // 0 if the device does not report it
};

// How a worker learns that an RX queue holds a packet without polling it.
struct RxEvent {
  int descriptor = -1;     // for epoll; -1 if there is none
  bool by_driver = false;  // readable only while rte_eth_dev_rx_intr_enable() is in effect
};

class Port {
 public:
  struct Settings {
    PortId id;
    std::string name;    // from the configuration
    std::string device;  // PCI address, vdev string, or the name of an existing device
    std::uint16_t mtu = 1500;
    std::uint16_t workers = 1;
    std::uint16_t rx_queues = 0;           // 0: one for each worker, as far as the device has them
    std::vector<std::uint16_t> vlans{};    // of its sub-interfaces; 0 for priority tags
    bool rx_interrupts = false;            // whether to use them if the device has them
    InterfaceWatch* interfaces = nullptr;  // outlives the port; null: no interface is followed
  };

  // open() refused the MTU, or the device as a whole.
  struct OpenError : Error {
    bool mtu = false;
  };
  // Probes and configures the device; start() allocates the queues' buffers from its node's pool.
  [[nodiscard]] static std::expected<std::unique_ptr<Port>, OpenError> open(
      const Settings& settings, Pools& pools);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] Status start();
  void stop();

  // Whether the device is about to be unplugged: the kernel waits until detach() releases it.
  [[nodiscard]] bool removal_asked() const {
    return removal_asked_.load(std::memory_order_relaxed);
  }
  // Releases the device; no worker may use it any more. After that there is no link, and settings
  // cannot be changed.
  void detach();
  [[nodiscard]] bool detached() const { return closed_ && removal_asked(); }
  // Whether the device is closed: it was unplugged, or removed from the configuration.
  [[nodiscard]] bool closed() const { return closed_; }

  // Can be called while the device runs.
  Status set_mtu(std::uint16_t mtu);
  Status set_mac(Mac mac);
  // Stops and restarts the device with empty queues. If the driver cannot do this, or if its
  // interface was replaced, the device is closed and opened anew, and device() may change. No
  // worker may use the port meanwhile.
  Status reset();
  // Has an effect if the device supports it; the caller must drop packets that the device still
  // receives.
  void set_link(bool up);
  // Receives frames for all stations, or only those for its own, if the device supports it.
  void set_promiscuous(bool on);
  // The groups whose frames the device receives besides those for its station and for all. A device
  // that cannot filter may receive others.
  void set_groups(std::vector<Mac> groups);

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] std::uint16_t device() const { return device_; }
  [[nodiscard]] const std::string& driver() const { return driver_; }
  // The NUMA node of the device; SOCKET_ID_ANY, which is negative, if the machine does not report
  // it.
  [[nodiscard]] int node() const { return rte_eth_dev_socket_id(device_); }
  [[nodiscard]] Mac mac() const { return mac_; }
  [[nodiscard]] std::uint16_t rx_queues() const { return rx_queues_; }
  // One for each worker, or fewer if the device has fewer.
  [[nodiscard]] std::uint16_t tx_queues() const { return tx_queues_; }
  // Whether the device inserts a packet's 802.1Q tag if the mbuf requests it.
  [[nodiscard]] bool inserts_tags() const { return inserts_tags_; }
  // Descriptors in each TX queue's ring; 0 if the device does not report for each descriptor
  // whether it was sent.
  [[nodiscard]] std::uint16_t reported_descriptors() const { return reported_descriptors_; }
  // Whether a transmitted frame may have several segments.
  [[nodiscard]] bool gathers() const { return gathers_; }
  // The node of the pool that this port uses.
  [[nodiscard]] int pool_node() const { return pool_->socket_id; }
  // The most packet buffers that its RX rings and its TX rings hold.
  [[nodiscard]] std::uint32_t rx_buffers() const { return rx_buffers_; }
  [[nodiscard]] std::uint32_t tx_buffers() const { return tx_buffers_; }
  // Valid while the device runs; the event may differ after a restart.
  [[nodiscard]] RxEvent rx_event(std::uint16_t queue) const;
  [[nodiscard]] TxRetry tx_retry(std::uint16_t queue) const;
  [[nodiscard]] Link link() const;
  // The VLANs of the port's sub-interfaces from now on.
  Status set_vlans(const std::vector<std::uint16_t>& vlans);
  // The operational state of the link: the kernel's if the device is a kernel interface, otherwise
  // the device's.
  [[nodiscard]] bool link_up() const;
  // Whether link_up() only reads memory or makes one system call; otherwise it reads registers,
  // because the device has no interrupt for its link.
  [[nodiscard]] bool link_is_at_hand() const { return link_is_at_hand_; }
  // A reason such as "its interface eth1 has no carrier"; empty if no reason is known.
  [[nodiscard]] std::string why_down() const;
  // Called before a lost link is used again, while no worker sends.
  void discard_unsent();
  // The kernel interface that the device is; null if there is none.
  [[nodiscard]] const InterfaceState* interface() const {
    return interface_ != 0 ? &settings_.interfaces->state(interface_) : nullptr;
  }
  // The kernel interface through which the device sends and receives; null if it has none.
  [[nodiscard]] const InterfaceState* shared_interface() const;
  [[nodiscard]] bool interface_is_lost() const;
  // The device's interface is gone, and another one has its name: reset() uses that one.
  [[nodiscard]] bool interface_is_back() const;
  // Not const, because some counters of the kernel are reset when they are read.
  const DeviceCounts& device_counts();
  // The driver's own counters under its names for them, without those that are 0.
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
  // Returns why the device cannot be changed.
  [[nodiscard]] Status check_device() const;
  void close();
  [[nodiscard]] Status open_anew();
  Status filter_vlans();
  void filter_groups();
  void spread_evenly();
  // The form is "port lan (net_tap0): what".
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
  bool spreads_ = false;  // distributes flows over its RX queues
  std::uint16_t reported_descriptors_ = 0;
  std::uint32_t rx_buffers_ = 0;
  std::uint32_t tx_buffers_ = 0;
  bool started_ = false;
  bool refused_mtu_ = false;
  const Profile* profile_ = nullptr;
  unsigned interface_ = 0;      // index of the followed kernel interface
  std::string interface_name_;  // the name that the driver uses
  int far_end_ = -1;
  bool link_is_at_hand_ = true;
  std::atomic<bool> removal_asked_{false};
  bool closed_ = false;  // the device is closed
  std::vector<Mac> groups_;
  FileDescriptor group_socket_;  // that makes a kernel interface receive groups
  std::optional<DeviceCounter> counter_;
  std::optional<RemovalWatch> removal_watch_;
};

}  // namespace ringroad::port
