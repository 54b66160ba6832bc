// SPDX-License-Identifier: BSD-3-Clause
#include "control/api_server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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

namespace ringroad::control {
namespace {

using nlohmann::json;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "ringroad-api-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// bind() or connect() of a fresh socket; the result is empty where the call fails.
template <class Call>
FileDescriptor socket_with(Call call, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  return call(socket.get(), generic, sizeof address) == 0 ? std::move(socket) : FileDescriptor{};
}

class Client {
 public:
  explicit Client(const std::string& path) : socket_{socket_with(::connect, path)} {
    REQUIRE(socket_);
  }

  // False where the socket takes no more without blocking.
  bool send(std::string_view text) const {
    return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }
  void send_no_more() const { ::shutdown(socket_.get(), SHUT_WR); }

  // Everything there is to read now; notes when the server hung up.
  std::string read() {
    std::string text;
    std::vector<char> chunk(1 << 20);
    for (;;) {
      const ssize_t count = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
      if (count <= 0) {
        closed_ |= count == 0 || errno == ECONNRESET;
        return text;
      }
      text.append(chunk.data(), static_cast<std::size_t>(count));
    }
  }
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  FileDescriptor socket_;
  bool closed_ = false;
};

bool work_waits(const ApiServer& server) {
  pollfd watch{server.poll_fd(), POLLIN, 0};
  return ::poll(&watch, 1, 0) == 1;
}

// As the control thread's loop does; ends when nothing waits.
void run(ApiServer& server) {
  while (work_waits(server)) {
    server.run_once();
  }
}

// All that the server has for the client, however often it must be read to get it.
std::string read_all(ApiServer& server, Client& client) {
  std::string text;
  for (;;) {
    run(server);
    const std::string piece = client.read();
    if (piece.empty()) {
      return text;
    }
    text += piece;
  }
}

std::unique_ptr<ApiServer> open_server(const std::string& path, Handler handler) {
  auto server = ApiServer::open(path, std::move(handler));
  INFO((server ? "" : server.error().what));
  REQUIRE(server);
  return std::move(*server);
}

Result<json> echo(const json& request) { return request; }

constexpr auto kShowPorts = "{\"verb\":[\"show\",\"ports\"]}\n";

std::string ask(ApiServer& server, const std::string& path, std::string_view line) {
  Client client{path};
  REQUIRE(client.send(line));
  run(server);
  return client.read();
}

TEST_CASE("a request is handed to the handler and its answer comes back on one line") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  CHECK(ask(*server, path,
            "{\"verb\": [\"route\", \"add\"], \"options\": {\"prefix\": \"10.0.0.0/8\"}}\n") ==
        "{\"ok\":{\"options\":{\"prefix\":\"10.0.0.0/8\"},\"verb\":[\"route\",\"add\"]}}\n");
}

TEST_CASE("a request without options reaches the handler with empty ones") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  CHECK(ask(*server, path, kShowPorts) ==
        "{\"ok\":{\"options\":{},\"verb\":[\"show\",\"ports\"]}}\n");
}

TEST_CASE("what the handler refuses comes back as an error, whatever bytes its reason has") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  const auto server =
      open_server(path, [](const json&) -> Result<json> { return fail("no file \xff here"); });
  CHECK(ask(*server, path, kShowPorts) == "{\"error\":\"no file \xef\xbf\xbd here\"}\n");
}

TEST_CASE("a handler that mistakes an option's type answers an error") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, [](const json& request) -> Result<json> {
    return json(request["options"].at("metric").get<int>());
  });
  const json answer =
      json::parse(ask(*server, path, "{\"verb\":[\"route\"],\"options\":{\"metric\":\"high\"}}\n"));
  CHECK_THAT(answer.at("error").get<std::string>(), Catch::Contains("wrong type"));
}

TEST_CASE("requests that are not requests get an error and never reach the handler") {
  const TemporaryDirectory directory;
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
  // More than a socket takes at once is sent in pieces.
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
    std::string extra;  // of the request's keys
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
  const TemporaryDirectory directory;
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
  const TemporaryDirectory directory;
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

// An answer of 1000 numbers, one a slice.
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
  const TemporaryDirectory directory;
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
  const TemporaryDirectory directory;
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
  const TemporaryDirectory directory;
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
  const TemporaryDirectory directory;
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
  const TemporaryDirectory directory;
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
  const TemporaryDirectory directory;
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
  const TemporaryDirectory directory;
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
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  const auto server = open_server(
      path, [](const json&) -> Result<json> { return json(std::string(kMaxAnswerBytes, 'x')); });
  CHECK_THAT(ask(*server, path, kShowPorts), Catch::Contains("longer than 64 MiB"));
}

