// roadctl: the client of a running router. Knows nothing of packets; asks over the control socket.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "roadctl/client.hpp"
#include "roadctl/render.hpp"
#include "roadctl/verbs.hpp"

namespace ringroad::roadctl {
namespace {

bool wants_colour() {
  const char* const terminal = std::getenv("TERM");
  // https://no-color.org
  return ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr &&
         terminal != nullptr && std::string_view{terminal} != "dumb";
}

int exit_with(ExitStatus status, const std::string& reason) {
  fmt::print(stderr, "roadctl: {}\n", reason);
  return static_cast<int>(status);
}

int print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return exit_with(ExitStatus::kRefused, "cannot write the answer");
  }
  return static_cast<int>(ExitStatus::kFine);
}

int run(const std::vector<std::string>& arguments) {
  const auto line = parse_command_line(arguments);
  if (!line) {
    if (line.error().status == ExitStatus::kFine) {
      return print(line.error().text);
    }
    std::fputs(line.error().text.c_str(), stderr);
    return static_cast<int>(line.error().status);
  }
  const auto answer = ask(line->socket, {{"verb", line->verb}, {"options", line->options}});
  if (!answer) {
    return exit_with(answer.error().status, answer.error().reason);
  }
  if (line->json) {
    return print(answer->dump(2) + "\n");
  }
  return print(render(line->verb, *answer, wants_colour()));
}

}  // namespace
}  // namespace ringroad::roadctl

int main(int argc, char** argv) {
  return ringroad::roadctl::run(std::vector<std::string>{argv + (argc > 0 ? 1 : 0), argv + argc});
}
