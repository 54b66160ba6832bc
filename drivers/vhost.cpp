// SPDX-License-Identifier: BSD-3-Clause
// The other end of virtio: a backend for a hypervisor, or for virtio_user in another process.
#include <array>

#include "port/family.hpp"

namespace ringroad::port {
namespace {

constexpr std::array kArguments{
    Argument{.key = "iface", .kind = Argument::Kind::kPath, .needed = true},
    Argument{.key = "queues", .kind = Argument::Kind::kNumber, .least = 1, .most = 64},
    Argument{.key = "client", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "iommu-support", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "postcopy-support", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "tso", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "linear-buffer", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "ext-buffer", .kind = Argument::Kind::kNumber, .least = 0, .most = 1}};

Claims claims(const Arguments& arguments) { return {path_claim(arguments.get("iface"))}; }

constexpr Family kFamily{.driver = "net_vhost",
                         .arguments = kArguments,
                         .rx_buffers = 1024,
                         .tx_buffers = 1024,
                         .claims = claims};
const FamilyRegistration kFamilyRegistration{kFamily};

}  // namespace
}  // namespace ringroad::port
