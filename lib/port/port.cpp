// SPDX-License-Identifier: BSD-3-Clause
#include "port/port.hpp"

#include <fmt/format.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <cerrno>

#include "base/log.hpp"
#include "packet/packet.hpp"
#include "port/probe.hpp"
#include "port/rss.hpp"

namespace ringroad::port {
namespace {

std::string error_text(int negative) { return rte_strerror(-negative); }

// `tagged`: the port has sub-interfaces, so the device should handle tags as far as it can.
Tuning tuning_of(const rte_eth_dev_info& info, bool tagged) {
  Tuning tuning;
  tuning.rx = info.default_rxconf;
  tuning.tx = info.default_txconf;
  if (const Profile& profile = profile_of(info.driver_name); profile.tune != nullptr) {
    profile.tune(info, tuning);
  }
  if (tagged) {
    tuning.rx_offloads |= RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
    tuning.tx_offloads |= tuning.inserts_tags ? RTE_ETH_TX_OFFLOAD_VLAN_INSERT : 0;
  }
  tuning.rx_offloads &= info.rx_offload_capa;
  tuning.tx_offloads &= info.tx_offload_capa;
  tuning.rx.offloads = tuning.rx_offloads;
  tuning.tx.offloads = tuning.tx_offloads;
  return tuning;
}

}  // namespace

std::unexpected<Error> Port::failed(const std::string& what) const {
  return fail(fmt::format("port {} ({}): {}", settings_.name, settings_.device, what));
}

std::expected<std::unique_ptr<Port>, Port::OpenError> Port::open(const Settings& settings,
                                                                 Pools& pools) {
  const auto device = is_pci_address(settings.device)
                          ? probe_pci(settings.device)
                          : probe_vdev(settings.device, settings.workers);
  if (!device) {
    return std::unexpected{OpenError{
        {fmt::format("port {} ({}): {}", settings.name, settings.device, device.error().what)}}};
  }
  std::unique_ptr<Port> port{new Port{settings, *device, pools}};
  if (const Status status = port->configure(); !status) {
    port->close();  // so that it can be tried again
    return std::unexpected{OpenError{status.error(), port->refused_mtu_}};
  }
  return port;
}

Port::~Port() {
  if (!closed_) {
    stop();
    rte_eth_dev_close(device_);
  }
}

void Port::close() {
  rte_eth_dev_info info{};
  const bool known = rte_eth_dev_info_get(device_, &info) == 0 && info.device != nullptr;
  stop();
  if (counter_) {
    device_counts();
  }
  rte_eth_dev_close(device_);
  closed_ = true;
  if (counter_) {
    counter_->close();
  }
  if (const int error = known ? rte_dev_remove(info.device) : 0; error != 0) {
    log::warn("port {}: its device is kept: {}", settings_.name, error_text(error));
  }
}

void Port::detach() {
  removal_watch_.reset();
  close();
}

Status Port::open_anew() {
  if (!closed_) {
    close();
  }
  const auto device = probe_vdev(settings_.device, settings_.workers);
  if (!device) {
    return failed(device.error().what);
  }
  device_ = *device;
  closed_ = false;
  Status status = configure();
  if (status) {
    status = start();
  }
  if (!status) {
    close();
  }
  return status;
}

Status Port::configure() {
  rte_eth_dev_info info{};
  if (const int error = rte_eth_dev_info_get(device_, &info); error != 0) {
    return failed("the device does not describe itself: " + error_text(error));
  }
  driver_ = info.driver_name;
  profile_ = &profile_of(driver_);
  if (const Status status = follow_interface(info); !status) {
    return status;
  }
  const auto pool = pools_.on(node());
  if (!pool) {
    return failed(pool.error().what);
  }
  pool_ = *pool;
  const std::uint16_t most = profile_->queues_max;
  const auto queues_of = [most](std::uint16_t wanted, std::uint16_t device_has) {
    const std::uint16_t works = most != 0 ? std::min(most, device_has) : device_has;
    return std::clamp<std::uint16_t>(wanted, 1, std::max<std::uint16_t>(works, 1));
  };
  rx_queues_ = queues_of(settings_.rx_queues != 0 ? settings_.rx_queues : settings_.workers,
                         info.max_rx_queues);
  tx_queues_ = profile_of(driver_).pairs_queues ? rx_queues_
                                                : queues_of(settings_.workers, info.max_tx_queues);
  const Tuning tuning = tuning_of(info, !settings_.vlans.empty());
  inserts_tags_ = (tuning.tx_offloads & RTE_ETH_TX_OFFLOAD_VLAN_INSERT) != 0;
  filters_vlans_ = (tuning.rx_offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER) != 0;
  // Fast free does not allow buffers with several references: such a queue gets frames in one
  // segment.
  gathers_ = (tuning.tx_offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0 &&
             (tuning.tx_offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) == 0;

  rte_eth_conf conf{};
  conf.rxmode.offloads = tuning.rx_offloads;
  conf.txmode.offloads = tuning.tx_offloads;
  conf.intr_conf.rxq = settings_.rx_interrupts ? 1 : 0;
  const bool link_interrupt = has_link_interrupt(info);
  conf.intr_conf.lsc = link_interrupt ? 1 : 0;
  link_is_at_hand_ = link_interrupt || interface_ != 0 || !is_pci_address(settings_.device);
  const std::uint64_t hash =
      (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP) & info.flow_type_rss_offloads;
  spreads_ = rx_queues_ > 1 && hash != 0;
  if (spreads_) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf = hash;
    use_symmetric_key(info.hash_key_size, conf.rx_adv_conf.rss_conf);
  }
  if (const int error = rte_eth_dev_configure(device_, rx_queues_, tx_queues_, &conf); error != 0) {
    return failed(fmt::format("the device refuses {} RX and {} TX queues: {}", rx_queues_,
                              tx_queues_, error_text(error)));
  }
  if (const Status status = set_mtu(settings_.mtu); !status) {
    refused_mtu_ = true;
    return status;
  }
  if (const Status status = set_up_queues(tuning); !status) {
    return status;
  }
  if (!counter_ || counter_->closed()) {
    auto losses = profile_->losses != nullptr ? profile_->losses(info, device_arguments())
                                              : std::unique_ptr<LossSource>{};
    if (counter_) {
      counter_->open_anew(std::move(losses));
    } else {
      counter_.emplace(std::move(losses));
    }
  }
  find_mac();
  if (is_pci_address(settings_.device) && !removal_watch_) {
    removal_watch_.emplace(rte_dev_name(info.device), removal_asked_);
  }
  return {};
}

Status Port::set_mtu(std::uint16_t mtu) {
  if (Status status = check_device(); !status) {
    return status;
  }
  rte_eth_dev_info info{};
  if (const int error = rte_eth_dev_info_get(device_, &info); error != 0) {
    return failed("the device does not describe itself: " + error_text(error));
  }
  if (mtu > info.max_mtu || mtu < info.min_mtu) {
    return failed(fmt::format("the device takes an MTU of {} to {}, not {}", info.min_mtu,
                              info.max_mtu, mtu));
  }
  if (mtu > mtu_of(*pool_)) {
    return failed(
        fmt::format("the packet buffers hold an MTU of {}; set this port's mtu to {} in "
                    "the configuration and restart",
                    mtu_of(*pool_), mtu));
  }
  const int error = rte_eth_dev_set_mtu(device_, mtu);
  // Without this call, the device accepts frames of any size.
  if (error != 0 && error != -ENOTSUP) {
    return failed(fmt::format("the device refuses an MTU of {}: {}", mtu, error_text(error)));
  }
  settings_.mtu = mtu;
  return {};
}

Status Port::set_mac(Mac mac) {
  if (Status status = check_device(); !status) {
    return status;
  }
  rte_ether_addr address{};
  std::ranges::copy(mac.octets, address.addr_bytes);
  const int error = rte_eth_dev_default_mac_addr_set(device_, &address);
  // A device without this call does not filter either; layer 2 input filters instead.
  if (error != 0 && error != -ENOTSUP) {
    return failed(
        fmt::format("the device refuses the MAC {}: {}", mac.to_string(), error_text(error)));
  }
  mac_ = mac;
  return {};
}

Status Port::set_up_queues(const Tuning& tuning) {
  std::uint16_t rx_descriptors = tuning.rx_descriptors;
  std::uint16_t tx_descriptors = tuning.tx_descriptors;
  if (const int error = rte_eth_dev_adjust_nb_rx_tx_desc(device_, &rx_descriptors, &tx_descriptors);
      error != 0) {
    return failed("the device refuses the ring sizes: " + error_text(error));
  }
  const auto socket = static_cast<unsigned>(node());
  for (std::uint16_t queue = 0; queue < rx_queues_; ++queue) {
    if (const int error =
            rte_eth_rx_queue_setup(device_, queue, rx_descriptors, socket, &tuning.rx, pool_);
        error != 0) {
      return failed(fmt::format("RX queue {}: {}", queue, error_text(error)));
    }
  }
  for (std::uint16_t queue = 0; queue < tx_queues_; ++queue) {
    if (const int error =
            rte_eth_tx_queue_setup(device_, queue, tx_descriptors, socket, &tuning.tx);
        error != 0) {
      return failed(fmt::format("TX queue {}: {}", queue, error_text(error)));
    }
  }
  const Profile& profile = profile_of(driver_);
  rx_buffers_ = std::uint32_t{rx_queues_} * rx_descriptors * profile.rx_buffers;
  tx_buffers_ = std::uint32_t{tx_queues_} * tx_descriptors * profile.tx_buffers;
  reported_descriptors_ = tuning.reports_each ? tx_descriptors : std::uint16_t{0};
  return {};
}

void Port::find_mac() {
  rte_ether_addr address{};
  rte_eth_macaddr_get(device_, &address);
  std::ranges::copy(address.addr_bytes, mac_.octets.begin());
  if (!mac_.is_station()) {
    // A virtual device has no MAC; this one is locally administered: "RR" and the port's number.
    mac_ = Mac{{0x02, 'R', 'R', 0, static_cast<std::uint8_t>(settings_.id.value() >> 8U),
                static_cast<std::uint8_t>(settings_.id.value() & 0xffU)}};
  }
}

Status Port::start() {
  int refused = rte_eth_dev_start(device_);
  if (refused != 0 && settings_.rx_interrupts) {
    // The device may lack interrupt vectors; it is used without interrupts then.
    settings_.rx_interrupts = false;
    if (const Status status = configure(); !status) {
      return status;
    }
    refused = rte_eth_dev_start(device_);
  }
  if (refused != 0) {
    return failed("the device does not start: " + error_text(refused));
  }
  started_ = true;
  far_end_ = interface_ != 0 && profile_->far_end != nullptr ? profile_->far_end(interface_) : -1;
  spread_evenly();
  if (const Status status = filter_vlans(); !status) {
    return status;
  }
  // Only frames for this station are forwarded; a device that cannot filter receives more, and
  // layer 2 input drops them.
  set_promiscuous(false);
  filter_groups();
  return {};
}

// Some drivers know the table's size only after the start. If a driver refuses the table, it keeps
// its own.
void Port::spread_evenly() {
  rte_eth_dev_info info{};
  if (!spreads_ || rte_eth_dev_info_get(device_, &info) != 0 || info.reta_size == 0) {
    return;
  }
  constexpr unsigned kGroup = RTE_ETH_RETA_GROUP_SIZE;
  std::vector<rte_eth_rss_reta_entry64> table((info.reta_size + kGroup - 1) / kGroup);
  for (unsigned i = 0; i < info.reta_size; ++i) {
    rte_eth_rss_reta_entry64& group = table[i / kGroup];
    group.mask |= std::uint64_t{1} << (i % kGroup);
    group.reta[i % kGroup] = static_cast<std::uint16_t>(i % rx_queues_);
  }
  if (const int error = rte_eth_dev_rss_reta_update(device_, table.data(), info.reta_size);
      error != 0) {
    log::debug("port {}: its device keeps its own table of queues: {}", settings_.name,
               error_text(error));
  }
}

// A filtering device drops frames with VLAN ids that it was not given.
Status Port::filter_vlans() {
  for (const std::uint16_t vlan : settings_.vlans) {
    const int error = filters_vlans_ ? rte_eth_dev_vlan_filter(device_, vlan, 1) : 0;
    if (error != 0) {
      return failed(fmt::format("the device refuses VLAN {}: {}", vlan, error_text(error)));
    }
  }
  return {};
}

// A device that was opened without VLANs does not filter.
Status Port::set_vlans(const std::vector<std::uint16_t>& vlans) {
  const std::vector<std::uint16_t> before = std::exchange(settings_.vlans, vlans);
  if (Status status = filter_vlans(); !status) {
    settings_.vlans = before;
    return status;
  }
  for (const std::uint16_t vlan : before) {
    if (filters_vlans_ && std::ranges::find(vlans, vlan) == vlans.end()) {
      static_cast<void>(rte_eth_dev_vlan_filter(device_, vlan, 0));
    }
  }
  return {};
}

void Port::stop() {
  if (started_) {
    rte_eth_dev_stop(device_);
    started_ = false;
    far_end_ = -1;
  }
}

RxEvent Port::rx_event(std::uint16_t queue) const {
  if (!settings_.rx_interrupts) {
    return {};
  }
  if (profile_->rx_event != nullptr) {
    return {profile_->rx_event(device_arguments(), queue)};
  }
  // A missing descriptor is not an error, but DPDK would log one.
  const auto type = static_cast<std::uint32_t>(rte_log_register("lib.ethdev"));
  const int level = rte_log_get_level(type);
  rte_log_set_level(type, RTE_LOG_CRIT);
  const int descriptor = rte_eth_dev_rx_intr_ctl_q_get_fd(device_, queue);
  rte_log_set_level(type, static_cast<std::uint32_t>(level));
  return {descriptor, true};
}

TxRetry Port::tx_retry(std::uint16_t queue) const {
  if (profile_->retry == nullptr) {
    return {};
  }
  return {profile_->retry, profile_->rx_event(device_arguments(), queue)};
}

std::string_view Port::device_arguments() const {
  const auto comma = settings_.device.find(',');
  return comma == std::string::npos ? std::string_view{}
                                    : std::string_view{settings_.device}.substr(comma + 1);
}

}  // namespace ringroad::port
