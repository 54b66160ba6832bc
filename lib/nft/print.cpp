// SPDX-License-Identifier: BSD-3-Clause
#include "nft/print.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "nft/print_rule.hpp"
#include "nft/time.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {
namespace {

std::size_t elements_in_line(Type type) {
  switch (type) {
    case Type::kInteger:
    case Type::kFamily:
    case Type::kProtocol:
    case Type::kPort:
    case Type::kTcpFlags:
    case Type::kMark:
    case Type::kPriority:
    case Type::kInterface:
    case Type::kCtDirection:
      return 5;
    case Type::kIpv4:
    case Type::kPacketType:
    case Type::kCtState:
    case Type::kCtStatus:
      return 2;
    default:
      return 1;
  }
}

std::string devices_text(const std::vector<std::string>& devices) {
  if (devices.size() == 1) {
    return fmt::format(" device \"{}\"", devices.front());
  }
  return devices.empty() ? std::string{}
                         : fmt::format(" devices = {{ {} }}", fmt::join(devices, ", "));
}

class Printer {
 public:
  explicit Printer(const PrintOptions& options) : options_{options} {}

  void table(const Table& table) {
    line(0, fmt::format("table {} {} {{", to_string(table.family), table.name), table.handle);
    if (!table.comment.empty()) {
      line(1, fmt::format("comment \"{}\"", table.comment));
    }
    if (table.dormant) {
      line(1, "flags dormant");
    }
    bool begun = table.dormant;
    const auto separate = [&] {
      text_ += begun ? "\n" : "";
      begun = true;
    };
    if (!options_.chain.empty()) {
      chains(table, separate);
      return;
    }
    for (const auto& counter : table.counters) {
      separate();
      object("counter", counter, print_counter(counter.object, options_));
    }
    for (const auto& limit : table.limits) {
      separate();
      object("limit", limit, print_rate(limit.object));
    }
    for (const auto& quota : table.quotas) {
      separate();
      object("quota", quota, print_quota(quota.object, options_));
    }
    for (const Set& each : table.sets) {
      if (!each.is_anonymous() && !each.is_meter) {
        separate();
        set(table, each);
      }
    }
    for (const Flowtable& each : table.flowtables) {
      separate();
      flowtable(each);
    }
    chains(table, separate);
  }
  std::string take() { return std::move(text_); }

 private:
  void chains(const Table& table, const auto& separate) {
    for (const Chain& each : table.chains) {
      if (options_.chain.empty() || each.name == options_.chain) {
        separate();
        chain(table, each);
      }
    }
    line(0, "}");
  }

  void line(unsigned indent, std::string_view what, std::uint64_t handle = 0) {
    text_.append(indent, '\t');
    text_ += what;
    if (handle != 0 && options_.handles) {
      fmt::format_to(std::back_inserter(text_), " # handle {}", handle);
    }
    text_ += '\n';
  }

  template <class T>
  void object(std::string_view kind, const Named<T>& object, std::string_view what) {
    line(1, fmt::format("{} {} {{", kind, object.name), object.handle);
    if (!object.comment.empty()) {
      line(2, fmt::format("comment \"{}\"", object.comment));
    }
    line(2, what);
    line(1, "}");
  }

  void flowtable(const Flowtable& flowtable) {
    line(1, fmt::format("flowtable {} {{", flowtable.name), flowtable.handle);
    line(2, fmt::format("hook ingress priority {}", print_priority(flowtable.priority)));
    if (!flowtable.devices.empty()) {
      line(2, fmt::format("devices = {{ {} }}", fmt::join(flowtable.devices, ", ")));
    }
    if (flowtable.offload) {
      line(2, "flags offload");
    }
    if (flowtable.counter) {
      line(2, "counter");
    }
    line(1, "}");
  }

