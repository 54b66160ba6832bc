// SPDX-License-Identifier: BSD-3-Clause
#include "port/interface_sharing.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <ios>
#include <string>
#include <vector>

using namespace ringroad::port;

TEST_CASE("each address and the forwarding of the kernel on a port's interface are warned of") {
  InterfaceState state;
  state.present = true;
  state.name = "lan.7";
  CHECK(sharing_warnings(state, {}).empty());
  state.forwards = true;
  const std::vector<std::string> addresses{"10.0.0.1/24", "10.0.1.1/30"};
  const auto warnings = sharing_warnings(state, addresses);
  REQUIRE(warnings.size() == 3);
  CHECK(warnings[0] ==
        "the kernel has 10.0.0.1/24 on its interface lan.7 and answers there too; take it off: "
        "ip address del 10.0.0.1/24 dev lan.7");
  CHECK(warnings[1].find("ip address del 10.0.1.1/30 dev lan.7") != std::string::npos);
  CHECK(warnings[2] ==
        "the kernel forwards what comes to its interface lan.7 too, and packets arrive twice; turn "
        "it off: sysctl -w net/ipv4/conf/lan.7/forwarding=0");
}

TEST_CASE("the kernel's addresses on an interface are found, those of others are not") {
  const auto addresses = kernel_addresses("lo");
  unsigned flags = 0;
  std::ifstream{"/sys/class/net/lo/flags"} >> std::hex >> flags;
  const bool is_up = (flags & 1U) != 0;  // the kernel adds the address when the interface comes up
  CHECK((std::ranges::find(addresses, "127.0.0.1/8") != addresses.end()) == is_up);
  CHECK(kernel_addresses("nothere0").empty());
}
