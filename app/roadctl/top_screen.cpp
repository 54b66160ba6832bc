// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/top_screen.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <utility>

#include "roadctl/asking.hpp"
#include "roadctl/interrupt.hpp"
// Its functions are macros with common names otherwise.
#define NCURSES_NOMACROS 1
#include <curses.h>

namespace ringroad::roadctl {
namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr auto kInterval = 1s;
constexpr int kKeyWait = 100;  // milliseconds
constexpr short kRed = 1;

// The terminal, as ncurses uses it; restored at the end.
class Terminal {
 public:
  Terminal() : screen_{newterm(nullptr, stdout, stdin)} {
    if (screen_ == nullptr) {
      return;
    }
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
    timeout(kKeyWait);
    if (has_colors() == TRUE && std::getenv("NO_COLOR") == nullptr) {
      start_color();
      use_default_colors();
      init_pair(kRed, COLOR_RED, -1);
      colors_ = true;
    }
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (screen_ != nullptr) {
      endwin();
      delscreen(screen_);
    }
  }
  [[nodiscard]] bool works() const { return screen_ != nullptr; }
  [[nodiscard]] bool has_color() const { return colors_; }

 private:
  SCREEN* screen_;
  bool colors_ = false;
};

class Top {
 public:
  Top(const TopAsk& ask, bool color) : ask_{ask}, color_{color} {}

  void run() {
    while (!over_ && !was_interrupted()) {
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now >= next_ && !paused_) {
        next_ = now + kInterval;
        sample();
        draw();
      }
      if (const int key = getch(); key != ERR) {
        handle(key);
        draw();
      }
    }
  }

 private:
  void sample() {
    auto answer = ask_();
    if (!answer) {
      trouble_ = answer.error().reason;
      before_.reset();
      return;
    }
    trouble_.clear();
    before_ = std::exchange(sample_, std::move(*answer));
  }

  void handle(int key) {
    if (editing_) {
      edit(key);
      return;
    }
    if (std::exchange(help_, false)) {
      return;
    }
    switch (key) {
      case 'q':
        over_ = true;
        break;
      case 'h':
      case '?':
        help_ = true;
        break;
      case 's':
        view_.sort = next(view_.sort);
        break;
      case 'b':
        view_.idle_bands = !view_.idle_bands;
        break;
      case '/':
        editing_ = true;
        view_.filter.clear();
        break;
      case ' ':
        paused_ = !paused_;
        break;
      default:
        scroll(key);
    }
  }

  void scroll(int key) {
    switch (key) {
      case KEY_UP:
      case 'k':
        --first_;
        break;
      case KEY_DOWN:
      case 'j':
        ++first_;
        break;
      case KEY_PPAGE:
        first_ -= room();
        break;
      case KEY_NPAGE:
        first_ += room();
        break;
      case KEY_HOME:
        first_ = 0;
        break;
      case KEY_END:
        first_ = static_cast<int>(page().size());
        break;
      default:
        break;
    }
  }

  void edit(int key) {
    constexpr int kEscape = 27;
    constexpr int kDelete = 127;
    if (key == '\r' || key == '\n' || key == KEY_ENTER) {
      editing_ = false;
    } else if (key == kEscape) {
      editing_ = false;
      view_.filter.clear();
    } else if (key == KEY_BACKSPACE || key == kDelete || key == '\b') {
      if (!view_.filter.empty()) {
        view_.filter.pop_back();
      }
    } else if (key > ' ' && key < kDelete) {
      view_.filter += static_cast<char>(key);
    }
  }

  [[nodiscard]] std::vector<TopLine> page() const {
    if (help_) {
      std::vector<TopLine> lines;
      for (const std::string& line : top_help()) {
        lines.push_back({line});
      }
      return lines;
    }
    return sample_ ? top_page(*sample_, before_ ? &*before_ : nullptr, view_)
                   : std::vector<TopLine>{};
  }

  // The lines between the title and the last line.
  [[nodiscard]] static int room() { return std::max(LINES - 3, 1); }

  void put(int row, const std::string& text, attr_t look) const {
    attr_on(look, nullptr);
    mvaddnstr(row, 0, text.c_str(), std::max(COLS, 1));
    attr_off(look, nullptr);
  }

  [[nodiscard]] attr_t look_of(TopLine::Look look) const {
    switch (look) {
      case TopLine::Look::kHeading:
        return A_BOLD;
      case TopLine::Look::kBad:
        return color_ ? static_cast<attr_t>(COLOR_PAIR(kRed)) : A_BOLD;
      case TopLine::Look::kPlain:
        break;
    }
    return A_NORMAL;
  }

  [[nodiscard]] std::string title() const {
    if (!trouble_.empty()) {
      return trouble_ + "; trying again";
    }
    return sample_ ? top_title(*sample_) : std::string{"asking the router"};
  }

  [[nodiscard]] std::string last_line() const {
    if (editing_) {
      return "/" + view_.filter;
    }
    std::string text = "q quit  h help  s sort  / filter";
    if (view_.sort != TopSort::kName) {
      text += fmt::format("   sorted by {}", name_of(view_.sort));
    }
    if (!view_.filter.empty()) {
      text += fmt::format("   only '{}'", view_.filter);
    }
    return text + (paused_ ? "   stopped" : "");
  }

  void draw() {
    erase();
    put(0, title(), trouble_.empty() ? A_REVERSE : A_REVERSE | look_of(TopLine::Look::kBad));
    const std::vector<TopLine> lines = page();
    first_ = std::clamp(first_, 0, std::max(static_cast<int>(lines.size()) - room(), 0));
    for (int row = 0; row < room() && first_ + row < static_cast<int>(lines.size()); ++row) {
      const TopLine& line = lines[static_cast<std::size_t>(first_ + row)];
      // What a router said that is gone is shown dimmed.
      put(row + 1, line.text, trouble_.empty() || help_ ? look_of(line.look) : A_DIM);
    }
    put(LINES - 1, last_line(), A_REVERSE);
    refresh();
  }

  const TopAsk& ask_;
  bool color_;
  std::optional<TopSample> sample_;
  std::optional<TopSample> before_;
  std::string trouble_;
  TopView view_;
  SteadyTime next_{};
  int first_ = 0;  // the line at the top
  bool editing_ = false;
  bool help_ = false;
  bool paused_ = false;
  bool over_ = false;
};

}  // namespace

std::expected<void, Failure> run_top(const TopAsk& ask) {
  if (::isatty(STDOUT_FILENO) == 0 || ::isatty(STDIN_FILENO) == 0) {
    return usage_error("top needs a terminal; 'roadctl top --once' prints one page");
  }
  std::setlocale(LC_ALL, "");
  catch_interrupts();
  const Terminal terminal;
  if (!terminal.works()) {
    const char* const name = std::getenv("TERM");
    return usage_error(
        fmt::format("the terminal '{}' is not known; 'roadctl top --once' prints one page",
                    name == nullptr ? "" : name));
  }
  Top{ask, terminal.has_color()}.run();
  return {};
}

}  // namespace ringroad::roadctl
