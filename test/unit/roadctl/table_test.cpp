// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/table.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>
#include <string>

namespace ringroad::roadctl {
namespace {

Table drops() {
  Table table{{{"REASON"},
               {"PACKETS", Align::kRight, "0"},
               {.heading = "MEANING", .align = Align::kLeft, .usual = {}, .wraps = true}}};
  table.add({{"no_route"}, {"12"}, {"there is no route to the destination of the packet"}});
  table.add({{"ttl_exceeded"}, {"0"}, {"the packet's time to live is over"}});
  return table;
}

TEST_CASE("a table that fits has all its columns") {
  const std::string whole =
      "REASON        PACKETS  MEANING\n"
      "no_route           12  there is no route to the destination of the packet\n"
      "ttl_exceeded        0  the packet's time to live is over\n";
  CHECK(drops().print({}) == whole);
  CHECK(drops().print({.width = 80}) == whole);
}

TEST_CASE("the text of the last column is wrapped to the terminal's width") {
  CHECK(drops().print({.width = 60}) ==
        "REASON        PACKETS  MEANING\n"
        "no_route           12  there is no route to the destination\n"
        "                       of the packet\n"
        "ttl_exceeded        0  the packet's time to live is over\n");
}

TEST_CASE("a column in which nothing is unusual is left out where there is no room for it") {
  Table table{{{"PREFIX"}, {"TYPE", Align::kLeft, "unicast"}, {"WEIGHT", Align::kRight, "1"}}};
  table.add({{"10.0.0.0/8"}, {"unicast"}, {"2"}});
  table.add({{"192.168.100.0/24"}, {"unicast"}, {"-"}});
  CHECK(table.print({.width = 28}) ==
        "PREFIX            WEIGHT\n"
        "10.0.0.0/8             2\n"
        "192.168.100.0/24       -\n");
}

TEST_CASE("columns without room are printed below, each block with the first column") {
  Table table{{{"PORT"}, {"RX packets", Align::kRight}, {"TX packets", Align::kRight}}};
  table.add({{"lan"}, {"7"}, {"12345678901"}});
  CHECK(table.print({.width = 20}) ==
        "PORT  RX packets\n"
        "lan            7\n"
        "\n"
        "PORT   TX packets\n"
        "lan   12345678901\n");
}

TEST_CASE("pages fold row by row, and have a heading where the columns change") {
  Table table{{{"PREFIX"}, {"VIA"}, {"TABLE", Align::kLeft, "main"}}};
  table.add({{"10.0.0.0/8"}, {"192.168.1.2"}, {"main"}});
  CHECK(table.next_page({.width = 25}) == "PREFIX      VIA\n10.0.0.0/8  192.168.1.2\n");
  table.add({{"11.0.0.0/8"}, {"192.168.1.2"}, {"main"}});
  CHECK(table.next_page({.width = 25}) == "11.0.0.0/8  192.168.1.2\n");
  table.add({{"12.0.0.0/8"}, {"192.168.1.2"}, {"7"}});
  CHECK(table.next_page({.width = 25}) ==
        "PREFIX      VIA\n    TABLE\n"
        "12.0.0.0/8  192.168.1.2\n    7\n");
}

TEST_CASE("no line is longer than the terminal, whatever the table has") {
  for (std::size_t width = 40; width < 140; ++width) {
    Table table{{{"A"}, {"LONG HEADING", Align::kRight}, {"B"}, {"C", Align::kRight, "0"}, {"D"}}};
    table.add({{"name"}, {"1"}, {std::string(30, 'b')}, {"0"}, {std::string(38, 'd')}});
    table.add({{"other"}, {"1234567890123456"}, {"b"}, {"0"}, {"d"}});
    std::istringstream lines{table.print({.width = width})};
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(width, line);
      // A cell that alone is too wide is not cut.
      CHECK(line.size() <= std::max<std::size_t>(width, 45));
    }
  }
}

}  // namespace
}  // namespace ringroad::roadctl
