// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "control/eal.hpp"

using namespace ringroad;

namespace {

using Arguments = std::vector<std::string>;

bool has(const Arguments& arguments, const std::string& one) {
  return std::ranges::find(arguments, one) != arguments.end();
}
bool has_pair(const Arguments& arguments, const std::string& key, const std::string& value) {
  const auto found = std::ranges::find(arguments, key);
  return found != arguments.end() && found + 1 != arguments.end() && *(found + 1) == value;
}

}  // namespace

TEST_CASE("DPDK's arguments follow from the configuration") {
  config::Config config;
  config.engine.workers = {3, 5};
  config.engine.control = 2;
  config.engine.memory.size = Bytes{256ULL << 20U};
  config.ports.resize(1);
  config.ports[0].device = "net_tap0,iface=x";

  SECTION("software ports touch no PCI device") {
    const auto arguments = control::eal_arguments(config, false, false);
    CHECK(has_pair(arguments, "--lcores", "0@2,1@3,2@5"));
    CHECK(has_pair(arguments, "-m", "256"));
    CHECK(has(arguments, "--no-pci"));
    CHECK(has(arguments, "--no-huge"));
    CHECK_FALSE(has(arguments, "--in-memory"));
  }
  SECTION("hugepages leave nothing in the file system") {
    const auto arguments = control::eal_arguments(config, true, false);
    CHECK(has(arguments, "--in-memory"));
    CHECK_FALSE(has(arguments, "--no-huge"));
  }
  SECTION("sub-interfaces are no devices of DPDK's") {
    config::Port vlan;
    vlan.name = "x.7";
    vlan.vlan = config::Vlan{.link = "x", .id = 7};
    config.ports.push_back(vlan);
    CHECK(has(control::eal_arguments(config, false, false), "--no-pci"));
    CHECK_FALSE(has(control::eal_arguments(config, false, false), "-a"));
    config.ports[0].device = "0000:03:00.0";
    const auto arguments = control::eal_arguments(config, true, false);
    CHECK(std::ranges::count(arguments, "-a") == 1);
    CHECK(has_pair(arguments, "-a", "0000:03:00.0"));
  }
  SECTION("PCI ports are allowed, and no others") {
    config.ports[0].device = "0000:03:00.0";
    const auto arguments = control::eal_arguments(config, true, false);
    CHECK(has_pair(arguments, "-a", "0000:03:00.0"));
    CHECK_FALSE(has(arguments, "--no-pci"));
  }
}

TEST_CASE("memory is looked for where the configuration wants it") {
  if (geteuid() != 0) {
    WARN("not root: the machine is not asked for its memory");
    return;
  }
  config::Config config;
  config.engine.workers = {0};
  config.engine.memory.size = Bytes{1ULL << 50U};
  config.engine.memory.hugepages = config::HugePages::kOn;
  const Status huge = control::check_machine(config);
  REQUIRE_FALSE(huge);
  CHECK(huge.error().what.find("of hugepages are free") != std::string::npos);
  config.engine.memory.hugepages = config::HugePages::kOff;
  const Status ordinary = control::check_machine(config);
  REQUIRE_FALSE(ordinary);
  CHECK(ordinary.error().what.find("MiB are available") != std::string::npos);
  config.engine.memory.size = Bytes{1ULL << 20U};
  CHECK(control::check_machine(config));
}
