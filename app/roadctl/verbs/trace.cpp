// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/interrupt.hpp"
#include "roadctl/tap_words.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

constexpr std::uint32_t kPacketsByDefault = 10;

// A packet: a line about it, then one for each step.
std::string render_packet(const json& packet) {
  const json& reason = field(packet, "reason");
  const json& egress = field(packet, "egress");
  std::string text = fmt::format("{} bytes on {}: {}", words(packet, "bytes"),
                                 words(packet, "port"), words(packet, "verdict"));
  if (reason.is_string()) {
    text += fmt::format(" ({})", words(reason));
  }
  if (egress.is_string()) {
    text += fmt::format(" by {}", words(egress));
  }
  text += fmt::format(", {} cycles, {}\n", words(packet, "cycles"),
                      duration(field(packet, "nanoseconds")));
  for (const json& step : array(packet, "steps")) {
    text += fmt::format("  {:>9}  {:<8}  {}\n", words(step, "cycles"), words(step, "stage"),
                        words(step, "says"));
  }
  return text;
}

// Asks for what was traced until enough packets are over. With --json the answer is one array.
Outcome trace(const CommandLine& line, const Surroundings& around) {
  catch_interrupts();
  auto options = tap_options(line.options, around);
  if (!options) {
    return std::unexpected{options.error()};
  }
  if (!options->contains("packets")) {
    (*options)["packets"] = kPacketsByDefault;
  }
  const auto begun = ask(around, line.verb, *options);
  if (!begun) {
    return std::unexpected{begun.error()};
  }
  const json trace_number = field(*begun, "trace");
  around.complain("tracing");
  std::uint64_t lost = 0;
  bool first = true;
  for (bool over = false; !over;) {
    const bool stop = was_interrupted();
    const auto answer = ask(around, line.verb, {{"trace", trace_number}, {"stop", stop}});
    if (!answer) {
      return std::unexpected{answer.error()};
    }
    for (const json& packet : array(*answer, "packets")) {
      const std::string lead = line.json ? (first ? "[\n" : ",\n") : (first ? "" : "\n");
      const std::string text = line.json
                                   ? packet.dump(-1, ' ', false, json::error_handler_t::replace)
                                   : render_packet(packet);
      if (auto printed = print(around, lead + text); !printed) {
        return printed;
      }
      first = false;
    }
    lost = number(*answer, "lost");
    over = stop || field(*answer, "done") == true;
    if (!over) {
      around.pause();
    } else if (!stop) {
      static_cast<void>(ask(around, line.verb, {{"trace", trace_number}, {"stop", true}}));
    }
  }
  if (lost > 0) {
    around.complain(
        fmt::format("{} records were lost: the router was busier than the trace", lost));
  }
  return line.json ? print(around, first ? "[]\n" : "\n]\n") : Outcome{};
}

const Registration kTrace{{.group = "trace",
                           .name = "",
                           .usage = "[-n N] [port P] [FILTER]",
                           .summary = "what each stage did with the next N packets",
                           .options = filter_options,
                           .flags = {{.name = "-n",
                                      .value = "N",
                                      .summary = "end after N packets [10]; 0: at an interrupt",
                                      .key = "packets",
                                      .number = true}},
                           .examples = {"trace", "trace -n 3 port wan icmp and host 192.0.2.1"},
                           .carry_out = trace}};

}  // namespace
}  // namespace ringroad::roadctl
