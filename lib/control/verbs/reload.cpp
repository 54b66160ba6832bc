// SPDX-License-Identifier: BSD-3-Clause
// Applies a changed configuration, and answers what changed: {"applied", "file", "changes": [...]}.
#include "control/reload.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "config/units.hpp"
#include "control/json.hpp"
#include "control/rows.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

// As long as the event loop's own naps are, and far below the time of a slice.
constexpr std::chrono::microseconds kNap{100};

// The part of a route's line behind its prefix, in the words of ip-route(8).
template <class Address>
std::string text_of_path(const Reload::Outcome& outcome, const fib::Path<Address>& path) {
  std::string text{path.type == RouteType::kUnicast ? "" : to_string(path.type)};
  const bool several = path.next_hops.size() > 1;
  for (const fib::RouteNextHop<Address>& hop : path.next_hops) {
    const auto add = [&](std::string_view word, const std::string& value) {
      text += fmt::format("{}{} {}", text.empty() ? "" : " ", word, value);
    };
    if (several) {
      text += text.empty() ? "nexthop" : " nexthop";
    }
    if (hop.via) {
      add(as_foreign(*hop.via) != nullptr ? "via inet6" : "via", hop.via->to_string());
    }
    if (hop.port) {
      add("port", outcome.names.at(*hop.port));
    }
    if (several && hop.weight != 1) {
      add("weight", std::to_string(hop.weight));
    }
    text += hop.on_link && hop.via ? " onlink" : "";
  }
  return path.source ? fmt::format("{} src {}", text, path.source->to_string()) : text;
}

// Lists the changes in slices, once the reload is over.
class ReloadAnswer final : public Later {
 public:
  ReloadAnswer(const Router& router, std::shared_ptr<const Reload::Outcome> outcome, bool check)
      : router_{router}, outcome_{std::move(outcome)}, check_{check} {}

  bool advance(std::string& line) override {
    if (!outcome_->over) {
      // Called again at once as long as the client waits. Without a pause this thread would take
      // the core from those that read the file, where they share one.
      std::this_thread::sleep_for(kNap);
      return false;
    }
    if (!began_ && !outcome_->applied && (!check_ || !outcome_->problems.empty())) {
      line += error_line(outcome_->error());
      return true;
    }
    if (!std::exchange(began_, true)) {
      line += head();
    }
    const std::size_t settings = outcome_->changes.size();
    const std::size_t routes = settings + outcome_->routes->changes().size();
    const std::size_t end = routes + outcome_->routes6->changes().size();
    for (std::size_t i = 0; i < kRowsASlice && next_ < end; ++i, ++next_) {
      line += next_ > 0 ? "," : "";
      line += text_of(next_ < settings ? row(outcome_->changes[next_])
                      : next_ < routes ? row(*outcome_->routes, next_ - settings)
                                       : row(*outcome_->routes6, next_ - routes));
    }
    if (next_ < end) {
      return false;
    }
    line += "]}}\n";
    return true;
  }

 private:
  [[nodiscard]] std::string head() const {
    const routing::RouteCounts routes = outcome_->route_counts();
    Json head{
        {"file", outcome_->file},
        {"applied", outcome_->applied},
        {"refused", outcome_->refused},
        {"confirm_seconds",
         outcome_->confirm
             ? Json(std::chrono::duration_cast<std::chrono::seconds>(*outcome_->confirm).count())
             : Json()},
        {"routes",
         {{"added", routes.added}, {"removed", routes.removed}, {"changed", routes.changed}}}};
    std::string text = text_of(Json{{"ok", std::move(head)}});
    text.resize(text.size() - 2);  // the two braces at the end
    return text + R"(,"changes":[)";
  }
  static Json row(config::Change::Kind kind, const std::string& key, const std::string& before,
                  const std::string& after, bool restart) {
    Json row{{"change", to_string(kind)}, {"key", key}};
    row["before"] = kind == config::Change::Kind::kAdded ? Json() : Json(before);
    row["after"] = kind == config::Change::Kind::kRemoved ? Json() : Json(after);
    row["restart"] = restart;
    return row;
  }
  static Json row(const config::Change& change) {
    return row(change.kind, change.key, change.before, change.after,
               change.effect == config::Effect::kRestart);
  }
  template <class Address>
  [[nodiscard]] Json row(const routing::RouteDifference<Address>& routes, std::size_t index) const {
    constexpr std::uint32_t kNone = routing::RouteDifference<Address>::kNoPath;
    const auto& change = routes.changes()[index];
    using enum config::Change::Kind;
    const auto path = [&](std::uint32_t number) {
      return number == kNone ? std::string{} : text_of_path(*outcome_, routes.path(number));
    };
    return row(change.before == kNone  ? kAdded
               : change.after == kNone ? kRemoved
                                       : kChanged,
               key_of(change), path(change.before), path(change.after), false);
  }
  // "routes[10.0.0.0/8 metric 5]".
  [[nodiscard]] std::string key_of(const auto& route) const {
    std::string key = "routes[" + route.prefix.to_string();
    key += route.metric != 0 ? fmt::format(" metric {}", route.metric) : "";
    key += route.table != fib::Table::kMain
               ? " table " + router_.configuration().table_names().to_string(route.table)
               : "";
    return key + "]";
  }

  const Router& router_;
  std::shared_ptr<const Reload::Outcome> outcome_;
  bool check_;
  bool began_ = false;
  std::size_t next_ = 0;
};

// A number of seconds, or a time as in the configuration: 60s, 2m.
Nanoseconds read_time(Options& options) {
  constexpr std::chrono::hours kMost{24};
  std::optional<Nanoseconds> time;
  if (options.at("confirm").is_number_unsigned()) {
    time = std::chrono::seconds{options.number("confirm", 86400)};
  } else {
    const std::string text = options.text("confirm");
    const bool has_unit = text.find_first_not_of("0123456789") != std::string::npos;
    if (const auto parsed = config::parse_time(has_unit ? text : text + "s")) {
      time = *parsed;
    }
  }
  if (!time || *time < std::chrono::seconds{1} || *time > kMost) {
    options.complain("'confirm' is a time of 1s to 24h");
  }
  return time.value_or(Nanoseconds{});
}

Reply reload(Router& router, Options& options) {
  options.only({"file", "check", "confirm"});
  Reload::Request request{.file = options.has("file") ? options.text("file") : "",
                          .check = options.flag("check")};
  if (options.has("confirm")) {
    request.confirm = read_time(options);
  }
  if (request.check && request.confirm) {
    options.complain("'check' changes nothing that could be confirmed");
  }
  if (!request.file.empty() && !request.file.starts_with('/')) {
    options.complain("'file' is not an absolute path");
  }
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  auto outcome = router.reload().begin(request);
  if (!outcome) {
    return refused(outcome.error());
  }
  return std::make_unique<ReloadAnswer>(router, std::move(*outcome), request.check);
}

const Verb kReload{"reload", reload};

}  // namespace

}  // namespace ringroad::control
