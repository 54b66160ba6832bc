// SPDX-License-Identifier: BSD-3-Clause
// roadctl: the client of a running router, which sends requests over the control socket.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "progress_bar.hpp"
#include "roadctl/asking.hpp"
#include "roadctl/client.hpp"
#include "roadctl/command_line.hpp"

namespace ringroad::roadctl {
namespace {

bool wants_color() {
  const char* const terminal = std::getenv("TERM");
  // https://no-color.org
  return ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr &&
         terminal != nullptr && std::string_view{terminal} != "dumb";
}

int exit_with(ExitStatus status, const std::string& reason) {
  fmt::print(stderr, "roadctl: {}\n", reason);
  return static_cast<int>(status);
}

bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

// `roadctl complete WORD ...`, which shells call: prints the words that may come next, one a line.
int complete(std::span<const std::string> typed) {
  const NextWords next = next_words(typed);
  for (const std::string& word : next.words) {
    fmt::print("{}\n", word);
  }
  if (next.ports) {
    const auto ports = ask(kDefaultSocket, {{"verb", {"show", "ports"}}});
    for (const auto& port : ports ? *ports : nlohmann::json::array()) {
      fmt::print("{}\n", port.at("name").get<std::string>());
    }
  }
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments[0] == "complete") {
    return complete(std::span{arguments}.subspan(1));
  }
  const auto line = parse_command_line(arguments);
  if (!line) {
    const bool fine = line.error().status == ExitStatus::kFine;
    std::fputs(line.error().text.c_str(), fine ? stdout : stderr);
    return static_cast<int>(line.error().status);
  }
  app::ProgressBar bar;
  const Surroundings around{
      .ask = [&](const nlohmann::json& request) { return ask(line->socket, request); },
      .print =
          [&](std::string_view text) {
            bar.clear();
            return print(text);
          },
      .complain =
          [&](std::string_view complaint) {
            bar.clear();
            fmt::print(stderr, "{}\n", complaint);
          },
      .progress = [&](std::string_view what, unsigned percent) { bar.show(what, percent); },
      .pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds{50}); },
      .color = wants_color()};
  const auto done = carry_out(*line, around);
  bar.clear();
  return done ? static_cast<int>(ExitStatus::kFine)
              : exit_with(done.error().status, done.error().reason);
}

}  // namespace
}  // namespace ringroad::roadctl

int main(int argc, char** argv) {
  try {
    return ringroad::roadctl::run(std::vector<std::string>{argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "roadctl: {}\n", error.what());
    return 1;
  }
}
