#include "control/verbs.hpp"

#include <fmt/format.h>

#include <array>
#include <string>

#include "config/load.hpp"
#include "control/report.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

// The options of a request, each checked as it is asked for; the first that is wrong is kept.
class Options {
 public:
  explicit Options(const json& options) : options_{options} {}

  [[nodiscard]] bool has(const char* key) const {
    return options_.contains(key) && !options_[key].is_null();
  }
  [[nodiscard]] std::string text(const char* key) {
    if (!has(key) || !options_[key].is_string()) {
      complain(fmt::format("'{}' is missing", key));
      return {};
    }
    return options_[key].get<std::string>();
  }
  template <class T>
  [[nodiscard]] T parsed(const char* key, std::optional<T> (*parse)(std::string_view),
                         std::string_view what) {
    return parsed_text(text(key), parse, what);
  }
  template <class T>
  [[nodiscard]] T parsed_text(const std::string& value, std::optional<T> (*parse)(std::string_view),
                              std::string_view what) {
    const auto result = parse(value);
    if (!result) {
      complain(fmt::format("'{}' is not {}", value, what));
    }
    return result.value_or(T{});
  }
  [[nodiscard]] std::uint32_t number(const char* key, std::uint32_t most) {
    if (!has(key)) {
      complain(fmt::format("'{}' is missing", key));
      return 0;
    }
    const json& value = options_[key];
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) {
      complain(fmt::format("'{}' is not a number of 0 to {}", key, most));
      return 0;
    }
    return value.get<std::uint32_t>();
  }
  [[nodiscard]] const json& at(const char* key) const { return options_[key]; }

  void complain(std::string what) {
    if (!error_) {
      error_ = Error{std::move(what)};
    }
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const json& options_;
  std::optional<Error> error_;
};

constexpr std::string_view kAddress = "an IPv4 address";
constexpr std::string_view kPrefix = "an IPv4 prefix (a.b.c.d/length, its host bits zero)";

std::optional<config::RouteType> parse_type(std::string_view text) {
  constexpr std::array kTypes{
      std::pair{std::string_view{"unicast"}, config::RouteType::kUnicast},
      std::pair{std::string_view{"blackhole"}, config::RouteType::kBlackhole},
      std::pair{std::string_view{"unreachable"}, config::RouteType::kUnreachable},
      std::pair{std::string_view{"prohibit"}, config::RouteType::kProhibit}};
  for (const auto& [name, type] : kTypes) {
    if (name == text) {
      return type;
    }
  }
  return std::nullopt;
}

Result<json> answer(Options& options, const Status& status) {
  if (const auto& error = options.error()) {
    return std::unexpected{*error};
  }
  if (!status) {
    return std::unexpected{status.error()};
  }
  return json::object();
}

std::optional<fib::Table> read_table(const Router& router, Options& options) {
  if (!options.has("table")) {
    return std::nullopt;
  }
  const std::string text = options.text("table");
  const auto table = router.table_names().parse(text);
  if (!table) {
    options.complain(
        fmt::format("there is no table '{}': it is main, default, local, a name under tables in "
                    "the configuration, or a number of 1 to 255",
                    text));
  }
  return table;
}

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
  if (const auto& error = one.error()) {
    options.complain(error->what);
  }
}

Result<json> show_routes(Router& router, Options& options) {
  RouteFilter filter{.prefix = {}, .table = {}, .after = {}, .most = kRowsAPage + 1};
  if (options.has("prefix")) {
    filter.prefix = options.parsed<Prefix4>("prefix", Prefix4::parse, kPrefix);
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
    return std::unexpected{*error};
  }
  json routes = report_routes(router, filter);
  if (routes.size() > kRowsAPage) {
    return fail(
        fmt::format("there are more than {} routes: ask for a prefix, or page by page with "
                    "a 'limit' of at most {} and 'after', the last route of the page before",
                    kRowsAPage, kRowsAPage));
  }
  return routes;
}

const PortView* port_of(Router& router, Options& options) {
  const std::string name = options.text("port");
  const PortView* const port = router.world().find_port(name);
  if (port == nullptr) {
    options.complain(fmt::format("there is no port '{}'", name));
  }
  return port;
}

// Whole, or page by page as routes.
Result<json> show_neighbors(Router& router, Options& options) {
  std::size_t most = router.neighbors().table().size();
  std::optional<neigh::Key> after;
  if (options.has("limit")) {
    most = options.number("limit", kRowsAPage);
  }
  if (options.has("after") && !options.at("after").is_object()) {
    options.complain("'after' is not a neighbor");
  } else if (options.has("after")) {
    Options row{options.at("after")};
    after = neigh::Key{.port = {}, .address = row.parsed<Ipv4>("address", Ipv4::parse, kAddress)};
    if (const PortView* const port = port_of(router, row); port != nullptr) {
      after->port = port->id;
    }
    if (const auto& error = row.error()) {
      options.complain(error->what);
    }
  }
  if (const auto& error = options.error()) {
    return std::unexpected{*error};
  }
  return json(report_neighbors(router, after, most));
}