TEST_CASE("clients that hang up in the middle of a request or an answer leave no trace") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  const auto server = open_server(
      path, [](const json&) -> Result<json> { return json(std::string(1 << 20, 'x')); });
  // More often than clients are allowed, so that one left behind would show.
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
  const TemporaryDirectory directory;
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

TEST_CASE(
    "a user who is neither root nor the router's own is refused even where the file lets in") {
  if (::geteuid() != 0) {
    WARN("needs root to be somebody else for a moment");
    return;
  }
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  std::filesystem::permissions(directory.path(), std::filesystem::perms{0755});
  std::filesystem::permissions(path, std::filesystem::perms{0666});
  REQUIRE(::seteuid(65534) == 0);
  const FileDescriptor socket = socket_with(::connect, path);
  REQUIRE(::seteuid(0) == 0);
  REQUIRE(socket);
  run(*server);
  std::string answer(200, '\0');
  const ssize_t count = ::recv(socket.get(), answer.data(), answer.size(), 0);
  REQUIRE(count > 0);
  CHECK(json::parse(answer.substr(0, static_cast<std::size_t>(count))).at("error") ==
        "only root and the router's own user may ask");
  CHECK(::recv(socket.get(), answer.data(), answer.size(), 0) == 0);
}

TEST_CASE("the socket is its owner's alone and its directory is made, whatever the umask") {
  const TemporaryDirectory directory;
  const mode_t mask = GENERATE(as<mode_t>{}, 0000, 0022, 0077, 0777);
  const mode_t before = ::umask(mask);
  auto server = ApiServer::open(directory / "run/ringroad/socket", echo);
  CHECK(::umask(before) == mask);
  REQUIRE(server);
  struct stat file{};
  REQUIRE(::stat((directory / "run/ringroad/socket").c_str(), &file) == 0);
  CHECK((file.st_mode & 07777) == 0600);
  REQUIRE(::stat((directory / "run/ringroad").c_str(), &file) == 0);
  CHECK((file.st_mode & 07777) == 0755);
}

TEST_CASE("the socket file goes with the server") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  auto server = open_server(path, echo);
  CHECK(std::filesystem::exists(path));
  server.reset();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a server leaves alone a socket file that has become another's") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  auto first = open_server(path, echo);
  std::filesystem::remove(path);
  auto second = open_server(path, echo);
  first.reset();
  CHECK_THAT(ask(*second, path, kShowPorts), Catch::StartsWith("{\"ok\""));
}

TEST_CASE("the socket of a killed process is taken over") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  CHECK(socket_with(::bind, path));  // closed at once; the file stays
  REQUIRE(std::filesystem::exists(path));
  const auto server = open_server(path, echo);
  CHECK_THAT(ask(*server, path, kShowPorts), Catch::StartsWith("{\"ok\""));
}

TEST_CASE("the socket of a living process is not taken over") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  const auto second = ApiServer::open(path, echo);
  REQUIRE_FALSE(second);
  CHECK(second.error().what == "another ringroad runs at " + path);
  CHECK_THAT(ask(*server, path, kShowPorts), Catch::StartsWith("{\"ok\""));
}

TEST_CASE("a path is taken from when its socket is opened, before anything is served there") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  {
    auto socket = ApiSocket::open(path);
    REQUIRE(socket);
    const auto second = ApiSocket::open(path);
    REQUIRE_FALSE(second);
    CHECK(second.error().what == "another ringroad runs at " + path);
    const FileDescriptor early = socket_with(::connect, path);
    REQUIRE(early);
    // What came before the server is answered by it.
    const auto server = ApiServer::open(std::move(*socket), echo);
    REQUIRE(server);
    CHECK_THAT(ask(**server, path, kShowPorts), Catch::StartsWith("{\"ok\""));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket that nothing came to serve is taken away") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  CHECK(ApiSocket::open(path));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket is living even when its backlog is full") {
  const TemporaryDirectory directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  std::vector<FileDescriptor> waiting;
  while (auto socket = socket_with(::connect, path)) {
    waiting.push_back(std::move(socket));
  }
  const auto second = ApiServer::open(path, echo);
  REQUIRE_FALSE(second);
  CHECK(second.error().what == "another ringroad runs at " + path);
}

TEST_CASE("a path that cannot be a socket is an error that names it") {
  const TemporaryDirectory directory;
  std::ofstream{directory / "file"} << "precious";
  for (const std::string& path :
       {std::string{}, std::string(108, 'x'), (directory / "file").string(),
        (directory / "file/socket").string(), directory.path().string()}) {
    CAPTURE(path);
    const auto server = ApiServer::open(path, echo);
    REQUIRE_FALSE(server);
    CHECK_THAT(server.error().what,
               Catch::Contains(path.size() > 100 ? "108" : path.substr(0, path.rfind("/socket"))));
  }
  CHECK(std::filesystem::file_size(directory / "file") == 8);
}

}  // namespace
}  // namespace ringroad::control
