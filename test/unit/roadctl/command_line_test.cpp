// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/command_line.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

std::expected<CommandLine, EarlyExit> parse(const std::string& line) {
  std::istringstream stream{line};
  std::vector<std::string> arguments;
  for (std::string word; stream >> word;) {
    arguments.push_back(word);
  }
  return parse_command_line(arguments);
}

TEST_CASE("a command line becomes the request that the router understands") {
  const auto [line, verb, options] = GENERATE(table<const char*, const char*, const char*>(
      {{"show ports", R"(["show","ports"])", "{}"},
       {"show workers", R"(["show","workers"])", "{}"},
       {"show bands", R"(["show","bands"])", "{}"},
       {"show bands lan", R"(["show","bands"])", R"({"port":"lan"})"},
       {"show bands dev lan", R"(["show","bands"])", R"({"port":"lan"})"},
       {"show drops lan", R"(["show","drops"])", R"({"port":"lan"})"},
       {"bands delays on", R"(["bands","delays"])", R"({"on":true})"},
       {"bands delays reset lan", R"(["bands","delays"])", R"({"reset":true,"port":"lan"})"},
       {"show", R"(["show"])", "{}"},
       {"show log -n 5", R"(["show","log"])", R"({"n":5})"},
       {"log level warning", R"(["log","level"])", R"({"level":"warning"})"},
       {"top --once", R"(["top"])", R"({"once":true})"},
       {"bands delays off lan", R"(["bands","delays"])", R"({"on":false,"port":"lan"})"},
       {"show routes", R"(["show","routes"])", "{}"},
       {"show routes 10.0.0.0/8 --table 7", R"(["show","routes"])",
        R"({"prefix":"10.0.0.0/8","table":"7"})"},
       {"show routes --table=main", R"(["show","routes"])", R"({"table":"main"})"},
       {"show routes table main", R"(["show","routes"])", R"({"table":"main"})"},
       {"route add default via 1.2.3.4", R"(["route","add"])",
        R"({"type":"unicast","prefix":"default","via":"1.2.3.4"})"},
       {"route add 10.0.0.0/8 via 1.2.3.4 metric 10 table main", R"(["route","add"])",
        R"({"type":"unicast","prefix":"10.0.0.0/8","via":"1.2.3.4","metric":10,
                "table":"main"})"},
       {"route add unreachable 10.0.0.0/8 metric 4294967295", R"(["route","add"])",
        R"({"type":"unreachable","prefix":"10.0.0.0/8","metric":4294967295})"},
       {"route add 10.0.0.0/8 metric 1 nexthop via 1.1.1.1 weight 2 nexthop via 2.2.2.2",
        R"(["route","add"])",
        R"({"type":"unicast","prefix":"10.0.0.0/8","metric":1,"nexthops":[
                {"via":"1.1.1.1","weight":2},{"via":"2.2.2.2","weight":1}]})"},
       {"route del 10.0.0.0/8", R"(["route","del"])", R"({"prefix":"10.0.0.0/8"})"},
       {"route del 10.0.0.0/8 via 1.2.3.4 metric 0 table local", R"(["route","del"])",
        R"({"prefix":"10.0.0.0/8","via":"1.2.3.4","metric":0,"table":"local"})"},
       {"route replace default via 1.2.3.4 dev wan onlink", R"(["route","replace"])",
        R"({"type":"unicast","prefix":"default","via":"1.2.3.4","port":"wan","onlink":true})"},
       {"route change 10.0.0.0/8 port wan metric 7", R"(["route","change"])",
        R"({"type":"unicast","prefix":"10.0.0.0/8","port":"wan","metric":7})"},
       {"route append 10.0.0.0/8 nexthop via 1.1.1.1 onlink port wan weight 2",
        R"(["route","append"])",
        R"({"type":"unicast","prefix":"10.0.0.0/8","nexthops":[
                {"via":"1.1.1.1","weight":2,"port":"wan","onlink":true}]})"},
       {"route del 10.0.0.0/8 nexthop via 1.1.1.1 nexthop via 2.2.2.2", R"(["route","del"])",
        R"({"prefix":"10.0.0.0/8","nexthops":[{"via":"1.1.1.1"},{"via":"2.2.2.2"}]})"},
       {"route del blackhole 10.0.0.0/8 src 1.1.1.1", R"(["route","del"])",
        R"({"prefix":"10.0.0.0/8","type":"blackhole","source":"1.1.1.1"})"},
       {"address add 10.0.0.1 peer 10.0.0.2/32 dev wan", R"(["address","add"])",
        R"({"address":"10.0.0.1","peer":"10.0.0.2/32","port":"wan"})"},
       {"neighbor replace 1.2.3.4 port lan mac 02:00:00:00:00:09", R"(["neighbor","replace"])",
        R"({"address":"1.2.3.4","port":"lan","mac":"02:00:00:00:00:09"})"},
       {"-6 route del default", R"(["route","del"])", R"({"prefix":"default","family":6})"},
       {"-6 route add default via fe80::1 dev wan", R"(["route","add"])",
        R"({"type":"unicast","prefix":"default","via":"fe80::1","port":"wan","family":6})"},
       {"route get 1.2.3.4", R"(["route","get"])", R"({"address":"1.2.3.4"})"},
       {"route get 1.2.3.4 from 5.6.7.8 proto udp sport 9 dport 53", R"(["route","get"])",
        R"({"address":"1.2.3.4","from":"5.6.7.8","proto":"udp","sport":9,"dport":53})"},
       {"-4 route add default via inet6 fe80::1 dev wan", R"(["route","add"])",
        R"({"type":"unicast","prefix":"default","via":"fe80::1","port":"wan","family":4})"},
       {"route add 10.0.0.0/8 nexthop via inet6 fe80::1 dev wan nexthop via inet 1.2.3.4",
        R"(["route","add"])",
        R"({"type":"unicast","prefix":"10.0.0.0/8","nexthops":[{"via":"fe80::1","port":"wan","weight":1},{"via":"1.2.3.4","weight":1}]})"},
       {"route load /a/../b.gz via 1.2.3.4 metric 5", R"(["route","load"])",
        R"({"file":"/b.gz","via":"1.2.3.4","metric":5})"},
       {"route load /b via 1.2.3.4 via fe80::1 via 1.2.3.5 table 7", R"(["route","load"])",
        R"({"file":"/b","via":["1.2.3.4","fe80::1","1.2.3.5"],"table":"7"})"},
       {"route load /b via 1.2.3.4 table blue --keep-going", R"(["route","load"])",
        R"({"file":"/b","via":"1.2.3.4","table":"blue","keep_going":true})"},
       {"route add default via 1.2.3.4 src 1.2.3.5", R"(["route","add"])",
        R"({"type":"unicast","prefix":"default","via":"1.2.3.4","source":"1.2.3.5"})"},
       {"show load", R"(["show","load"])", "{}"},
       {"show ports lan", R"(["show","ports"])", R"({"port":"lan"})"},
       {"show workers core 3", R"(["show","workers"])", R"({"core":3})"},
       {"show counters Ip*", R"(["show","counters"])", R"({"name":"Ip*"})"},
       {"-4 show routes protocol bgp via 1.2.3.4 state STALE", R"(["show","routes"])",
        R"({"family":4,"protocol":"bgp","via":"1.2.3.4","state":"STALE"})"},
       {"sh ro proto bgp root 10.0.0.0/8 type blackhole", R"(["show","routes"])",
        R"({"protocol":"bgp","root":"10.0.0.0/8","type":"blackhole"})"},
       {"show routes -4 -6", R"(["show","routes"])", "{}"},
       {"show neighbors nud failed dev lan -6", R"(["show","neighbors"])",
        R"({"state":"FAILED","port":"lan","family":6})"},
       {"reload", R"(["reload"])", "{}"},
       {"reload /a/../b.yaml --check", R"(["reload"])", R"({"file":"/b.yaml","check":true})"},
       {"reload --confirm 60s", R"(["reload"])", R"({"confirm":"60s"})"},
       {"confirm", R"(["confirm"])", "{}"},
       {"neighbor add 1.2.3.4 port show mac 02:00:00:00:00:09", R"(["neighbor","add"])",
        R"({"address":"1.2.3.4","port":"show","mac":"02:00:00:00:00:09"})"},
       {"neigh add 1.2.3.4 lladdr 02:00:00:00:00:09 dev lan", R"(["neighbor","add"])",
        R"({"address":"1.2.3.4","port":"lan","mac":"02:00:00:00:00:09"})"},
       {"neighbor del 1.2.3.4 port lan", R"(["neighbor","del"])",
        R"({"address":"1.2.3.4","port":"lan"})"},
       {"-6 address add 2001:db8::1/64 dev wan", R"(["address","add"])",
        R"({"address":"2001:db8::1/64","port":"wan","family":6})"},
       {"-6 neigh del fe80::1 dev lan", R"(["neighbor","del"])",
        R"({"address":"fe80::1","port":"lan","family":6})"},
       {"-6 neighbor flush", R"(["neighbor","flush"])", R"({"family":6})"},
       {"neighbor flush", R"(["neighbor","flush"])", "{}"},
       {"show connections", R"(["show","connections"])", "{}"},
       {"show connections --count", R"(["show","connections"])", R"({"count":true})"},
       {"-4 show connections proto tcp src 10.0.0.0/8 dst 1.2.3.4 sport 5 dport 80 state time-wait "
        "mark 7",
        R"(["show","connections"])",
        R"({"family":4,"proto":"tcp","src":"10.0.0.0/8","dst":"1.2.3.4","sport":5,"dport":80,
            "state":"TIME_WAIT","mark":7})"},
       {"connections flush", R"(["connections","flush"])", "{}"},
       {"-6 connections flush state established dport 22", R"(["connections","flush"])",
        R"({"family":6,"state":"ESTABLISHED","dport":22})"},
       {"neighbor flush port lan", R"(["neighbor","flush"])", R"({"port":"lan"})"}}));
  CAPTURE(line);
  const auto parsed = parse(line);
  REQUIRE(parsed);
  CHECK(json(parsed->verb) == json::parse(verb));
  CHECK(parsed->options == json::parse(options));
  CHECK_FALSE(parsed->json);
  CHECK(parsed->socket == "/run/ringroad/ringroad.sock");
}

