// SPDX-License-Identifier: BSD-3-Clause
// Files of routes, tested with packets and roadctl's verbs.
#include <fmt/format.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "asking.hpp"
#include "fib/prefix_file.hpp"

using namespace ringroad;
using namespace ringroad::test;
using nlohmann::json;
using State = routing::RouteLoad::State;

namespace {

constexpr unsigned kRoutes = 20'000;  // several slices

// A temporary file of /24 prefixes from 20.0.0.0 on.
class PrefixList {
 public:
  explicit PrefixList(unsigned routes = kRoutes, std::string_view more = "") {
    std::string name = std::filesystem::temp_directory_path() / "ringroad-load-XXXXXX";
    ::close(::mkstemp(name.data()));
    path_ = name;
    std::ofstream stream{path_};
    for (unsigned i = 0; i < routes; ++i) {
      stream << prefix(i).to_string() << '\n';
    }
    stream << more;
  }
  ~PrefixList() { std::filesystem::remove(path_); }
  PrefixList(const PrefixList&) = delete;
  PrefixList& operator=(const PrefixList&) = delete;

  static Prefix4 prefix(unsigned number) { return {Ipv4{(20U << 24) + (number << 8)}, 24}; }
  [[nodiscard]] config::RouteFile file() const { return {.path = path_, .via = {kHostB}}; }