Result<json> show_load(Router& router, Options& options) {
  if (options.has("load") && options.number("load", 0xffffffffU) != router.load_number()) {
    options.complain("another file was loaded since; see the router's log for the first");
  }
  if (const auto& error = options.error()) {
    return std::unexpected{*error};
  }
  return json(report_load(router));
}

void read_next_hops(Options& options, config::Route& route) {
  if (options.has("via")) {
    route.next_hops.push_back({options.parsed<Ipv4>("via", Ipv4::parse, kAddress), 1});
  }
  if (!options.has("nexthops")) {
    return;
  }
  const json& hops = options.at("nexthops");
  if (!hops.is_array() || hops.size() > fib::kGroupMembersMax) {
    options.complain(fmt::format("'nexthops' is not a list of at most {}", fib::kGroupMembersMax));
    return;
  }
  for (const json& hop : hops) {
    if (!hop.is_object()) {
      options.complain("'nexthops' holds something that is no next hop");
      return;
    }
    Options one{hop};
    config::NextHop next_hop{one.parsed<Ipv4>("via", Ipv4::parse, kAddress), 1};
    if (one.has("weight")) {
      next_hop.weight = static_cast<std::uint16_t>(one.number("weight", 256));
    }
    if (next_hop.weight == 0) {
      one.complain("a weight is 1 to 256");
    }
    if (const auto& error = one.error()) {
      options.complain(error->what);
    }
    route.next_hops.push_back(next_hop);
  }
}

Result<json> route_add(Router& router, Options& options) {
  config::Route route;
  route.to = options.parsed<Prefix4>("prefix", Prefix4::parse, kPrefix);
  if (options.has("type")) {
    route.type = options.parsed<config::RouteType>("type", parse_type, "a type of route");
  }
  if (options.has("metric")) {
    route.metric = options.number("metric", 0xffffffffU);
  }
  route.table = static_cast<std::uint8_t>(read_table(router, options).value_or(fib::Table::kMain));
  if (options.has("source")) {
    route.source = options.parsed<Ipv4>("source", Ipv4::parse, kAddress);
  }
  read_next_hops(options, route);
  if (route.type != config::RouteType::kUnicast && !route.next_hops.empty()) {
    options.complain("a route of that type has no gateway");
  }
  return options.error() ? answer(options, {}) : answer(options, router.add_route(route));
}

