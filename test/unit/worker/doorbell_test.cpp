// SPDX-License-Identifier: BSD-3-Clause
#include "worker/doorbell.hpp"

#include <poll.h>

#include <catch2/catch.hpp>

using namespace ringroad;
using worker::Doorbell;

namespace {

bool was_rung(const Doorbell& bell) {
  pollfd watched{.fd = bell.poll_fd(), .events = POLLIN, .revents = 0};
  return poll(&watched, 1, 0) == 1;
}

}  // namespace

TEST_CASE("a doorbell rings only while its thread sleeps") {
  const auto bell = *Doorbell::make();
  bell->ring();
  CHECK_FALSE(was_rung(*bell));
  bell->arm();
  CHECK_FALSE(was_rung(*bell));
  bell->ring();
  CHECK(was_rung(*bell));
  bell->disarm();
  bell->clear();
  CHECK_FALSE(was_rung(*bell));
  bell->ring();
  CHECK_FALSE(was_rung(*bell));
}

TEST_CASE("a doorbell that is rung twice is silent once it was cleared") {
  const auto bell = *Doorbell::make();
  bell->arm();
  bell->ring();
  bell->ring();
  bell->disarm();
  bell->clear();
  CHECK_FALSE(was_rung(*bell));
  bell->arm();
  CHECK_FALSE(was_rung(*bell));
  bell->ring();
  CHECK(was_rung(*bell));
}
