// SPDX-License-Identifier: BSD-3-Clause
#include "control/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

#include "config/load.hpp"
#include "control/long_answers.hpp"
#include "control/options.hpp"
#include "control/report.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

// An answer takes the control thread some 4 us a row.
constexpr std::uint32_t kRowsAPage = 500;

void read_after(const Router& router, Options& options, RouteFilter& filter) {
  const json& after = options.at("after");
  if (!after.is_object()) {
    options.complain("'after' is not a route");
    return;
  }
  Options one{after};
  filter.after = {.table = read_table(router, one).value_or(fib::Table::kMain),
                  .position = {.prefix = one.parsed<Prefix4>("prefix", Prefix4::parse, kPrefix),
                               .metric = one.number("metric", 0xffffffffU)}};
  if (one.has("rank")) {
    filter.after->position.rank = static_cast<fib::Rank>(one.number("rank", 0xffffU));
  }
  if (const auto& error = one.error()) {
    options.complain(error->what);
  }
}

Reply show_routes(Router& router, Options& options) {
  RouteFilter filter{.prefix = {}, .table = {}, .after = {}, .most = kRowsAPage};
  if (options.has("prefix")) {
    filter.prefix = options.parsed<Prefix4>("prefix", Prefix4::parse, kPrefix);
    // An address without a length: what covers it.
    if (const std::string text = options.text("prefix"); Ipv4::parse(text)) {
      filter.match = Ipv4::parse(text);
    }
  }
  // As `ip route`: the main table, unless a prefix or a table is asked for.
  if (options.has("table") && options.at("table") != "all") {
    filter.table = read_table(router, options);
  } else if (!options.has("table") && !options.has("prefix")) {
    filter.table = fib::Table::kMain;
  }
  if (options.has("after")) {
    read_after(router, options, filter);
  }
  if (options.has("limit")) {
    filter.most = options.number("limit", kRowsAPage);
  }
  if (const auto& error = options.error()) {
    return Result<json>{std::unexpected{*error}};
  }
  if (!options.has("limit") && has_more_routes(router, filter, kRowsAPage)) {
    return fail(
        fmt::format("there are more than {} routes: ask for a prefix, or page by page with "
                    "a 'limit' of at most {} and 'after', the last route of the page before",
                    kRowsAPage, kRowsAPage));
  }
  if (filter.match || filter.prefix) {
    return Result<json>{report_routes(router, filter)};
  }
  return list_routes(router, filter);
}

// Whole, or page by page as routes.
Reply show_neighbors(Router& router, Options& options) {
  std::optional<std::size_t> most;
  std::optional<neigh::Key4> after;
  if (options.has("limit")) {
    most = options.number("limit", kRowsAPage);
  }
  if (options.has("after") && !options.at("after").is_object()) {
    options.complain("'after' is not a neighbor");
  } else if (options.has("after")) {
    Options row{options.at("after")};
    after = neigh::Key4{.port = {}, .address = row.parsed<Ipv4>("address", Ipv4::parse, kAddress)};
    if (const interface::InterfaceView* const port = port_of(router, row); port != nullptr) {
      after->port = port->id;
    }
    if (const auto& error = row.error()) {
      options.complain(error->what);
    }
  }
  if (const auto& error = options.error()) {
    return Result<json>{std::unexpected{*error}};
  }
  if (!most) {
    return list_neighbors(router, after);
  }
  return Result<json>{json(report_neighbors(router, after, *most))};
}

Result<json> show_load(Router& router, Options& options) {
  if (options.has("load") &&
      options.number("load", 0xffffffffU) != router.configuration().load_number()) {
    options.complain("another file was loaded since; see the router's log for the first");
  }
  if (const auto& error = options.error()) {
    return std::unexpected{*error};
  }
  return json(report_load(router));
}

std::optional<std::uint8_t> parse_protocol(std::string_view text) {
  constexpr std::array kNames{std::pair{std::string_view{"icmp"}, std::uint8_t{1}},
                              std::pair{std::string_view{"tcp"}, std::uint8_t{6}},
                              std::pair{std::string_view{"udp"}, std::uint8_t{17}}};
  for (const auto& [name, number] : kNames) {
    if (name == text) {
      return number;
    }
  }
  return std::nullopt;
}

