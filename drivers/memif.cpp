// Shared memory with another process on this machine: a generator, or VPP.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_memif"};
constexpr Profile kProfile{.family = "memif", .drivers = kDrivers};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port
