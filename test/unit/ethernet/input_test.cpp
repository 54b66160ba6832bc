// SPDX-License-Identifier: BSD-3-Clause
#include "ethernet/input.hpp"

#include <catch2/catch.hpp>

using namespace ringroad;

namespace {

void first(StageContext& /*context*/, Burst& /*burst*/) {}
void second(StageContext& /*context*/, Burst& /*burst*/) {}

}  // namespace

TEST_CASE("an EtherType has one handler, and those that have none are known to") {
  const auto types = std::make_unique<ethernet::EtherTypes>();
  CHECK(types->add(0x0800, first));
  CHECK(types->add(0x0806, second));
  CHECK_FALSE(types->add(0x0800, second));
  CHECK(types->find(0x0800) == first);
  CHECK(types->find(0x0806) == second);
  for (unsigned type = 0; type < 65536; ++type) {
    if (type != 0x0800 && type != 0x0806 &&
        types->find(static_cast<std::uint16_t>(type)) != nullptr) {
      FAIL(type);
    }
  }
}
