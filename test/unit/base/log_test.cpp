// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.hpp"

#include <catch2/catch.hpp>

#include "base/journal_socket.hpp"
#include "base/log_folding.hpp"

using namespace ringroad;
using namespace ringroad::log;
using namespace std::chrono_literals;

namespace {

struct Written {
  Folding folding;
  Nanoseconds now = 100s;
  std::vector<std::string> lines{};

  void say(const std::string& what, int level = Level::info) {
    report(folding.take_due(now, &what));
    if (folding.admit(level, what, now)) {
      lines.push_back(what);
    }
  }
  void wait(Nanoseconds time) {
    now += time;
    report(folding.take_due(now));
  }
  void report(const std::vector<Folding::Repeated>& all) {
    for (const Folding::Repeated& repeated : all) {
      lines.push_back(repeated.what + " x" + std::to_string(repeated.times));
    }
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a line that repeats is written once, and its number before the next one") {
  Written log;
  for (int i = 0; i < 58; ++i) {
    log.say("full");
  }
  CHECK(log.lines == Lines{"full"});
  log.say("other");
  CHECK(log.lines == Lines{"full", "full x57", "other"});
  log.say("full");
  CHECK(log.lines == Lines{"full", "full x57", "other", "full"});
}

TEST_CASE("repetitions are reported after five seconds although nothing else is logged") {
  Written log;
  log.say("full");
  log.wait(60s);
  log.say("full");
  log.say("full");
  CHECK(log.lines == Lines{"full"});
  log.wait(4s);
  CHECK(log.lines == Lines{"full"});
  log.wait(1s);
  CHECK(log.lines == Lines{"full", "full x2"});
  log.wait(60s);
  CHECK(log.lines.size() == 2);
  log.say("full");
  CHECK(log.folding.take_all().size() == 1);
  CHECK(log.folding.take_all().empty());
}

TEST_CASE("lines that alternate are folded after five each, and written again later") {
  Written log;
  for (int i = 0; i < 20; ++i) {
    log.say("link down", Level::warn);
    log.say("link up");
    log.wait(100ms);
  }
  CHECK(log.lines.size() == 10);
  log.wait(5s);
  CHECK(log.lines.size() == 12);
  CHECK(log.lines[10] == "link down x15");
  CHECK(log.lines[11] == "link up x15");
  log.wait(20s);
  log.say("link down", Level::warn);
  CHECK(log.lines.back() == "link down");
}

TEST_CASE("a line is not mistaken for one of another level, and what is forgotten is reported") {
  Written log;
  log.say("same");
  log.say("same", Level::warn);
  CHECK(log.lines == Lines{"same", "same"});
  for (int i = 0; i < 10; ++i) {
    log.say("a");
    log.say("b");
  }
  const std::size_t before = log.lines.size();
  for (int i = 0; i < 100; ++i) {
    log.say("line " + std::to_string(i));
  }
  const auto count = [&](const std::string& what) {
    return std::count(log.lines.begin() + static_cast<std::ptrdiff_t>(before), log.lines.end(),
                      what);
  };
  CHECK(count("a x5") == 1);
  CHECK(count("b x5") == 1);
}

TEST_CASE("the last thousand events are kept, with how often they came again") {
  History history;
  for (int i = 0; i < 1500; ++i) {
    history.add({.level = Level::info, .what = std::to_string(i)});
  }
  CHECK(history.last(5000).size() == 1000);
  CHECK(history.last(5000).front().what == "500");
  CHECK(history.last(2).front().what == "1498");
  CHECK(history.last(0).empty());
  const Time later{1h};
  history.repeat(Level::info, "1498", later);
  history.repeat(Level::info, "1498", later);
  history.repeat(Level::info, "3", later);  // forgotten
  const auto last = history.last(2);
  CHECK(last[0].repeated == 2);
  CHECK(last[0].last == later);
  CHECK(last[1].repeated == 0);
}

TEST_CASE("journald gets the level and the fields of an event") {
  CHECK(journal_entry({.level = Level::warn,
                       .what = "port wan: link down",
                       .fields = {{"port", "wan"}, {"new-state", "a\nMESSAGE=b"}}}) ==
        "MESSAGE=ringroad: port wan: link down\nPRIORITY=4\nSYSLOG_IDENTIFIER=ringroad\n"
        "RINGROAD_PORT=wan\nRINGROAD_NEW_STATE=a MESSAGE=b\n");
  CHECK(priority_of(Level::debug) == 7);
  CHECK(priority_of(Level::info) == 6);
  CHECK(priority_of(Level::err) == 3);
}

TEST_CASE("a time is written as RFC 3339 wants it, a level by its name") {
  CHECK(log::to_string(Time{1764590068123ms}) == "2025-12-01T11:54:28.123Z");
  CHECK(name_of(Level::warn) == "warning");
  CHECK(name_of(Level::critical) == "error");
  CHECK_FALSE(set_up("loud"));
}