  void set(const Table& table, const Set& set) {
    line(1, fmt::format("{} {} {{", set.kind == Set::Kind::kSet ? "set" : "map", set.name),
         set.handle);
    line(2,
         set.typeof_key && !set.data_interval ? "typeof " + set.typeof_text : "type " + type(set));
    std::string flags;
    const auto flag = [&](bool is_set, std::string_view name) {
      if (is_set) {
        flags += fmt::format("{}{}", flags.empty() ? "" : ",", name);
      }
    };
    flag(set.constant, "constant");
    flag(set.interval, "interval");
    flag(set.dynamic, "dynamic");
    // A timeout of the set implies the flag, which nft lists then only with another one.
    flag(set.timeouts && (!set.timeout || !flags.empty()), "timeout");
    if (set.size != 0) {
      line(2, fmt::format("size {}", set.size));
    }
    if (!flags.empty()) {
      line(2, "flags " + flags);
    }
    if (!set.statements.empty()) {
      line(2, print_statements(set.statements, false));
    }
    if (set.auto_merge) {
      line(2, "auto-merge");
    }
    if (set.timeout) {
      line(2, "timeout " + print_time(*set.timeout));
    }
    if (set.gc_interval) {
      line(2, "gc-interval " + print_time(*set.gc_interval));
    }
    if (!set.comment.empty()) {
      line(2, fmt::format("comment \"{}\"", set.comment));
    }
    elements(table, set);
    line(1, "}");
  }

  static std::string type(const Set& set) {
    std::string text = types_text(set.key);
    if (set.kind == Set::Kind::kMap) {
      text += fmt::format(" : {}{}", set.data_interval ? "interval " : "", types_text(set.data));
    }
    return text + (set.kind == Set::Kind::kVerdictMap ? " : verdict" : "");
  }

  void elements(const Table& table, const Set& set) {
    const auto now = options_.elements ? options_.elements(set) : std::nullopt;
    const std::span<const Element> elements = now ? *now : set.elements;
    if (elements.empty()) {
      return;
    }
    // nft's calculate_delim: short elements share a line.
    const std::size_t in_line = set.key.size() > 1 ? 1 : elements_in_line(set.key[0].type);
    std::string text = "elements = { ";
    const std::vector<std::string> all = print_elements(table, set, elements);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i != 0) {
        text += i % in_line == 0 ? ",\n\t\t\t     " : ", ";
      }
      text += all[i];
    }
    line(2, text + " }");
  }

  void chain(const Table& table, const Chain& chain) {
    line(1, fmt::format("chain {} {{", chain.name), chain.handle);
    if (!chain.comment.empty()) {
      line(2, fmt::format("comment \"{}\"", chain.comment));
    }
    if (chain.base) {
      const bool is_netdev = table.family == Family::kNetdev;
      line(2,
           fmt::format("type {} hook {}{} priority {}; policy {};",
                       kChainTypes.at(static_cast<std::size_t>(chain.base->type)),
                       to_string(chain.base->hook), devices_text(chain.base->devices),
                       print_priority(chain.base->priority,
                                      is_netdev ? std::nullopt : std::optional{chain.base->hook}),
                       chain.base->accepts ? "accept" : "drop"));
    }
    for (const Rule& rule : chain.rules) {
      line(2, print(table, rule, options_), rule.handle);
    }
    line(1, "}");
  }

  const PrintOptions& options_;
  std::string text_;
};

}  // namespace

// As nft does: the nearest name within 10, with the difference.
std::string print_priority(int priority, std::optional<HookPlace> hook) {
  constexpr int kReach = 10;
  for (const NamedPriority& named : kPriorities) {
    const int difference = priority - named.value;
    // nft 1.0.6 knows these two at one hook only; later ones read them at more.
    const bool is_elsewhere = (named.name == "dstnat" && hook != HookPlace::kPreRouting) ||
                              (named.name == "srcnat" && hook != HookPlace::kPostRouting);
    const bool known =
        hook ? has_priority(*hook, named.name) && !is_elsewhere : named.name == "filter";
    if (known && difference >= -kReach && difference <= kReach) {
      return difference == 0 ? std::string{named.name}
                             : fmt::format("{} {} {}", named.name, difference > 0 ? "+" : "-",
                                           difference > 0 ? difference : -difference);
    }
  }
  return fmt::format("{}", priority);
}

std::string print(const Ruleset& ruleset, const PrintOptions& options) {
  Printer printer{options};
  for (const Table& table : ruleset.tables) {
    printer.table(table);
  }
  return printer.take();
}

}  // namespace ringroad::nft
