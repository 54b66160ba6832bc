// SPDX-License-Identifier: BSD-3-Clause
// Asks what the router would do with a packet.
#include <fmt/format.h>

#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/pcap_frame.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

Options explain_options(Words words) {
  // "from" is a keyword of `route get` too; here it comes first and names a port.
  if (words.size() < 2 || words[0] != kFrom.word) {
    return fail("the port by which the packet comes is missing: explain from PORT SRC DST");
  }
  WordReader reader{words.subspan(2),
                    {kProto, kSport, kDport, kTos, kTtl, kLength, kMac, kDf, kTrafficClass,
                     kHopLimit, kFlowLabel}};
  Options options =
      reader.optional_subject("source").optional_subject("destination").pairs().result();
  if (options) {
    (*options)["from"] = words[1];
  }
  return options;
}

// As in tcpdump -XX, Wireshark or scapy: "0x", blanks, colons and dashes are no digits.
std::string digits_of(std::string text) {
  if (text.starts_with("0x")) {
    text.erase(0, 2);
  }
  std::erase_if(text,
                [](char one) { return one == ' ' || one == ':' || one == '-' || one == '\n'; });
  return text;
}

// Returns the options of the router's request.
std::expected<json, Failure> request_of(json options) {
  const bool has_file = options.contains("pcap");
  const bool has_frame = has_file || options.contains("frame");
  if (has_frame && options.size() > 2U + (options.contains("number") ? 1U : 0U)) {
    return usage_error("a frame has its addresses and fields; only 'from PORT' goes with it");
  }
  if (options.contains("number") && !has_file) {
    return usage_error("--number is that of a frame in the file of --pcap");
  }
  if (!has_frame) {
    for (const auto& [key, name] : {std::pair{"source", "SRC"}, {"destination", "DST"}}) {
      if (!options.contains(key)) {
        return usage_error(fmt::format("{} is missing: explain from PORT SRC DST", name));
      }
    }
    return options;
  }
  if (has_file) {
    const std::string path = options["pcap"];
    const std::uint64_t number = options.value("number", std::uint64_t{1});
    auto frame = frame_of_file(path, number);
    if (!frame) {
      return usage_error(frame.error().what);
    }
    return json{{"from", options["from"]}, {"frame", std::move(*frame)}};
  }
  return json{{"from", options["from"]}, {"frame", digits_of(options["frame"].get<std::string>())}};
}

std::string heading(const json& answer) {
  std::string text = words(answer, "verdict");
  if (const json& reason = field(answer, "reason"); reason.is_string()) {
    text += fmt::format(" ({})", words(reason));
  }
  if (const json& egress = field(answer, "egress"); egress.is_object()) {
    text += fmt::format(" by {} to {}, {} bytes", words(egress, "port"), words(egress, "via"),
                        words(egress, "bytes"));
    if (field(egress, "waits") == true) {
      const bool is_ipv6 = words(egress, "via").find(':') != std::string::npos;
      text += is_ipv6 ? ", once it answers neighbor solicitations" : ", once it answers ARP";
    }
  }
  return text + "\n";
}

std::string render_explain(const json& answer, const Display& /*display*/) {
  std::string text = heading(answer);
  for (const json& step : array(answer, "steps")) {
    text += fmt::format("  {:<8}  {}\n", words(step, "stage"), words(step, "says"));
  }
  return text;
}

Outcome explain(const CommandLine& line, const Surroundings& around) {
  const auto request = request_of(line.options);
  if (!request) {
    return std::unexpected{request.error()};
  }
  const auto answer = ask(around, line.verb, *request);
  return answer ? print_answer(line, *answer, around) : std::unexpected{answer.error()};
}

const Registration kExplain{
    {.group = "explain",
     .name = "",
     .usage = "from P SRC DST [proto icmp|udp|tcp] [sport N] [dport N] [tos|tclass T] "
              "[ttl|hoplimit N] [flowlabel N] [length N] [mac M] [df]\nfrom P --frame HEX\nfrom P "
              "--pcap FILE [--number N]",
     .summary = "what this router would do with a packet, step by step",
     .options = explain_options,
     .flags = {{.name = "--frame",
                .value = "HEX",
                .summary = "a whole frame, from its destination MAC address on",
                .key = "frame"},
               {.name = "--pcap",
                .value = "FILE",
                .summary = "a frame of a pcap or pcapng file; -: standard input",
                .key = "pcap"},
               {.name = "--number",
                .value = "N",
                .summary = "the number of that frame [1]",
                .key = "number",
                .number = true}},
     .examples = {"explain from lan 192.168.1.2 10.1.2.3",
                  "explain from lan 192.168.1.2 10.1.2.3 proto udp dport 53 ttl 1",
                  "explain from lan 2001:db8:1::2 2001:db8:2::2 hoplimit 1",
                  "explain from lan --pcap trouble.pcap --number 7"},
     .render = render_explain,
     .carry_out = explain}};

}  // namespace
}  // namespace ringroad::roadctl