 private:
  std::string path_;
};

const Ipv6 kHostB6{0x2001'0db8'0002'0000, 2};

Testbed::Options with_ipv6() {
  Testbed::Options options;
  options.config.nd.dad_transmits = 0;
  options.config.ports[1].addresses6 = {{.address = {0x2001'0db8'0002'0000, 1}, .length = 64}};
  return options;
}

Prefix6 prefix6(unsigned number) {
  return {Ipv6{0x2400'0000'0000'0000 + (std::uint64_t{number} << 16U), 0}, 48};
}

// One on each line.
std::string prefixes6(unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i) {
    text += prefix6(i).to_string() + '\n';
  }
  return text;
}

// Runs rounds of the control thread until the load is finished. Returns the number of rounds that
// did a part of it.
int finish_load(Testbed& bed) {
  int rounds = 0;
  while (!bed.router->configuration().load()->finished()) {
    if (bed.router->run_once()) {
      ++rounds;
    } else {
      std::this_thread::sleep_for(100us);
    }
  }
  return rounds;
}

}  // namespace

TEST_CASE("a file of routes is added in slices, between which packets go on") {
  Testbed bed;
  bed.resolve_hosts();
  const PrefixList list;
  const std::size_t before = main_routes(bed);
  REQUIRE(bed.router->configuration().load_routes(list.file()));
  CHECK(main_routes(bed) == before);

  int slices = 0;
  std::size_t known = before;
  while (!bed.router->configuration().load()->finished()) {
    bed.router->run_once();
    slices += main_routes(bed) != known ? 1 : 0;
    CHECK(main_routes(bed) - known <= 4096);
    known = main_routes(bed);
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    for (const auto& worker : bed.router->workers()) {
      worker->poll_once();
    }
    CHECK(bed.discard(kPortB) == 1);
  }
  CHECK(slices == 5);
  CHECK(bed.router->configuration().load()->state() == State::kDone);
  CHECK(bed.router->configuration().load()->outcome().added == kRoutes);
  CHECK(main_routes(bed) == before + kRoutes);
  CHECK(reaches_b(bed, Ipv4{20, 0, 0, 1}));
  CHECK(reaches_b(bed, Ipv4{20, 78, 31, 1}));
  CHECK_FALSE(reaches_b(bed, Ipv4{20, 78, 32, 1}));
  CHECK(bed.router->configuration().running_config().route_files == std::vector{list.file()});
}

TEST_CASE("a load that meets a route that is there takes all of its own back") {
  Testbed bed;
  bed.resolve_hosts();
  const PrefixList list;
  const config::Route other{.to = PrefixList::prefix(15'000), .next_hops = {{kHostA, 1}}};
  REQUIRE(bed.router->configuration().add_route(other));
  const std::size_t before = main_routes(bed);
  const std::size_t prefixes = bed.router->world().trie().size();
  REQUIRE(bed.router->configuration().load_routes(list.file()));
  CHECK(finish_load(bed) > 5);
  CHECK(bed.router->configuration().load()->state() == State::kFailed);
  CHECK(bed.router->configuration().load()->outcome().error ==
        list.file().path +
            ": 20.58.152.0/24 metric 0 exists already in table main; delete it first");
  CHECK(main_routes(bed) == before);
  CHECK_FALSE(reaches_b(bed, Ipv4{20, 0, 0, 1}));
  CHECK(bed.router->configuration().running_config().route_files.empty());
  CHECK(bed.router->world().trie().size() == prefixes);

  // Another metric is another route.
  auto file = list.file();
  file.metric = 5;
  REQUIRE(bed.router->configuration().load_routes(file));
  finish_load(bed);
  CHECK(bed.router->configuration().load()->state() == State::kDone);
  CHECK_FALSE(reaches_b(bed, Ipv4{20, 58, 152, 1}));
  CHECK(reaches_b(bed, Ipv4{20, 58, 153, 1}));
}

TEST_CASE("a bad line fails a load, or is passed over where that is asked for") {
  Testbed bed;
  const PrefixList list{3, "hello\n224.0.1.0/24\n20.0.1.0/24\n2001:db8::/32\n"};
  REQUIRE(bed.router->configuration().load_routes(list.file()));
  finish_load(bed);
  CHECK(bed.router->configuration().load()->state() == State::kFailed);
  CHECK(bed.router->configuration().load()->outcome().error ==
        list.file().path + ":4: \"hello\" is not a prefix such as 192.0.2.0/24");
  CHECK(main_routes(bed) == 2);

  auto file = list.file();
  file.keep_going = true;
  REQUIRE(bed.router->configuration().load_routes(file));
  finish_load(bed);
  const auto& outcome = bed.router->configuration().load()->outcome();
  CHECK(bed.router->configuration().load()->state() == State::kDone);
  CHECK(outcome.added == 3);
  CHECK(outcome.skipped_ipv6 == 1);
  CHECK(outcome.bad_lines == 3);
  CHECK(outcome.complaints ==
        std::vector{file.path + ":4: \"hello\" is not a prefix such as 192.0.2.0/24",
                    file.path + ": 224.0.1.0/24 is not a unicast prefix",
                    file.path + ": 20.0.1.0/24 is there twice"});
  CHECK(main_routes(bed) == 5);
}

TEST_CASE("a file of both families gives each prefix a gateway of its family") {
  Testbed bed{with_ipv6()};
  const std::size_t before = main_routes(bed);
  const PrefixList list{kRoutes, prefixes6(kRoutes)};
  auto file = list.file();
  file.via6 = {kHostB6};
  REQUIRE(bed.router->configuration().load_routes(file));
  finish_load(bed);
  CHECK(bed.router->configuration().load()->outcome().added == 2 * kRoutes);
  CHECK(main_routes(bed) == before + 2 * kRoutes);
  const auto& routing = bed.router->routing6();
  const auto last = routing.rib().lookup(prefix6(kRoutes - 1).address());
  REQUIRE(last);
  CHECK(last->prefix == prefix6(kRoutes - 1));
  CHECK(last->path.next_hops.front().via == kHostB6);
  CHECK(last->path.next_hops.front().port == InterfaceId{kPortB.value()});
  CHECK_FALSE(routing.rib().lookup(prefix6(kRoutes).address()));
  const auto running = bed.router->configuration().running_config();
  CHECK(running.route_files == std::vector{file});
  CHECK(running.routes6.empty());

  // A route of the file that a verb changed is no longer what the file says.
  CHECK(ask(bed, {"route", "replace"}, {{"prefix", prefix6(7).to_string()}, {"type", "blackhole"}})
            .contains("ok"));
  CHECK(bed.router->configuration().running_config().route_files.empty());
  CHECK(bed.router->configuration().running_config().routes6.size() == kRoutes);
  CHECK(bed.router->configuration().running_config().routes.size() == kRoutes);
}

TEST_CASE("a load that one family refuses takes back the routes of both") {
  Testbed bed{with_ipv6()};
  const config::Route6 other{.to = prefix6(15'000), .next_hops = {{.via = kHostB6}}};
  REQUIRE(bed.router->configuration().add_route(other));
  const std::size_t before = main_routes(bed);
  const std::size_t prefixes6_before = bed.router->world().trie<Ipv6>().size();
  const PrefixList list{kRoutes, prefixes6(kRoutes)};
  auto file = list.file();
  file.via6 = {kHostB6};
  REQUIRE(bed.router->configuration().load_routes(file));
  finish_load(bed);
  CHECK(bed.router->configuration().load()->state() == State::kFailed);
  CHECK(bed.router->configuration().load()->outcome().error ==
        file.path + ": " + prefix6(15'000).to_string() +
            " metric 0 exists already in table main; delete it first");
  CHECK(main_routes(bed) == before);
  CHECK(bed.router->world().trie<Ipv6>().size() == prefixes6_before);
  CHECK_FALSE(bed.router->routing().rib().lookup(PrefixList::prefix(0).address()));
}

TEST_CASE("roadctl loads a file by gateways of either family or both") {
  Testbed bed{with_ipv6()};
  const PrefixList list{2, prefixes6(3) + "ff00::/8\n2001:db8:2::/129\n"};
  const auto load = [&](const json& via, unsigned metric) {
    const json started =
        ask(bed, {"route", "load"},
            {{"file", list.file().path}, {"via", via}, {"metric", metric}, {"keep_going", true}});
    if (!started.contains("ok")) {
      return started.at("error");
    }
    finish_load(bed);
    return ask(bed, {"show", "load"}, json::object()).at("ok");
  };
  json done = load("2001:db8:2::2", 1);
  CHECK(done.at("added") == 3);
  CHECK(done.at("skipped_ipv4") == 2);
  CHECK(done.at("skipped_ipv6") == 0);
  CHECK(done.at("bad_lines") == 2);
  CHECK(done.at("complaints") ==
        json{list.file().path + ":7: \"2001:db8:2::/129\" is not a prefix such as 192.0.2.0/24",
             list.file().path + ": ff00::/8 is not a unicast prefix"});
  done = load(json{"192.168.2.2", "2001:db8:2::2"}, 2);
  CHECK(done.at("added") == 5);
  CHECK(done.at("skipped_ipv4") == 0);
  done = load("192.168.2.2", 3);
  CHECK(done.at("added") == 2);
  CHECK(done.at("skipped_ipv6") == 4);
  CHECK(ask(bed, {"show", "routes"}, {{"prefix", prefix6(0).to_string()}}).at("ok").size() == 2);
  CHECK(load(json{"2001:db8:2::2", "2001:db8:2::2"}, 4) ==
        "the gateway 2001:db8:2::2 is there twice");
  CHECK(load(json{"2001:db8:2::2", 4}, 4) == "'via' holds something that is no address");
  CHECK(load(json::array(), 4) == "'via' is not a list of 1 to 256");
  CHECK(load("fe80::2", 4) ==
        list.file().path + ": the gateway fe80::2 is on every link; say on which port");
}

// Takes a few seconds; run by hand: build/release/test/dataplane/dataplane 'the Internet*' -d yes.
TEST_CASE("the Internet's routes of IPv6 are added as fast as those of IPv4", "[.long]") {
  const auto all = fib::read_prefix_file(INTERNET_PREFIXES);
  REQUIRE(all);
  Testbed bed{with_ipv6()};
  using Clock = std::chrono::steady_clock;
  const auto load = [&](const auto& prefixes, const char* family) {
    std::string text;
    for (const auto prefix : prefixes) {
      text += prefix.to_string() + '\n';
    }
    const PrefixList list{0, text};
    auto file = list.file();
    file.via6 = {kHostB6};
    file.metric = 5;
    const Clock::time_point start = Clock::now();
    REQUIRE(bed.router->configuration().load_routes(file));
    const routing::RouteLoad& state = *bed.router->configuration().load();
    Clock::duration adding{};
    while (!state.finished()) {
      const Clock::time_point round = Clock::now();
      const bool adds = state.state() == State::kAdding;
      if (!bed.router->run_once()) {
        std::this_thread::sleep_for(100us);
      }
      adding += adds ? Clock::now() - round : Clock::duration{};
    }
    const auto each = [&](Clock::duration time) {
      return std::chrono::duration<double, std::nano>{time}.count() /
             static_cast<double>(prefixes.size());
    };
    REQUIRE(state.outcome().error.empty());
    WARN(fmt::format("{}: {} routes, {:.0f} ns each to read and add, {:.0f} to add", family,
                     state.outcome().added, each(Clock::now() - start), each(adding)));
    return each(adding);
  };
  const double ipv4 = load(all->prefixes, "IPv4");
  const double ipv6 = load(all->prefixes6, "IPv6");
  CHECK(ipv6 < 1.5 * ipv4);
  const auto lookup_bytes = bed.router->world().trie<Ipv4>().memory().count +
                            bed.router->world().trie<Ipv6>().memory().count;
  WARN(fmt::format("both tables: {:.2f} MB", static_cast<double>(lookup_bytes) / 1e6));
  CHECK(lookup_bytes < 9'000'000);
}

TEST_CASE("what no file can help is refused at once, and one file is loaded at a time") {
  Testbed bed;
  const PrefixList list;
  auto nowhere = list.file();
  nowhere.via = {Ipv4{172, 16, 0, 1}};
  CHECK(bed.router->configuration().load_routes(nowhere).error().what ==
        list.file().path +
            ": the gateway 172.16.0.1 is on no port's subnet, and no route but the default leads "
            "to it");
  auto local = list.file();
  local.table = 255;
  CHECK_FALSE(bed.router->configuration().load_routes(local));
  CHECK(bed.router->configuration().load() == nullptr);

  REQUIRE(bed.router->configuration().load_routes(list.file()));
  CHECK(bed.router->configuration().load_routes(list.file()).error().what ==
        list.file().path + " is being loaded; wait for its end");
  // The testbed is destroyed while the file is being loaded.
}

TEST_CASE("roadctl's verbs start a load, follow it and page through the routes") {
  Testbed bed;
  const PrefixList list;
  CHECK(ask(bed, {"show", "load"}, json::object()) ==
        json{{"ok", {{"load", 0}, {"state", "none"}}}});
  const json started = ask(bed, {"route", "load"},
                           {{"file", list.file().path}, {"via", "192.168.2.2"}, {"metric", 3}});
  REQUIRE(started == json{{"ok", {{"load", 1}}}});
  const json state = ask(bed, {"show", "load"}, {{"load", 1}}).at("ok").at("state");
  CHECK((state == "reading" || state == "adding"));
  finish_load(bed);
  const json done = ask(bed, {"show", "load"}, {{"load", 1}}).at("ok");
  CHECK(done.at("state") == "done");
  CHECK(done.at("added") == kRoutes);
  CHECK(done.at("error").is_null());
  CHECK(ask(bed, {"show", "load"}, {{"load", 2}}).contains("error"));

  CHECK(ask(bed, {"show", "routes"}, json::object())
            .at("error")
            .get<std::string>()
            .starts_with("there are more than 500 routes: ask for a prefix, or page by page"));
  json options{{"limit", 500}};
  std::size_t routes = 0;
  while (true) {
    const json page = ask(bed, {"show", "routes"}, options).at("ok");
    routes += page.size();
    if (page.size() < 500) {
      break;
    }
    options["after"] = page.back();
  }
  CHECK(routes == kRoutes + 2);
  CHECK(ask(bed, {"show", "routes"}, {{"limit", 501}}).contains("error"));
  CHECK(ask(bed, {"show", "routes"}, {{"limit", 1}, {"after", 3}}).contains("error"));
}
