// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "control/api_client.hpp"

namespace ringroad::control {
namespace {

TEST_CASE("a request is handed to the handler and its answer comes back on one line") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  CHECK(ask(*server, path,
            "{\"verb\": [\"route\", \"add\"], \"options\": {\"prefix\": \"10.0.0.0/8\"}}\n") ==
        "{\"ok\":{\"options\":{\"prefix\":\"10.0.0.0/8\"},\"verb\":[\"route\",\"add\"]}}\n");
}

TEST_CASE("a request without options reaches the handler with empty ones") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  CHECK(ask(*server, path, kShowPorts) ==
        "{\"ok\":{\"options\":{},\"verb\":[\"show\",\"ports\"]}}\n");
}

TEST_CASE("what the handler refuses comes back as an error, whatever bytes its reason has") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server =
      open_server(path, [](const json&) -> Result<json> { return fail("no file \xff here"); });
  CHECK(ask(*server, path, kShowPorts) == "{\"error\":\"no file \xef\xbf\xbd here\"}\n");
}

TEST_CASE("a handler that mistakes an option's type answers an error") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, [](const json& request) -> Result<json> {
    return json(request["options"].at("metric").get<int>());
  });
  const json answer =
      json::parse(ask(*server, path, "{\"verb\":[\"route\"],\"options\":{\"metric\":\"high\"}}\n"));
  CHECK_THAT(answer.at("error").get<std::string>(), Catch::Contains("wrong type"));
}