Result<json> route_get(Router& router, Options& options) {
  const std::string text = options.text("address");
  if (const auto slash = text.find('/'); slash != std::string::npos) {
    options.complain(
        fmt::format("'{}': a destination has no mask, only routes do; ask for {}, and the longest "
                    "prefix that covers it answers",
                    text, text.substr(0, slash)));
  }
  FlowQuestion question{.destination = options.parsed_text<Ipv4>(text, Ipv4::parse, kAddress),
                        .source = {}};
  if (options.has("from")) {
    question.source = options.parsed<Ipv4>("from", Ipv4::parse, kAddress);
  }
  if (options.has("proto")) {
    question.protocol = options.parsed<std::uint8_t>("proto", parse_protocol, "tcp, udp or icmp");
  }
  for (const auto& [key, port] :
       {std::pair{"sport", &question.source_port}, {"dport", &question.destination_port}}) {
    if (options.has(key)) {
      *port = static_cast<std::uint16_t>(options.number(key, 0xffff));
    }
  }
  const bool has_ports = question.protocol == 6 || question.protocol == 17;
  if ((options.has("sport") || options.has("dport")) && !has_ports) {
    options.complain("ports are those of 'proto udp' or 'proto tcp'");
  }
  if (const auto& error = options.error()) {
    return std::unexpected{*error};
  }
  return json(report_route_to(router, question));
}

// The device that the option names, or that what it names sends by; none: all.
std::optional<PortId> device_of(Router& router, Options& options) {
  if (!options.has("port")) {
    return std::nullopt;
  }
  const interface::InterfaceView* const port = port_of(router, options);
  return port != nullptr ? std::optional{port->egress} : std::nullopt;
}

Result<json> show_bands(Router& router, Options& options) {
  const std::optional<PortId> port = device_of(router, options);
  if (options.error()) {
    return answer(options, {});
  }
  return json(report_bands(router, port));
}

Result<json> show_drops(Router& router, Options& options) {
  const interface::InterfaceView* const port =
      options.has("port") ? port_of(router, options) : nullptr;
  if (options.error()) {
    return answer(options, {});
  }
  return json(report_drops(router, port != nullptr ? std::optional{port->id} : std::nullopt));
}

Result<json> bands_delays(Router& router, Options& options) {
  options.only({"port", "on"});
  const std::optional<PortId> port = device_of(router, options);
  if (!options.has("on") || !options.at("on").is_boolean()) {
    options.complain("'on' is true or false");
  }
  if (!options.error()) {
    router.measure_delays(port, options.at("on").get<bool>());
  }
  return answer(options, {});
}

Reply neighbor_flush(Router& router, Options& options) {
  options.only({"port"});
  std::optional<InterfaceId> only;
  if (options.has("port")) {
    if (const interface::InterfaceView* const port = port_of(router, options); port != nullptr) {
      only = port->id;
    }
  }
  if (const auto& error = options.error()) {
    return Result<json>{std::unexpected{*error}};
  }
  return await_flush(router.neighbors().flush(only));
}

Reply show_config(Router& router, Options& /*options*/) {
  if (!router.configuration().config_is_short()) {
    return write_config(router);
  }
  return Result<json>{json{{"yaml", config::to_yaml(router.configuration().running_config())}}};
}

template <Json (*kReport)(const Router&)>
Result<json> show(Router& router, Options& /*options*/) {
  return json(kReport(router));
}

struct Verb {
  std::string_view words;
  CarryOut carry_out;
};
constexpr std::array kVerbs{
    Verb{"show ports", show<report_ports>},
    Verb{"show workers", show<report_workers>},
    Verb{"show bands", show_bands},
    Verb{"show drops", show_drops},
    Verb{"show counters", show<report_counters>},
    Verb{"show memory", show<report_memory>},
    Verb{"show load", show_load},
    Verb{"route get", route_get},
    Verb{"bands delays", bands_delays},
};

// Those whose answer may take more than one turn.
struct LongVerb {
  std::string_view words;
  Reply (*begin)(Router& router, Options& options);
};
constexpr std::array kLongVerbs{
    LongVerb{"show routes", show_routes},
    LongVerb{"show neighbors", show_neighbors},
    LongVerb{"show config", show_config},
    LongVerb{"neighbor flush", neighbor_flush},
};

}  // namespace

Reply begin(Router& router, const json& request) {
  std::string words;
  for (const json& word : request.at("verb")) {
    words += fmt::format("{}{}", words.empty() ? "" : " ", word.get<std::string>());
  }
  Options options{request.at("options")};
  for (const LongVerb& verb : kLongVerbs) {
    if (verb.words == words) {
      return verb.begin(router, options);
    }
  }
  for (const Verb& verb : kVerbs) {
    if (verb.words == words) {
      return verb.carry_out(router, options);
    }
  }
  if (const CarryOut change = find_change(words); change != nullptr) {
    return change(router, options);
  }
  return fail(fmt::format("this router knows no verb '{}'", words));
}

Result<json> carry_out(Router& router, const json& request) {
  Reply reply = begin(router, request);
  if (auto* const outcome = std::get_if<Result<json>>(&reply)) {
    return std::move(*outcome);
  }
  std::string line;
  while (!std::get<std::unique_ptr<Later>>(reply)->advance(line)) {
    router.run_once();
  }
  json answer = json::parse(line);
  return answer.contains("ok") ? Result<json>{std::move(answer["ok"])}
                               : Result<json>{fail(answer.at("error").get<std::string>())};
}

}  // namespace ringroad::control
