// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "roadctl/connection_options.hpp"
#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

// "192.168.1.2:5000", "[2001:db8::1]:80"; of ICMP, the address.
std::string end_of(const json& tuple, const char* address, const char* port) {
  std::string text = words(tuple, address);
  if (!tuple.contains(port)) {
    return text;
  }
  return text.contains(':') ? fmt::format("[{}]:{}", text, words(tuple, port))
                            : fmt::format("{}:{}", text, words(tuple, port));
}

// "tcp"; of ICMP with the query's type and identifier, "icmp 8 id 7".
std::string protocol_of(const json& connection) {
  const json& tuple = field(connection, "orig");
  const std::string name = words(connection, "proto");
  return tuple.contains("id")
             ? fmt::format("{} {} id {}", name, words(tuple, "type"), words(tuple, "id"))
             : name;
}

std::string flags_of(const json& connection) {
  return field(connection, "replied") == false  ? "unreplied"
         : field(connection, "assured") == true ? "assured"
                                                : "-";
}

// The connections of one or several pages as one table.
class ConnectionsView {
 public:
  void add(const json& connections) {
    for (const json& connection : connections) {
      const json& orig = field(connection, "orig");
      const json& reply = field(connection, "reply");
      const bool is_translated = !field(connection, "nat").is_null();
      const auto answer = [&](const char* address, const char* port) {
        return is_translated ? end_of(reply, address, port) : "-";
      };
      table_.add({{protocol_of(connection)},
                  plain(connection, "state"),
                  plain(connection, "timeout_seconds"),
                  {end_of(orig, "src", "sport")},
                  {end_of(orig, "dst", "dport")},
                  plain(connection, "nat"),
                  {answer("src", "sport")},
                  {answer("dst", "dport")},
                  plain(connection, "packets"),
                  plain(connection, "bytes"),
                  plain(connection, "mark"),
                  {flags_of(connection)},
                  plain(connection, "worker")});
    }
  }
  [[nodiscard]] std::string print(const Display& display) const { return table_.print(display); }
  [[nodiscard]] std::string next_page(const Display& display) {
    if (display.width == 0) {
      // The expected widths of the columns.
      table_.widen({5, 11, 15, 21, 21, 4, 12, 11, 7, 9, 4, 9, 6});
    }
    return table_.next_page(display);
  }

 private:
  Table table_{{{"PROTO"},
                {"STATE"},
                {"TIMEOUT seconds", kRight},
                {"SOURCE"},
                {"DESTINATION"},
                {"NAT"},
                {"REPLY SOURCE"},
                {"REPLY DESTINATION"},
                {"PACKETS", kRight},
                {"BYTES", kRight},
                {"MARK", kRight, "0"},
                {"FLAGS"},
                {"WORKER", kRight}}};
};

std::string render_connections(const json& connections, const Display& display) {
  ConnectionsView view;
  view.add(connections);
  return view.print(display);
}

Outcome show_connection_count(const CommandLine& line, const Surroundings& around) {
  const auto answer = ask(around, line.verb, line.options);
  if (!answer) {
    return std::unexpected{answer.error()};
  }
  return print(around, line.json ? answer->dump(2) + "\n"
                                 : fmt::format("{} connections, {} at most\n",
                                               words(*answer, "count"), words(*answer, "max")));
}

// A table of a million connections is printed while it is asked for.
Outcome show_connections(const CommandLine& line, const Surroundings& around) {
  if (line.options.contains("count")) {
    return show_connection_count(line, around);
  }
  const auto key_of = [](const json& connection) {
    return json{{"worker", field(connection, "worker")}, {"id", field(connection, "id")}};
  };
  if (!line.sort.empty() || line.watch_seconds > 0) {
    return ask_pages(around, line.verb, line.options, key_of, as_one_answer(line, around));
  }
  ConnectionsView view;
  return ask_pages(around, line.verb, line.options, key_of, [&](const Page& page) {
    if (page.first && page.last) {
      return print_answer(line, page.rows, around);
    }
    if (line.json) {
      return print(around, json_of(page));
    }
    view.add(page.rows);
    return print(around, view.next_page(around.display));
  });
}

const Registration kShowConnections{
    {.group = "show",
     .name = "connections",
     .usage = "[proto P] [src ADDR|PREFIX] [dst ADDR|PREFIX] [sport N] [dport N] [state S]\n"
              "[mark N] [--count]",
     .summary = "what connection tracking knows, as `conntrack -L`",
     .options = connections_options,
     .families = true,
     .flags = {{.name = "--count",
                .summary = "how many there are, and how many there may be",
                .key = "count"}},
     .examples = {"show connections --count", "show connections proto tcp state ESTABLISHED",
                  "show connections src 192.168.1.0/24 dport 443 --sort -bytes",
                  "-6 show connections proto udp"},
     .render = render_connections,
     .answers = json::value_t::array,
     .carry_out = show_connections}};

}  // namespace
}  // namespace ringroad::roadctl