TEST_CASE("verbs may be shortened, and listed as ip(8) lists") {
  const auto [line, verb] = GENERATE(table<const char*, const char*>({
      {"sh po", "show ports"},
      {"s ro 10.0.0.0/8", "show routes"},
      {"ro g 1.2.3.4", "route get"},
      {"n fl", "neighbor flush"},
      {"neigh", "show neighbors"},
      {"route", "show routes"},
      {"ro sh table main", "show routes"},
      {"link ls", "show ports"},
      {"sh conn", "show connections"},
      {"connections", "show connections"},
      {"connections list", "show connections"},
      {"--socket /s addr --json", "show ports"},
      {"l set lan up", "link set"},
      {"capture any - tcp", "capture"},
  }));
  CAPTURE(line);
  const auto parsed = parse(line);
  REQUIRE(parsed);
  std::string words;
  for (const std::string& word : parsed->verb) {
    words += (words.empty() ? "" : " ") + word;
  }
  CHECK(words == verb);
}

TEST_CASE("every verb has examples, which are right") {
  for (const Verb& verb : verbs()) {
    CAPTURE(verb.group, verb.name);
    CHECK_FALSE(verb.examples.empty());
    for (const std::string_view example : verb.examples) {
      CAPTURE(example);
      const auto parsed = parse(std::string{example});
      REQUIRE(parsed);
      CHECK(find_verb(parsed->verb) == &verb);
    }
  }
}

