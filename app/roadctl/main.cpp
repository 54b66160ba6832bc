// SPDX-License-Identifier: BSD-3-Clause
// roadctl: the client of a running router, which sends requests over the control socket.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "progress_bar.hpp"
#include "roadctl/asking.hpp"
#include "roadctl/client.hpp"
#include "roadctl/command_line.hpp"
#include "roadctl/completion.hpp"
#include "roadctl/interrupt.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

bool on_terminal() { return ::isatty(STDOUT_FILENO) != 0; }

bool wants_color(const std::string& when) {
  const char* const terminal = std::getenv("TERM");
  // https://no-color.org
  return when == "always" ||
         (when == "auto" && on_terminal() && std::getenv("NO_COLOR") == nullptr &&
          terminal != nullptr && std::string_view{terminal} != "dumb");
}

// The terminal's width, or what COLUMNS says; 0 if neither is known.
std::size_t columns() {
  constexpr std::size_t kNarrowest = 40;
  std::size_t width = 0;
  winsize size{};
  if (const char* const said = std::getenv("COLUMNS"); said != nullptr) {
    width = std::strtoul(said, nullptr, 10);
  } else if (on_terminal() && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    width = size.ws_col;
  }
  return width == 0 ? 0 : std::max(width, kNarrowest);
}

int exit_with(const Failure& failure, bool as_json) {
  const auto status = static_cast<int>(failure.status);
  if (as_json) {
    const nlohmann::json error{{"error", failure.reason}, {"exit_status", status}};
    fmt::print(stderr, "{}\n",
               error.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print(stderr, "roadctl: {}\n", failure.reason);
  }
  return status;
}

// Help, or a wrong command line.
int exit_with(const EarlyExit& early, bool as_json) {
  if (early.status == ExitStatus::kFine) {
    std::fputs(early.text.c_str(), stdout);
    return 0;
  }
  if (!as_json) {
    std::fputs(early.text.c_str(), stderr);
    return static_cast<int>(early.status);
  }
  return exit_with(Failure{early.status, early.reason}, true);
}

// Waits in naps, so that an interrupt ends it soon.
bool wait(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>{seconds};
  while (std::chrono::steady_clock::now() < end && !was_interrupted()) {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return !was_interrupted();
}

bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

// `roadctl complete WORD ...`, which shells call: prints the words that may come next, one a line.
int complete(std::span<const std::string> typed) {
  std::string socket = kDefaultSocket;
  if (const auto option = std::ranges::find(typed, "--socket");
      option != typed.end() && std::next(option) != typed.end()) {
    socket = *std::next(option);
  }
  const NextWords next = next_words(typed);
  std::vector<std::string> words = next.words;
  const auto known = router_words(next, [&](std::string_view what, const nlohmann::json& options) {
    return ask(socket, {{"verb", {"show", what}}, {"options", options}})
        .value_or(nlohmann::json::array());
  });
  words.insert(words.end(), known.begin(), known.end());
  for (const std::string& word : words) {
    fmt::print("{}\n", word);
  }
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments[0] == "complete") {
    return complete(std::span{arguments}.subspan(1));
  }
  const auto line = parse_command_line(arguments);
  if (!line) {
    return exit_with(line.error(), std::ranges::find(arguments, "--json") != arguments.end());
  }
  if (line->watch_seconds > 0) {
    catch_interrupts();
  }
  app::ProgressBar bar;
  const Surroundings around{
      .ask =
          [&](const nlohmann::json& request) {
            return ask(line->socket, request, find_verb(line->verb)->patience);
          },
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
      .wait = wait,
      .display = {.color = wants_color(line->color),
                  .short_counts = on_terminal() && !line->exact,
                  .width = columns()},
      .clears = on_terminal()};
  const auto done = carry_out(*line, around);
  bar.clear();
  return done ? static_cast<int>(ExitStatus::kFine) : exit_with(done.error(), line->json);
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
