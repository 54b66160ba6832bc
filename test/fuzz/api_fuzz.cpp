// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer over the control socket's language: each line of the input is a request to a router.
#include <string_view>

#include "control/api_protocol.hpp"
#include "control/verbs.hpp"
#include "eal.hpp"
#include "testbed.hpp"

namespace {

using namespace ringroad;

constexpr std::size_t kRequestsMax = 64;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  test::start_eal();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  test::Testbed::Options options;
  options.config.engine.memory.buffers = 1024;
  test::Testbed bed{std::move(options)};
  const control::Handler handler = [&](const nlohmann::json& request) {
    // What reads files is the operator's own, who may read them.
    return request.at("verb").back() == "load" ? Result<nlohmann::json>{fail("not here")}
                                               : control::carry_out(*bed.router, request);
  };
  for (std::size_t i = 0; i < kRequestsMax && !text.empty(); ++i) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string answer = control::answer_line(handler, text.substr(0, end));
    if (answer.empty() || answer.back() != '\n' ||
        nlohmann::json::parse(answer, nullptr, false).is_discarded()) {
      std::abort();
    }
    text.remove_prefix(std::min(end + 1, text.size()));
    bed.run();
    bed.discard(test::kPortA);
    bed.discard(test::kPortB);
  }
  return 0;
}