Result<json> route_del(Router& router, Options& options) {
  fib::RouteSelector4 selector{.prefix = options.parsed<Prefix4>("prefix", Prefix4::parse, kPrefix),
                               .table = read_table(router, options),
                               .metric = std::nullopt,
                               .via = std::nullopt,
                               .protocol = std::nullopt};
  if (options.has("metric")) {
    selector.metric = options.number("metric", 0xffffffffU);
  }
  if (options.has("via")) {
    selector.via = options.parsed<Ipv4>("via", Ipv4::parse, kAddress);
  }
  return options.error() ? answer(options, {}) : answer(options, router.erase_route(selector));
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

// Reading and adding go on when this has answered: `show load` tells how far they are.
Result<json> route_load(Router& router, Options& options) {
  config::RouteFile file{.path = options.text("file"),
                         .via = {options.parsed<Ipv4>("via", Ipv4::parse, kAddress)},
                         .metric = 0};
  if (options.has("metric")) {
    file.metric = options.number("metric", 0xffffffffU);
  }
  file.table = static_cast<std::uint8_t>(read_table(router, options).value_or(fib::Table::kMain));
  if (options.has("keep_going")) {
    file.keep_going = options.at("keep_going") == true;
  }
  if (const auto& error = options.error()) {
    return std::unexpected{*error};
  }
  if (const Status status = router.load_routes(file); !status) {
    return std::unexpected{status.error()};
  }
  return json{{"load", router.load_number()}};
}

Result<json> neighbor_add(Router& router, Options& options) {
  const config::StaticNeighbor neighbor{
      .address = options.parsed<Ipv4>("address", Ipv4::parse, kAddress),
      .port = options.text("port"),
      .mac = options.parsed<Mac>("mac", Mac::parse, "a MAC address")};
  return options.error() ? answer(options, {}) : answer(options, router.add_neighbor(neighbor));
}

Result<json> neighbor_del(Router& router, Options& options) {
  const Ipv4 address = options.parsed<Ipv4>("address", Ipv4::parse, kAddress);
  const PortView* const port = port_of(router, options);
  return options.error() ? answer(options, {})
                         : answer(options, router.erase_neighbor({port->id, address}));
}

Result<json> neighbor_flush(Router& router, Options& options) {
  std::optional<PortId> only;
  if (options.has("port")) {
    if (const PortView* const port = port_of(router, options); port != nullptr) {
      only = port->id;
    }
  }
  if (const auto& error = options.error()) {
    return std::unexpected{*error};
  }
  return json{{"removed", router.neighbors().flush(only)}};
}

// All of it or, from the first that is refused on, none: what was set before stays.
Result<json> link_set(Router& router, Options& options) {
  const PortView* const port = port_of(router, options);
  std::optional<std::uint16_t> mtu;
  std::optional<Mac> mac;
  if (options.has("mtu")) {
    mtu = static_cast<std::uint16_t>(options.number("mtu", 0xffff));
  }
  if (options.has("mac")) {
    mac = options.parsed<Mac>("mac", Mac::parse, "a MAC address");
  }
  if (options.has("up") && !options.at("up").is_boolean()) {
    options.complain("'up' is true or false");
  }
  Status status;
  if (!options.error() && mtu) {
    status = router.set_mtu(port->id, *mtu);
  }
  if (!options.error() && status && mac) {
    status = router.set_mac(port->id, *mac);
  }
  if (!options.error() && status && options.has("up")) {
    status = router.set_link(port->id, options.at("up").get<bool>());
  }
  return answer(options, status);
}

template <Status (Router::*kChange)(PortId, InterfaceAddress)>
Result<json> change_address(Router& router, Options& options) {
  const auto address = options.parsed<InterfaceAddress>(
      "address", InterfaceAddress::parse, "an IPv4 address with its subnet's length (a.b.c.d/24)");
  const PortView* const port = port_of(router, options);
  return options.error() ? answer(options, {})
                         : answer(options, (router.*kChange)(port->id, address));
}

// The device that the option names, or that what it names sends by; none: all.
std::optional<PortId> device_of(Router& router, Options& options) {
  if (!options.has("port")) {
    return std::nullopt;
  }
  const PortView* const port = port_of(router, options);
  return port != nullptr ? std::optional{port->egress} : std::nullopt;
}

Result<json> show_bands(Router& router, Options& options) {
  const std::optional<PortId> port = device_of(router, options);
  if (options.error()) {
    return answer(options, {});
  }
  return json(report_bands(router, port));
}

Result<json> bands_delays(Router& router, Options& options) {
  const std::optional<PortId> port = device_of(router, options);
  if (!options.has("on") || !options.at("on").is_boolean()) {
    options.complain("'on' is true or false");
  }
  if (!options.error()) {
    router.measure_delays(port, options.at("on").get<bool>());
  }
  return answer(options, {});
}

Result<json> show_config(Router& router, Options& /*options*/) {
  return json{{"yaml", config::to_yaml(router.running_config())}};
}

template <Json (*kReport)(const Router&)>
Result<json> show(Router& router, Options& /*options*/) {
  return json(kReport(router));
}

struct Verb {
  std::string_view words;
  Result<json> (*carry_out)(Router& router, Options& options);
};
constexpr std::array kVerbs{
    Verb{"show ports", show<report_ports>},
    Verb{"show workers", show<report_workers>},
    Verb{"show routes", show_routes},
    Verb{"show neighbors", show_neighbors},
    Verb{"show bands", show_bands},
    Verb{"show drops", show<report_drops>},
    Verb{"show counters", show<report_counters>},
    Verb{"show memory", show<report_memory>},
    Verb{"show config", show_config},
    Verb{"show load", show_load},
    Verb{"route add", route_add},
    Verb{"route del", route_del},
    Verb{"route get", route_get},
    Verb{"route load", route_load},
    Verb{"neighbor add", neighbor_add},
    Verb{"neighbor del", neighbor_del},
    Verb{"neighbor flush", neighbor_flush},
    Verb{"bands delays", bands_delays},
    Verb{"link set", link_set},
    Verb{"address add", change_address<&Router::add_address>},
    Verb{"address del", change_address<&Router::erase_address>},
};

}  // namespace

Result<json> carry_out(Router& router, const json& request) {
  std::string words;
  for (const json& word : request.at("verb")) {
    words += fmt::format("{}{}", words.empty() ? "" : " ", word.get<std::string>());
  }
  Options options{request.at("options")};
  for (const Verb& verb : kVerbs) {
    if (verb.words == words) {
      return verb.carry_out(router, options);
    }
  }
  return fail(fmt::format("this router knows no verb '{}'", words));
}

}  // namespace ringroad::control