TEST_CASE("requests that are not requests get an error and never reach the handler") {
  const Folder directory;
  const std::string path = directory / "socket";
  int calls = 0;
  const auto server = open_server(path, [&](const json&) -> Result<json> {
    ++calls;
    return json();
  });
  const std::string deep = "{\"verb\":[\"x\"],\"options\":{\"a\":" + std::string(100'000, '[') +
                           std::string(100'000, ']') + "}}";
  const std::string line = GENERATE_COPY(values<std::string>(
      {"", "show ports", "{", "[]", "3", "null", "{}", R"({"verb":"show"})", R"({"verb":[]})",
       R"({"verb":["show",1]})", R"({"verb":null})", R"({"verb":["show"],"options":[]})",
       R"({"verb":["show"],"options":null})", R"({"verb":["show"]} {})", "{\"verb\":[\"\xff\"]}",
       deep}));
  CAPTURE(line.substr(0, 80));
  Client client{path};
  // A line that is longer than a socket takes at once is sent in pieces.
  for (std::string rest = line + "\n"; !rest.empty();) {
    const std::string piece = rest.substr(0, 32'768);
    REQUIRE(client.send(piece));
    rest.erase(0, piece.size());
    run(*server);
  }
  const json answer = json::parse(client.read());
  CHECK(answer.contains("error"));
  CHECK_FALSE(client.closed());
  CHECK(calls == 0);
}

TEST_CASE("a request that costs more than any verb needs is refused before a handler sees it") {
  const auto repeat = [](std::string_view what, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      text += what;
    }
    return text;
  };
  struct Costly {
    std::string extra;  // further keys of the request
    std::string_view error;
  };
  const auto [extra, error] = GENERATE_COPY(values<Costly>(
      {{R"("x":[)" + repeat("{},", 16384) + "{}]", "more than 16384 values"},
       {R"("x":[)" + repeat("0,", 30'000) + "0]", "more than 16384 values"},
       {R"("x":{)" + repeat(R"("":[],)", 16384) + R"("":[]})", "more than 16384 values"},
       {R"("x":[)" + repeat("{},", 100'000) + "{}]", "longer than 256 KiB"},
       {R"("x":")" + std::string(kMaxRequestText, 'x') + '"', "longer than 256 KiB"},
       {R"("x":)" + std::string(kMaxRequestText, '7'), "longer than 256 KiB"},
       {R"("x":)" + repeat("[", 16) + repeat("]", 16), "nested too deeply"},
       {R"("x":)" + repeat(R"({"":)", 10'000) + "0" + repeat("}", 10'000), "nested too deeply"}}));
  int calls = 0;
  const Handler count = [&](const json&) -> Result<json> { return json(++calls); };
  CHECK_THAT(answer_line(count, R"({"verb":["show","drops"],)" + extra + "}"),
             Catch::StartsWith("{\"error\"") && Catch::Contains(std::string{error}));
  CHECK(calls == 0);
  CHECK(answer_line(count, R"({"verb":["show","drops"],"x":[)" + repeat("{},", 16000) + "{}]}") ==
        "{\"ok\":1}\n");
}

TEST_CASE("a client whose long request was refused goes on") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  Client client{path};
  REQUIRE(client.send("{\"verb\":[\""));
  for (std::size_t sent = 0; sent < kMaxRequestText; sent += 32'768) {
    REQUIRE(client.send(std::string(32'768, 'x')));
    run(*server);
  }
  REQUIRE(client.send(std::string{"\"]}\n"} + kShowPorts));
  run(*server);
  const std::string answers = client.read();
  CHECK_THAT(answers,
             Catch::StartsWith("{\"error\":\"the request is longer than 256 KiB\"}\n{\"ok\""));
  CHECK_FALSE(client.closed());
}

TEST_CASE("a turn answers one request, of one client after the other") {
  const Folder directory;
  const std::string path = directory / "socket";
  std::vector<std::string> asked;
  const auto server = open_server(path, [&](const json& request) -> Result<json> {
    asked.push_back(request.at("verb").front());
    return json();
  });
  const std::array<Client, 3> clients{Client{path}, Client{path}, Client{path}};
  const std::array<std::string, 3> lines{"{\"verb\":[\"a\"]}\n", "{\"verb\":[\"b\"]}\n",
                                         "{\"verb\":[\"c\"]}\n"};
  server->run_once();  // accepts
  for (std::size_t i = 0; i < clients.size(); ++i) {
    REQUIRE(clients.at(i).send(lines.at(i) + lines.at(i)));
  }
  for (std::size_t turn = 1; turn <= 6; ++turn) {
    server->run_once();
    CHECK(asked.size() == turn);
  }
  CHECK(std::set(asked.begin(), asked.begin() + 3).size() == 3);
  CHECK_FALSE(work_waits(*server));
}

// An answer of 1000 numbers, one in each slice.
class Counting final : public Later {
 public:
  explicit Counting(int& slices) : slices_{slices} {}
  bool advance(std::string& line) override {
    ++slices_;
    line += next_ == 0 ? "{\"ok\":[0" : fmt::format(",{}", next_);
    const bool over = ++next_ == 1000;
    line += over ? "]}\n" : "";
    return over;
  }

 private:
  int& slices_;
  int next_ = 0;
};

TEST_CASE("an answer that is made in slices comes whole and in its place, and others meanwhile") {
  const Folder directory;
  const std::string path = directory / "socket";
  int slices = 0;
  const auto server = open_server(path, [&](const json& request) -> Reply {
    if (request.at("verb").front() == "count") {
      return std::make_unique<Counting>(slices);
    }
    return Result<json>{json("short")};
  });
  Client slow{path};
  Client quick{path};
  REQUIRE(slow.send(std::string{"{\"verb\":[\"count\"]}\n"} + kShowPorts));
  for (int turn = 0; turn < 50; ++turn) {
    server->run_once();
  }
  CHECK(slices > 0);
  CHECK(slices < 50);
  REQUIRE(quick.send(kShowPorts));
  for (int turn = 0; turn < 6; ++turn) {
    server->run_once();
  }
  CHECK(quick.read() == "{\"ok\":\"short\"}\n");
  CHECK(slices < 60);
  const std::string answers = read_all(*server, slow);
  const auto end = answers.find('\n');
  REQUIRE(end != std::string::npos);
  CHECK(json::parse(answers.substr(0, end)).at("ok").size() == 1000);
  CHECK(answers.substr(end + 1) == "{\"ok\":\"short\"}\n");
  CHECK(slices == 1000);
}

TEST_CASE("a client that does not read has no more of a long answer made than it may hold") {
  class Endless final : public Later {
   public:
    explicit Endless(std::size_t& made) : made_{made} {}
    bool advance(std::string& line) override {
      line.append(1000, 'x');
      made_ += 1000;
      return false;
    }

   private:
    std::size_t& made_;
  };
  const Folder directory;
  const std::string path = directory / "socket";
  std::size_t made = 0;
  const auto server =
      open_server(path, [&](const json&) -> Reply { return std::make_unique<Endless>(made); });
  {
    Client client{path};
    REQUIRE(client.send(kShowPorts));
    run(*server);
    CHECK(made < std::size_t{2} << 20);
    CHECK_FALSE(work_waits(*server));
  }
  run(*server);
  CHECK_FALSE(work_waits(*server));
}

TEST_CASE("many requests on one connection are answered in order, a few a turn") {
  const Folder directory;
  const std::string path = directory / "socket";
  int calls = 0;
  const auto server = open_server(path, [&](const json&) -> Result<json> { return json(calls++); });
  Client client{path};
  std::string requests;
  std::string answers;
  for (int i = 0; i < 1000; ++i) {
    requests += kShowPorts;
    answers += fmt::format("{{\"ok\":{}}}\n", i);
  }
  REQUIRE(client.send(requests));
  server->run_once();  // accepts
  server->run_once();
  CHECK(calls > 0);
  CHECK(calls < 100);
  std::string received;
  while (work_waits(*server)) {
    server->run_once();
    received += client.read();
  }
  CHECK(received == answers);
}

TEST_CASE("a request that arrives byte by byte is one request") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, [](const json&) -> Result<json> { return json(1); });
  Client client{path};
  for (const char byte : std::string{kShowPorts}) {
    CHECK(client.read().empty());
    REQUIRE(client.send({&byte, 1}));
    run(*server);
  }
  CHECK(client.read() == "{\"ok\":1}\n");
}

TEST_CASE("a client that sends its requests and no more is answered before it is hung up on") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, [](const json&) -> Result<json> { return json(1); });
  Client client{path};
  REQUIRE(client.send(std::string{kShowPorts} + kShowPorts + "{\"verb\":[\"cut off"));
  client.send_no_more();
  run(*server);
  CHECK(client.read() == "{\"ok\":1}\n{\"ok\":1}\n");
  CHECK(client.closed());
}

TEST_CASE("a line longer than 1 MiB gets an error and ends the connection, not the server") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  const std::string end = GENERATE(as<std::string>{}, "", "\n");
  Client client{path};
  const std::string piece(32'768, ' ');
  for (std::size_t sent = 0; sent < kMaxRequestBytes; sent += piece.size()) {
    REQUIRE(client.send(piece));
    run(*server);
    CHECK(client.read().empty());
  }
  REQUIRE(client.send(" " + end));
  run(*server);
  CHECK(json::parse(client.read()).at("error") == "the request is longer than 1 MiB");
  CHECK(client.closed());
  CHECK_THAT(ask(*server, path, kShowPorts), Catch::StartsWith("{\"ok\""));
}

TEST_CASE("a client that does not read is asked for no more, and gets all once it reads") {
  const Folder directory;
  const std::string path = directory / "socket";
  const std::size_t size = 8 << 20;
  const std::size_t answer_size = size + std::string_view{"{\"ok\":\"\"}\n"}.size();
  int calls = 0;
  const auto server = open_server(path, [&](const json&) -> Result<json> {
    ++calls;
    return json(std::string(size, 'x'));
  });
  Client slow{path};
  REQUIRE(slow.send(std::string{kShowPorts} + kShowPorts));
  run(*server);
  CHECK(calls == 1);

  Client quick{path};
  REQUIRE(quick.send(kShowPorts));
  CHECK(read_all(*server, quick).size() == answer_size);
  CHECK(calls == 2);

  CHECK(read_all(*server, slow).size() == 2 * answer_size);
  CHECK(calls == 3);
}

TEST_CASE("an answer longer than 64 MiB becomes an error") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(
      path, [](const json&) -> Result<json> { return json(std::string(kMaxAnswerBytes, 'x')); });
  CHECK_THAT(ask(*server, path, kShowPorts), Catch::Contains("longer than 64 MiB"));
}

TEST_CASE("clients that hang up in the middle of a request or an answer leave no trace") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(
      path, [](const json&) -> Result<json> { return json(std::string(1 << 20, 'x')); });
  // There are more clients than are allowed at a time, so that one that is not removed would be
  // noticed.
  for (std::size_t i = 0; i < 2 * ApiServer::kMaxClients; ++i) {
    Client client{path};
    REQUIRE(client.send(i % 2 == 0 ? kShowPorts : "{\"verb\":"));
    run(*server);
    if (i % 2 == 0) {
      CHECK_FALSE(client.read().empty());
    }
  }
  run(*server);
  CHECK_THAT(ask(*server, path, kShowPorts), Catch::StartsWith("{\"ok\""));
}

TEST_CASE("the thirty-third client is refused with a reason, and welcome once another has left") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  std::vector<Client> clients;
  for (std::size_t i = 0; i < ApiServer::kMaxClients; ++i) {
    clients.emplace_back(path);
    run(*server);
  }
  Client refused{path};
  run(*server);
  CHECK_THAT(json::parse(refused.read()).at("error").get<std::string>(),
             Catch::Contains("32 clients"));
  CHECK(refused.closed());

  clients.pop_back();
  run(*server);
  CHECK_THAT(ask(*server, path, kShowPorts), Catch::StartsWith("{\"ok\""));
}

}  // namespace
}  // namespace ringroad::control
