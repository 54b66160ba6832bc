// SPDX-License-Identifier: BSD-3-Clause
#include "control/change_log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::size_t kLongest = 300;

// The first line of a file of /proc; empty if the process has ended.
std::string read_line(pid_t process, const char* name) {
  std::ifstream file{fmt::format("/proc/{}/{}", process, name)};
  std::string line;
  std::getline(file, line);
  return line;
}

// The number of a user, by which only root is called by name: a directory of users may be far away.
std::string user(std::string_view number) {
  return number == "0" ? "root" : fmt::format("user {}", number);
}

struct Who {
  std::string text;
  log::Fields fields;
};

// The program that asked, and the user who once logged in, if sudo or su came between.
Who who_is(const ucred& asker) {
  constexpr std::string_view kNobody = "4294967295";
  const std::string command = read_line(asker.pid, "comm");
  const std::string login = read_line(asker.pid, "loginuid");
  const std::string uid = std::to_string(asker.uid);
  Who who{.text = user(uid),
          .fields = {{"uid", uid}, {"pid", std::to_string(asker.pid)}, {"command", command}}};
  if (!login.empty() && login != kNobody && login != uid) {
    who.text += fmt::format(", logged in as {}", user(login));
    who.fields.emplace_back("loginuid", login);
  }
  who.text += fmt::format(" ({}, pid {})", command.empty() ? "?" : command, asker.pid);
  return who;
}

void append_value(std::string& text, const std::string& key, const json& value) {
  if (value.is_boolean()) {
    text += fmt::format(" {}{}", key, value.get<bool>() ? "" : " off");
  } else if (value.is_string()) {
    text += fmt::format(" {} {}", key, value.get<std::string>());
  } else if (!value.is_null()) {
    text += fmt::format(" {} {}", key, value.dump(-1, ' ', false, json::error_handler_t::replace));
  }
}

// "route add".
std::string verb_of(const json& request) {
  return fmt::format("{}", fmt::join(request.at("verb").get<std::vector<std::string>>(), " "));
}

}  // namespace

bool is_change(const json& verb) {
  constexpr std::array<std::string_view, 6> kAsk{"show",    "trace", "capture",
                                                 "explain", "ping",  "traceroute"};
  const auto& group = verb.at(0).get_ref<const std::string&>();
  return std::ranges::find(kAsk, group) == kAsk.end() && verb != json{"route", "get"};
}

std::string words_of(const json& request) {
  std::string text = verb_of(request);
  for (const auto& [key, value] : request.at("options").items()) {
    append_value(text, key, value);
  }
  return text.size() > kLongest ? text.substr(0, kLongest) + "..." : text;
}

void ChangeLog::note(const json& request, const ucred& asker, const Reply& reply) {
  // A reload that only checks changes nothing.
  if (!is_change(request.at("verb")) || request.at("options").value("check", json()) == true) {
    return;
  }
  settle();
  if (in_second_ == kASecond) {
    ++left_out_;
    return;
  }
  ++in_second_;
  auto [who, fields] = who_is(asker);
  fields.emplace_back("verb", verb_of(request));
  const auto* const outcome = std::get_if<Result<json>>(&reply);
  if (outcome != nullptr && !*outcome) {
    log::event(log::Level::warn, fields, "{}: refused: {}; by {}", words_of(request),
               outcome->error().what, who);
  } else {
    log::event(log::Level::info, fields, "{}: by {}", words_of(request), who);
  }
}

void ChangeLog::settle() {
  const Nanoseconds now = clock_.now();
  if (now - second_ < 1s) {
    return;
  }
  second_ = now;
  in_second_ = 0;
  if (const std::uint64_t count = std::exchange(left_out_, 0); count > 0) {
    log::event(log::Level::info, {{"changes", std::to_string(count)}},
               "{} more changes over the control socket in that second", count);
  }
}

}  // namespace ringroad::control
