// Files of packets: a generator that never pauses (infinite_rx=1), or a recording.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_pcap"};
constexpr Profile kProfile{.family = "pcap", .drivers = kDrivers};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port