TEST_CASE("a file's name is made absolute, as the router's directory is another") {
  const auto parsed = parse("route load prefixes.txt via 1.2.3.4");
  REQUIRE(parsed);
  CHECK(parsed->options.at("file") == (std::filesystem::current_path() / "prefixes.txt").string());
}

TEST_CASE("the options stand before, after or between the words of a verb") {
  const std::string line =
      GENERATE(as<std::string>{}, "--json --socket /s route get 1.2.3.4",
               "route get 1.2.3.4 --json --socket /s", "route --json get --socket=/s 1.2.3.4");
  CAPTURE(line);
  const auto parsed = parse(line);
  REQUIRE(parsed);
  CHECK(parsed->json);
  CHECK(parsed->socket == "/s");
  CHECK(parsed->options == json{{"address", "1.2.3.4"}});
}

TEST_CASE("wrong words are refused with what was probably meant, and the usage") {
  const auto [line, complaint] = GENERATE(table<const char*, const char*>(
      {{"", "a verb is missing; expected one of: show route neighbor"},
       {"shwo ports", "unknown verb 'shwo'; did you mean 'show'?"},
       {"show prts", "unknown verb 'prts'; did you mean 'ports'?"},
       {"show co", "show 'co' may stand for counters or config or connections"},
       {"-6 show ports", "-4 and -6 mean nothing to 'show ports'"},
       {"show memory --sort x", "--sort: 'show memory' has no rows"},
       {"route get 1.2.3.4 --watch 1", "--watch repeats what begins with 'show', not 'route get'"},
       {"show ports --watch 0", "--watch"},
       {"ports", "unknown verb 'ports'; did you mean 'show ports'?"},
       {"show moon", "unknown verb 'moon'; expected one of: ports workers"},
       {"frobnicate", "unknown verb 'frobnicate'; expected one of: show route neighbor"},
       {"--jsn show ports", "unknown option --jsn"},
       {"show ports --tabel 3", "unknown option --tabel"},
       {"show memory extra", "unknown word 'extra'"},
       {"show ports --socket", "--socket needs a value"},
       {"show routes --table", "--table needs a value"},
       {"route add", "PREFIX is missing"},
       {"route add via 1.2.3.4", "PREFIX is missing"},
       {"route add default", "'via ADDR' is missing"},
       {"route add default vai 1.2.3.4", "unknown word 'vai'; did you mean 'via'?"},
       {"route add default via", "'via' needs a value"},
       {"route add default via 1.2.3.4 via 1.2.3.5", "'via' is given twice"},
       {"route add default via 1.2.3.4 metric ten", "metric ten: not a number"},
       {"route add default via 1.2.3.4 metric -1", "metric -1: not a number"},
       {"route add default via 1.2.3.4 metric 4294967296", "metric 4294967296: not a number"},
       {"route add default nexthop weight 2", "nexthop: 'via' is missing"},
       {"route add default via 1.2.3.4 nexthop via 1.2.3.5", "exclude each other"},
       {"route add blackhole 10.0.0.0/8 via 1.2.3.4", "a blackhole route has no next hop"},
       {"route add default via 1.2.3.4 onlink", "'onlink' needs the port"},
       {"route add default port wan onlink", "'via ADDR' is missing"},
       {"route add default port wan nexthop via 1.2.3.4", "exclude each other"},
       {"route get", "ADDR is missing"},
       {"route load f", "'via' is missing"},
       {"route add 10.0.0.0/8 via inet6 1.2.3.4", "'1.2.3.4' is no IPv6 address"},
       {"route add 10.0.0.0/8 via inet fe80::1", "'fe80::1' is no IPv4 address"},
       {"neighbor add 1.2.3.4 port lan", "'mac' is missing"},
       {"neighbor del 1.2.3.4", "'port' is missing"},
       {"show bands lan wan", "unknown word 'wan'"},
       {"show connections to 1.2.3.4", "unknown word 'to'"},
       {"show connections sport https", "sport https: not a number"},
       {"log level loud", "a level is missing: debug"},
       {"top often", "unknown word 'often'"},
       {"bands", "a verb is missing; expected one of: delays"},
       {"bands delays", "'on', 'off' or 'reset' is missing"},
       {"bands delays lan on", "'on', 'off' or 'reset' is missing"},
       {"bands delays on lan off", "unknown word 'off'"}}));
  CAPTURE(line);
  const auto parsed = parse(line);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().status == ExitStatus::kUsage);
  CHECK_THAT(parsed.error().text,
             Catch::StartsWith(std::string{"roadctl: "} + complaint) || Catch::Contains(complaint));
  CHECK_THAT(parsed.error().text, Catch::Contains("\nUsage: roadctl "));
}

TEST_CASE("help and version need no router") {
  const auto [line, part] = GENERATE(table<const char*, const char*>(
      {{"--help", "neighbor flush [port P]"},
       {"show --help", "Usage: roadctl show ports|workers|"},
       {"route add -h",
        "Usage: roadctl route add PREFIX via ADDR [port P [onlink]] [metric N] [table T] [src "
        "ADDR]\n"
        "       roadctl route add PREFIX "},
       {"show routes --help", "--table T"},
       {"bands delays --help", "Usage: roadctl bands delays on|off|reset [P]\n"},
       {"--version", "roadctl "}}));
  CAPTURE(line);
  const auto parsed = parse(line);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().status == ExitStatus::kFine);
  CHECK_THAT(parsed.error().text, Catch::Contains(part));
}

}  // namespace
}  // namespace ringroad::roadctl
