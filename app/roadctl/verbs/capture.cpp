// SPDX-License-Identifier: BSD-3-Clause
#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include <string>

#include "roadctl/capture_file.hpp"
#include "roadctl/fields.hpp"
#include "roadctl/interrupt.hpp"
#include "roadctl/tap_words.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

Options capture_options(Words words) {
  if (words.size() < 2) {
    return fail(words.empty() ? "a port is missing, or 'any'" : "a FILE is missing, or '-'");
  }
  Options options = filter_options(words.subspan(2));
  (*options)["port"] = words[0];
  (*options)["file"] = words[1];
  return options;
}

struct Counts {
  std::string packets;
  std::string lost;
};

std::string summary(const Counts& counts) {
  return fmt::format("{} packets captured, {} lost", counts.packets, counts.lost);
}

// Writes what the router has until it has all that was asked for, or an interrupt. A file that
// cannot be written ends the capture.
Outcome copy(const CommandLine& line, const Surroundings& around, const json& number,
             CaptureFile& file, Counts& counts) {
  bool stop = false;
  while (true) {
    stop = stop || was_interrupted();
    const auto answer = ask(around, line.verb, {{"capture", number}, {"stop", stop}});
    if (!answer) {
      return std::unexpected{answer.error()};
    }
    counts = {.packets = words(*answer, "packets"), .lost = words(*answer, "lost")};
    std::string blocks;
    const json& text = field(*answer, "blocks");
    if (!text.is_string() || !absl::Base64Unescape(text.get<std::string>(), &blocks)) {
      return refused("the router's answer has no packets");
    }
    if (const Status status = file.write(blocks); !status) {
      static_cast<void>(ask(around, line.verb, {{"capture", number}, {"stop", true}}));
      if (file.reader_left()) {
        return {};
      }
      return refused(fmt::format("{}; {}", status.error().what, summary(counts)));
    }
    if (field(*answer, "over") == true) {
      break;
    }
    stop = stop || field(*answer, "done") == true;
    if (!stop && blocks.empty()) {
      around.pause();
    }
  }
  const Status closed = file.close();
  return closed ? Outcome{} : refused(fmt::format("{}; {}", closed.error().what, summary(counts)));
}

Outcome capture(const CommandLine& line, const Surroundings& around) {
  catch_interrupts();
  json asked = line.options;
  const std::string path = asked.at("file").get<std::string>();
  const std::string port = asked.at("port").get<std::string>();
  asked.erase("file");
  const std::uint64_t limit = asked.value("rotate", std::uint64_t{0}) * 1'000'000;
  asked.erase("rotate");
  if (port == "any") {
    asked.erase("port");
  }
  const auto options = tap_options(std::move(asked), around);
  if (!options) {
    return std::unexpected{options.error()};
  }
  const auto begun = ask(around, line.verb, *options);
  if (!begun) {
    return std::unexpected{begun.error()};
  }
  const json number = field(*begun, "capture");
  std::string header;
  if (!absl::Base64Unescape(words(*begun, "header"), &header)) {
    return refused("the router's answer has no beginning of a capture");
  }
  auto file = CaptureFile::open(path, header, limit);
  if (!file) {
    static_cast<void>(ask(around, line.verb, {{"capture", number}, {"stop", true}}));
    return refused(file.error().what);
  }
  around.complain(fmt::format("capturing at {}", port));
  Counts counts;
  Outcome outcome = copy(line, around, number, *file, counts);
  if (outcome) {
    around.complain(summary(counts));
  }
  return outcome;
}

const Registration kCapture{
    {.group = "capture",
     .name = "",
     .usage = "P|any FILE|- [-n N] [-s BYTES] [--drops] [FILTER]",
     .summary = "packets as pcapng: in, out, and why they were dropped",
     .options = capture_options,
     .flags = {{.name = "-n",
                .value = "N",
                .summary = "end after N packets; otherwise at an interrupt",
                .key = "packets",
                .number = true},
               {.name = "-s",
                .value = "BYTES",
                .summary = "of each packet; otherwise all",
                .key = "snap_bytes",
                .number = true},
               {.name = "--rotate",
                .value = "MB",
                .summary = "begin another file (FILE.1, FILE.2, ...) after so many megabytes",
                .key = "rotate",
                .number = true},
               {.name = "--drops", .summary = "only what is dropped, and why", .key = "drops"},
               {.name = "--promiscuous",
                .summary = "also frames for other stations, as long as the capture runs",
                .key = "promiscuous"}},
     .examples = {"capture wan wan.pcapng -n 1000 tcp port 179", "capture any - --drops"},
     .carry_out = capture}};

}  // namespace
}  // namespace ringroad::roadctl
